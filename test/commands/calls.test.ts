// A bridge that is called, in the real process: REST in, a service over HTTP behind it.

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { headOf } from "./called-bridges.ts";
import { createPlace, type Dates, ENDED, inDays, type Place, type Up } from "./steg.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let service: Server;
let port = 0;
let seen: Seen[] = [];
beforeAll(async () => {
  service = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body });
      const status = Number(/\/(\d{3})(?:\?|$)/.exec(url)?.[1] ?? 200);
      if (url.includes("/stumm")) return;
      const type = { "content-type": "application/json", etag: '"7"', "x-intern": "geheim" };
      const more = status === 503 ? { "retry-after": "7" } : {};
      response.writeHead(status, { ...type, ...more });
      response.end(
        url.includes("/gross") ? `"${"x".repeat(2_000_000)}"` : '{"name":"Erika","nr":"007","geheim":"Muster"}',
      );
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  port = (service.address() as AddressInfo).port;
});
afterAll(() => service.close());

let place: Place;
let up: Up;
let url: string;
let token: string;
beforeEach(async () => {
  place = await createPlace();
  seen = [];
});
afterEach(async () => await place.remove());

function bridgeFile(dates: Dates | undefined, rest: string, more: string): string {
  return `${headOf("ewo", dates && { dates })}${more}
receive:
  rest: { ${rest} }
cases:
  - call: GET /einwohner/{om}
    query: { seite: { type: integer, default: 1 } }
    deliver: { http: { url: "http://127.0.0.1:${port}/alt/{$request.path.om}", method: GET, hosts: ["127.0.0.1:${port}"] } }
    answer: { json: { name: = $reply.name, nr: = $reply.nr, von: = $request.caller, amt: = $request.headers."x-amt" } }
  - call: GET /roh/{om}
    deliver: { http: { url: "http://127.0.0.1:${port}/alt/{$request.path.om}", method: GET, hosts: ["127.0.0.1:${port}"] } }
  - call: POST /einwohner
    map: { json: { NAME: = name, PLZ: "= $slice(plz, 1, 5)" } }
    deliver:
      http: { url: "http://127.0.0.1:${port}/neu{$request.query.ziel}", hosts: ["127.0.0.1:${port}"] }
      outcomes:
        - { when: = $reply.nr = '007' and name = 'Bond', as: refused, status: 409, detail: "= 'Nummer ' & $reply.nr" }
    query: { ziel: { type: string, default: "" } }
    answer: { status: 201, json: { nr: = $reply.nr }, headers: { location: "= '/einwohner/' & $reply.nr & name" } }
`;
}

async function run(
  rest = "deadline: 3s, headers: { in: [x-amt], out: [etag] }",
  dates?: Dates,
  more = "",
): Promise<void> {
  await place.bridge("unbenutzt");
  await place.write("mappings/ewo/bridge.yaml", bridgeFile(dates, rest, more));
  up = await place.startUp();
  url = `${up.url}bridges/ewo`;
  token = await place.token("portal");
}

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url + path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
  });

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

/** A body that nobody announced and that never ends; what the appliance answers before it hangs up. */
function endless(): Promise<string> {
  const { hostname, port: own } = new URL(url);
  const head = `POST /bridges/ewo/einwohner HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
  const piece = `1000\r\n${" ".repeat(4096)}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(own), hostname);
    let answer = "";
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on("data", (data) => (answer += String(data)));
    socket.on("drain", more);
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    socket.setTimeout(20_000, () => reject(new Error("the connection was never closed")));
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    more();
  });
}

type Problem = { code: string; status: number; detail?: string };

describe("a bridge that is called", () => {
  it("translates both ways, and lets through what it says and nothing else", async () => {
    await run();
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const answer = await call("/einwohner/12?seite=2", {
      headers: {
        "x-amt": "33",
        cookie: "a=b",
        traceparent: `00-${trace}-00f067aa0ba902b7-00`,
        tracestate: "congo=t61, rojo=1",
      },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ name: "Erika", nr: "007", von: "portal", amt: "33" });
    expect(answer.headers.get("etag")).toBe('"7"');
    expect(answer.headers.get("x-intern")).toBeNull();
    const [asked] = seen as [Seen];
    expect(asked).toMatchObject({ method: "GET", url: "/alt/12", body: "" });
    expect(asked.headers).toMatchObject({ "x-amt": "33" });
    expect(asked.headers["traceparent"]).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-00$`));
    expect(asked.headers["tracestate"]).toBe("congo=t61,rojo=1");
    for (const own of ["authorization", "cookie", "idempotency-key", "x-steg-drop", "x-steg-bridge"]) {
      expect(asked.headers[own]).toBeUndefined();
    }
    // Without an answer of its own: bytes as they came.
    expect(await (await call("/roh/12")).text()).toBe('{"name":"Erika","nr":"007","geheim":"Muster"}');
    expect((await call("/einwohner/12", { method: "HEAD" })).status).toBe(200);
  });

  it("passes a key on, maps the body, and answers with status and headers of its own", async () => {
    await run();
    const answer = await post(
      "/einwohner",
      { name: "Erika\r\nx-boese: 1", plz: "01067" },
      { "idempotency-key": "k-1" },
    );
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ nr: "007" });
    expect(answer.headers.get("x-boese")).toBeNull();
    expect(answer.headers.get("location")).toBe("/einwohner/007Erika x-boese: 1");
    expect(seen[0]?.headers["idempotency-key"]).toBe("k-1");
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ NAME: "Erika\r\nx-boese: 1", PLZ: "01067" });
    expect(await (await post("/einwohner", { name: "Bond", plz: "1" })).json()).toMatchObject({
      status: 409,
      detail: "Nummer 007",
    });
    expect((await post("/einwohner", {}, { "idempotency-key": "x".repeat(300) })).status).toBe(400);
  });

  it("says in problems what went wrong, and nothing of the service", async () => {
    await run();
    const failing = async (path: string): Promise<Problem> => {
      const answer = await call(path);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      const text = await answer.text();
      expect(text).not.toMatch(/Muster|127\.0\.0\.1|geheim|node_modules/);
      return { ...(JSON.parse(text) as Problem), status: answer.status };
    };
    expect(await failing("/einwohner/404")).toMatchObject({ status: 404, code: "DELIVERY_REFUSED" });
    expect(await failing("/einwohner/401")).toMatchObject({ status: 502, code: "TARGET_AUTH" });
    expect(await failing("/einwohner/500")).toMatchObject({ status: 502, code: "DELIVERY_FAILED" });
    expect(await failing("/einwohner/503")).toMatchObject({ status: 503 });
    expect((await call("/einwohner/503")).headers.get("retry-after")).toBe("7");
    expect(await failing("/einwohner/stumm")).toMatchObject({ status: 504, code: "CALL_DEADLINE" });
    expect(await failing("/einwohner/12?seite=x")).toMatchObject({ status: 400, code: "CALL_INVALID" });
    expect(await failing("/anderes")).toMatchObject({ status: 404, code: "CALL_UNKNOWN" });
    expect(await failing("/einwohner/12?nichts=1")).toMatchObject({ status: 400 });
    // A value that would make another address than the one that is meant.
    expect((await call("/einwohner/..%2f..%2fgeheim")).status).toBe(200);
    expect(seen.at(-1)?.url).toBe("/alt/..%2F..%2Fgeheim");
    expect(seen.every(({ url: path }) => path.startsWith("/alt/"))).toBe(true);
    const wrong = await call("/einwohner/1", { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    await expect(up.says("call.failed")).resolves.toBeUndefined();
    const metrics = await (await fetch(url.replace("bridges/ewo", "metrics"))).text();
    expect(metrics).toContain('steg_calls_total{bridge="ewo",status="504"} 1\n');
    expect(metrics).toMatch(/steg_call_duration_seconds_bucket\{bridge="ewo",le="1"\} \d+\n/);
  });

  it("lets nobody in without a token of a caller, and only those that it names", async () => {
    await run("callers: [portal]");
    const bare = await fetch(`${url}/einwohner/1`);
    expect(bare.status).toBe(401);
    expect(bare.headers.get("www-authenticate")).toMatch(/Bearer.*Basic/);
    expect((await fetch(`${url}/einwohner/1`, { headers: { authorization: "Bearer steg_nein" } })).status).toBe(401);
    const other = await place.token("fremd");
    expect((await fetch(`${url}/einwohner/1`, { headers: { authorization: `Bearer ${other}` } })).status).toBe(403);
    const viewer = await place.token("blick", "viewer");
    expect((await fetch(`${url}/einwohner/1`, { headers: { authorization: `Bearer ${viewer}` } })).status).toBe(403);
    const basic = Buffer.from(`egal:${token}`).toString("base64");
    expect((await fetch(`${url}/einwohner/1`, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200);
    expect((await fetch(`${url}x/einwohner/1`)).status).toBe(404);
    expect((await fetch(url.replace("/bridges/", "/soap/"))).status).toBe(404);
    // A caller's token opens nothing but faces.
    const admin = url.replace(/bridges\/ewo$/, "api/v1/bridges");
    expect((await fetch(admin, { headers: { authorization: `Bearer ${token}` } })).status).toBe(403);
    expect(seen.length).toBe(1);
  });

  it("holds to its limits: body, answer, calls under way", async () => {
    await run("deadline: 2s, limits: { body: 1KiB, reply: 1MiB, inFlight: 2 }");
    expect((await post("/einwohner", { name: "x".repeat(2_000) })).status).toBe(413);
    expect(await endless()).toMatch(/^HTTP\/1\.1 413 /);
    expect(await (await call("/roh/gross")).json()).toMatchObject({ status: 502, code: "REPLY_TOO_LARGE" });
    const waiting = [call("/roh/stumm"), call("/roh/stumm")];
    await expect.poll(() => seen.filter(({ url: path }) => path.includes("stumm")).length).toBe(2);
    const third = await call("/roh/1");
    expect([third.status, third.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([504, 504]);
    expect((await call("/roh/1")).status).toBe(200);
  });

  it("survives callers that break off, and ends what is under way before it stops", async () => {
    await run();
    const { hostname, port: own } = new URL(url);
    for (const text of [
      `POST /bridges/ewo/einwohner HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"na`,
      `POST /bridges/ewo/einwohner HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n`,
    ]) {
      const socket = connect(Number(own), hostname);
      await new Promise<void>((resolve) => socket.write(text, () => resolve()));
      socket.destroy();
    }
    expect((await call("/roh/1")).status).toBe(200);
    const late = call("/roh/stumm");
    await expect.poll(() => seen.some(({ url: path }) => path.includes("stumm"))).toBe(true);
    up.child.kill("SIGTERM");
    expect((await late).status).toBe(504);
    expect((await up.ended).code).toBe(0);
  });
});

describe("the lifecycle of a bridge that is called", () => {
  it("announces its end with headers that can be read", async () => {
    const dates = { started: inDays(-300), deprecated: inDays(-10), sunset: inDays(400) };
    await run("", dates);
    const { headers } = await call("/roh/1");
    // RFC 9745: a structured date, seconds since 1970, at 10:00 of that day in Berlin.
    const deprecated = /^@(\d+)$/.exec(headers.get("deprecation") ?? "")?.[1];
    const at = new Date(Number(deprecated) * 1_000);
    expect(at.toLocaleString("sv-SE", { timeZone: "Europe/Berlin" })).toBe(`${dates.deprecated} 10:00:00`);
    // RFC 8594: an HTTP-date.
    expect(headers.get("sunset")).toMatch(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:00:00 GMT$/);
    const sunset = new Date(headers.get("sunset") ?? "");
    expect(sunset.toLocaleString("sv-SE", { timeZone: "Europe/Berlin" })).toBe(`${dates.sunset} 10:00:00`);
    const links = [...(headers.get("link") ?? "").matchAll(/<([^>]+)>; rel="([^"]+)"/g)].map(([, to, rel]) => [
      rel,
      to,
    ]);
    expect(Object.fromEntries(links)).toEqual({
      "successor-version": "https://neu.example/api",
      deprecation: "https://neu.example/umstieg",
      sunset: "https://neu.example/umstieg",
    });
    expect((await call("/einwohner/404")).headers.get("sunset")).not.toBeNull();
  });

  it("refuses calls when it has ended, and never asks the service", async () => {
    await run("", ENDED);
    const answer = await call("/roh/1");
    expect(answer.status).toBe(410);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { code, detail } = (await answer.json()) as Problem;
    expect(code).toBe("BRIDGE_SUNSET");
    for (const word of [
      "Neues Register",
      "https://neu.example/api",
      "https://neu.example/umstieg",
      "muster@stadt.example",
    ]) {
      expect(detail).toContain(word);
    }
    expect(seen).toEqual([]);
    expect((await fetch(`${url}/roh/1`)).status).toBe(401);
  });

  it("is not there before it has begun", async () => {
    await run("", { started: inDays(5), deprecated: inDays(200), sunset: inDays(500) });
    expect((await call("/roh/1")).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it("tells callers to come again while it is paused", async () => {
    await run();
    await place.steg(["pause", "ewo", "--ticket", "INC-1"]);
    const answer = await call("/roh/1");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "60"]);
    await place.steg(["resume", "ewo", "--ticket", "INC-1"]);
    expect((await call("/roh/1")).status).toBe(200);
  });
});
