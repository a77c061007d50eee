import type { FastifyInstance, InjectOptions } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { createBrake } from "../../src/core/http/auth.ts";
import { problemOf } from "../../src/core/http/problem.ts";
import { ROUTES } from "../../src/core/http/routes.ts";
import { createServer } from "../../src/core/http/server.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { OPERATION_NAMES, ROLES } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";

// The server alone: operations that answer what their test says and write down what they were asked.

let server: FastifyInstance;
let asked: { name: string; request: unknown }[];
let answers: Partial<Record<keyof Operations, (request: never) => unknown>>;
let logged: string[];
let ready: boolean;
let time = 0;

const lifecycle = { rows: [], alarm: null, now: "2027-01-01T00:00:00.000Z" };

beforeEach(() => {
  asked = [];
  logged = [];
  answers = {};
  ready = true;
  // Long enough for the brake to have forgotten the test before.
  time += 120_000;
});

beforeAll(() => {
  const operations = Object.fromEntries(
    OPERATION_NAMES.map((name) => [
      name,
      async (request: never) => {
        asked.push({ name, request });
        const answer = answers[name];
        if (answer !== undefined) return answer(request);
        if (name === "deadDetail") return null;
        if (name === "alarms") return { alarms: [], channels: [], runningOut: [] };
        return name === "lifecycle"
          ? lifecycle
          : name === "bridges"
            ? [{ bridge: "farben" }]
            : ["drops", "attachments", "dead", "audit", "tokens", "callers"].includes(name)
              ? []
              : {};
      },
    ]),
  ) as unknown as Operations;
  // A token is its role's name here; how real ones are kept is tested with the journal.
  const tokens = {
    authenticate: async (token: string) =>
      ROLES.map((role) => ({ name: role, role, tags: [] })).find(({ role }) => role === token),
  } as unknown as TokenBook;
  server = createServer({
    operations,
    tokens,
    version: "1.0.0",
    log: (level, event, fields) => void logged.push(JSON.stringify([level, event, fields])),
    tls: undefined,
    ready: () => ready,
    zoneOf: () => "Europe/Berlin",
    brake: createBrake(() => time),
  });
});
afterAll(async () => await server.close());

async function call(
  method: string,
  url: string,
  role?: string,
  payload?: object | string,
  more: Partial<InjectOptions> = {},
) {
  const headers = { ...(role !== undefined && { authorization: `Bearer ${role}` }), ...more.headers };
  return await server.inject({
    ...more,
    method: method as "GET",
    url,
    headers,
    ...(payload !== undefined && { payload }),
  });
}

const urlOf = (path: string): string =>
  `/api/v1${path.replace(":bridge", "farben").replace(":id", "dl-1-1").replace(":name", "x").replace(":key", "a1")}`;

describe("roles and routes", () => {
  // Written out, so that a change of the list is a change here.
  const everybody = ["viewer", "operator", "clearing", "approver"];
  const matrix: Readonly<Record<string, readonly string[]>> = {
    "GET /bridges": everybody,
    "GET /bridges/:bridge": everybody,
    "POST /bridges/:bridge/pause": ["operator"],
    "POST /bridges/:bridge/resume": ["operator"],
    "POST /bridges/:bridge/notbetrieb": ["operator"],
    "DELETE /bridges/:bridge/notbetrieb": ["operator"],
    "POST /bridges/:bridge/retire": ["operator"],
    "GET /certificates": everybody,
    "GET /certificates/:bridge": everybody,
    "GET /bridges/:bridge/progress": everybody,
    "GET /bridges/:bridge/shadow": everybody,
    "GET /bridges/:bridge/drift": everybody,
    "GET /drops": everybody,
    "GET /drops/:id": everybody,
    "GET /attachments": everybody,
    "GET /alarms": everybody,
    "POST /alarms/:key/take-over": ["operator"],
    "GET /callers": everybody,
    "GET /dead-letters": everybody,
    "GET /dead-letters/:id": everybody,
    "POST /dead-letters/:id/detail": ["clearing"],
    "POST /dead-letters/:id/replay": ["operator"],
    "POST /dead-letters/:id/dismiss": ["operator", "clearing"],
    "GET /lifecycle": everybody,
    "POST /lifecycle/clock/confirm": ["operator"],
    "GET /audit": ["operator", "approver"],
    "GET /audit/verify": ["operator", "approver"],
    "GET /tokens": ["operator"],
    "DELETE /tokens/:name": ["operator"],
  };
  const bodies: Readonly<Record<string, object>> = {
    pause: { ticket: "T" },
    resume: { ticket: "T" },
    detail: { ticket: "T" },
    notbetrieb: { reason: "frist", ticket: "T" },
    dismiss: { reason: "R" },
    retire: { reason: "R" },
  };
  const bodyOf = (path: string): object | undefined => bodies[path.split("/").at(-1) ?? ""];

  it("covers every route there is", () => {
    expect(ROUTES.map((route) => `${route.method} ${route.path}`).toSorted()).toEqual(Object.keys(matrix).toSorted());
  });

  for (const [name, allowed] of Object.entries(matrix)) {
    const [method = "", path = ""] = name.split(" ");
    it.each(ROLES)(`${name} as %s`, async (role) => {
      const answer = await call(method, urlOf(path), role, bodyOf(path));
      expect(logged).toEqual([]);
      const may = allowed.includes(role);
      expect(answer.statusCode).toBe(may ? (answer.body === "" ? 204 : 200) : 403);
      expect(asked.length > 0).toBe(may);
    });
    it.each([undefined, "", "wrong", "operator x"])(`${name} with the token %j`, async (token) => {
      const answer = await call(method, urlOf(path), token, bodyOf(path));
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="steg"');
      expect(answer.json()).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
      expect(asked).toEqual([]);
    });
  }

  it("takes a token from no other place than the header", async () => {
    expect((await call("GET", "/api/v1/bridges?token=operator")).statusCode).toBe(401);
    expect(
      (await call("GET", "/api/v1/bridges", undefined, undefined, { headers: { cookie: "token=operator" } }))
        .statusCode,
    ).toBe(401);
    expect(
      (await call("GET", "/api/v1/bridges", undefined, undefined, { headers: { authorization: "Basic b3BlcmF0b3I6" } }))
        .statusCode,
    ).toBe(401);
  });

  it("passes the token's name on as actor", async () => {
    await call("POST", "/api/v1/dead-letters/dl-1-1/dismiss", "clearing", { reason: "R" });
    expect(asked).toEqual([{ name: "dismiss", request: { ids: ["dl-1-1"], actor: "token:clearing", reason: "R" } }]);
  });
});

describe("errors", () => {
  it.each([
    ["GET", "/nothing", undefined, 404, "NOT_FOUND"],
    ["PUT", "/api/v1/bridges", undefined, 405, "METHOD_NOT_ALLOWED"],
    ["POST", "/health/live", "not json", 405, "METHOD_NOT_ALLOWED"],
    ["POST", "/api/v1/bridges/farben/pause", {}, 400, "REQUEST_INVALID"],
    ["POST", "/api/v1/bridges/farben/pause", { ticket: 5 }, 400, "REQUEST_INVALID"],
    ["POST", "/api/v1/bridges/farben/pause", { ticket: "T", more: 1 }, 400, "REQUEST_INVALID"],
    ["POST", "/api/v1/bridges/farben/pause", "{not json", 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/drops?limit=0", undefined, 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/drops?limit=1001", undefined, 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/drops?state=lost", undefined, 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/drops?unknown=1", undefined, 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/drops?after=../x", undefined, 400, "REQUEST_INVALID"],
    ["GET", "/api/v1/bridges/%ZZ", undefined, 400, "REQUEST_INVALID"],
    ["POST", "/api/v1/bridges/farben/pause", `{"ticket":"${"x".repeat(2 << 20)}"}`, 413, "REQUEST_INVALID"],
  ])("%s %s %#", async (method, url, body, status, code) => {
    const answer = await call(
      method,
      url,
      "operator",
      body,
      typeof body === "string" ? { headers: { "content-type": "application/json" } } : {},
    );
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ type: expect.stringMatching(/^urn:steg:error:/) as string, status, code });
    expect(asked).toEqual([]);
  });

  it("answers HEAD as GET without the body, as monitors ask", async () => {
    const { statusCode, body } = await server.inject({ method: "HEAD", url: "/health/live" });
    expect([statusCode, body]).toEqual([200, ""]);
    expect((await server.inject({ method: "HEAD", url: "/api/v1/bridges" })).statusCode).toBe(401);
  });

  it("names the methods that a path has, with or without a token", async () => {
    const allowed = async (method: string, url: string): Promise<unknown> => {
      const answer = await call(method, url);
      return [answer.statusCode, answer.headers["allow"], answer.headers["x-content-type-options"]];
    };
    expect(await allowed("POST", "/api/v1/drops/abc?x=1")).toEqual([405, "GET, HEAD", "nosniff"]);
    expect(await allowed("GET", "/api/v1/dead-letters/dl-1-1/replay")).toEqual([405, "POST", "nosniff"]);
    expect(await allowed("DELETE", "/metrics")).toEqual([405, "GET, HEAD", "nosniff"]);
    expect(await allowed("PUT", "/api/v1/tokens/x")).toEqual([405, "DELETE", "nosniff"]);
    expect(await allowed("PUT", "/api/v1/nothing")).toEqual([404, undefined, "nosniff"]);
  });

  it("refuses another body than JSON", async () => {
    const answer = await call("POST", "/api/v1/bridges/farben/pause", "operator", "ticket=T", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect([answer.statusCode, answer.json().status]).toEqual([415, 415]);
  });

  it.each([
    [new BridgeError("BRIDGE_UNKNOWN", "there is no bridge of that name"), 404],
    [new BridgeError("DEAD_LETTER_UNKNOWN", "x"), 404],
    [new BridgeError("APPROVAL_NEEDED", "x"), 403],
    [new BridgeError("CONFIRMATION_NEEDED", "x"), 409],
    [new BridgeError("REQUEST_INVALID", "x"), 400],
  ])("gives %s its status", async (error, status) => {
    answers.drop = () => {
      throw error;
    };
    const answer = await call("GET", "/api/v1/drops/abc", "viewer");
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code: error.code });
    expect(answer.json().detail).toContain(error.message);
  });

  it("says nothing of what failed inside, neither to the caller nor, by value, to the log", async () => {
    answers.drop = () => {
      throw new TypeError("cannot read 'Erika Mustermann' of undefined");
    };
    const answer = await call("GET", "/api/v1/drops/abc", "viewer");
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({
      type: "urn:steg:error:internal",
      title: "Internal error",
      status: 500,
      detail: "An error inside Steg; its log says more.",
      code: "INTERNAL",
    });
    expect(answer.body + logged.join("")).not.toMatch(/Mustermann|node_modules|\.ts:\d/);
    expect(logged.join("")).toContain('"route":"/api/v1/drops/:id"');
    const coded = problemOf(new BridgeError("JOURNAL_FAILED", "m", { detail: "Erika Mustermann" }));
    expect(JSON.stringify(coded)).not.toContain("Mustermann");
  });
});

describe("answers", () => {
  it("are paged by the last id", async () => {
    answers.drops = () => [{ id: "a" }, { id: "b" }];
    const full = await call("GET", "/api/v1/drops?limit=2&after=0&bridge=farben&state=open", "viewer");
    expect(full.json()).toMatchObject({ next: "b" });
    expect(asked[0]?.request).toEqual({ after: "0", bridge: "farben", state: "open", limit: 2 });
    expect((await call("GET", "/api/v1/drops?limit=3", "viewer")).json()).toMatchObject({ next: null });
  });

  it("leave out what the schema does not name", async () => {
    answers.deadLetter = () => ({ id: "dl-1-1", code: "X", detail: "Erika Mustermann" });
    expect((await call("GET", "/api/v1/dead-letters/dl-1-1", "viewer")).body).not.toContain("Mustermann");
  });

  it("of dead letters are the open ones unless a state is named", async () => {
    await call("GET", "/api/v1/dead-letters", "viewer");
    await call("GET", "/api/v1/dead-letters?state=dismissed", "viewer");
    expect(asked.map(({ request }) => (request as { state: string }).state)).toEqual(["open", "dismissed"]);
  });

  it("confirm a changed mapping only where the request says so", async () => {
    const url = "/api/v1/dead-letters/dl-1-1/replay";
    answers.replay = () => ({ items: [], changed: [], versions: [] });
    await call("POST", url, "operator");
    await call("POST", url, "operator", { confirm: true });
    await call("POST", url, "operator", { dryRun: true });
    expect(asked.map(({ request }) => request)).toMatchObject([
      { dryRun: false, confirmChanged: false },
      { dryRun: false, confirmChanged: true },
      { dryRun: true, confirmChanged: false },
    ]);
  });

  it("carry headers that keep a browser from making anything of them", async () => {
    for (const url of ["/", "/api/v1/bridges", "/nothing", "/health/live"]) {
      const { headers } = await call("GET", url, "viewer");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cache-control"]).toBe("no-store");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["x-powered-by"]).toBeUndefined();
    }
  });
});

describe("what needs no token", () => {
  it("health follows readiness", async () => {
    expect((await call("GET", "/health/live")).statusCode).toBe(200);
    answers.bridges = () => [];
    expect((await call("GET", "/health/ready")).json()).toEqual({ status: "ok", servers: [] });
    ready = false;
    expect((await call("GET", "/health/ready")).statusCode).toBe(503);
    expect((await call("GET", "/health/ready")).json()).toEqual({ status: "unavailable" });
    expect((await call("GET", "/health/live")).statusCode).toBe(200);
  });

  it("health names the servers, on this machine; elsewhere it takes a token", async () => {
    const away = { role: "source", server: "sftp.example:22", up: false, since: null, code: "SERVER_UNREACHABLE" };
    answers.bridges = () => [{ bridge: "farben", servers: [away] }];
    const named = { status: "ok", servers: [{ bridge: "farben", ...away }] };
    const from = async (role?: string) => {
      const answer = await call("GET", "/health/ready", role, undefined, { remoteAddress: "192.0.2.7" });
      expect(answer.statusCode).toBe(200);
      return answer.json();
    };
    expect((await call("GET", "/health/ready")).json()).toEqual(named);
    expect(await from("viewer")).toEqual(named);
    for (const role of [undefined, "caller", "wrong"]) expect(await from(role)).toEqual({ status: "ok" });
  });

  it("/ points to the rest", async () => {
    const answer = await call("GET", "/");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.body).toContain("/api/v1/bridges");
    expect(answer.body).toContain("/api/v1/openapi.json");
  });

  it("/metrics, on this machine; elsewhere it takes a token", async () => {
    answers.bridges = () => [
      {
        bridge: 'a"b\\c\nd',
        drops: 3,
        delivered: 2,
        skipped: 0,
        dead: 1,
        pending: 0,
        openDead: 1,
        oldestDead: "2026-11-20T08:00:00.000Z",
        held: 0,
        spoolBytes: 9,
        servers: [{ role: "target", server: "https://neu.example", up: false, since: null, code: null }],
        paused: true,
        trouble: null,
      },
    ];
    const seen = {
      bridge: "farben",
      first: "2026-11-20T08:00:00.000Z",
      last: "2026-11-21T09:00:00.000Z",
      calls: 2,
      days: [],
    };
    answers.callers = () => [{ ...seen, id: "jwt:portal", name: "portal", by: "jwt", bridges: [seen] }];
    answers.lifecycle = () => ({
      ...lifecycle,
      rows: [
        {
          bridge: "farben",
          state: "active",
          sunset: "2027-11-16",
          overdue: false,
          successorShare: 0.46,
          milestones: [{ by: "2027-09-30", goal: "Mehrheit", wanted: 0.5, measured: 0.38, state: "missed" }],
        },
      ],
    });
    const { body } = await call("GET", "/metrics");
    expect(body).toContain('steg_drops_total{bridge="a\\"b\\\\c\\nd"} 3\n');
    expect(body).toContain('role="target",server="https://neu.example"} 0\n');
    expect(body).toContain('steg_successor_share{bridge="farben"} 0.46');
    expect(body).toContain('steg_milestones{bridge="farben",state="missed"} 1');
    expect(body).toContain('steg_lifecycle_state{bridge="farben",state="active"} 1\n');
    expect(body).toContain(
      `steg_sunset_timestamp_seconds{bridge="farben"} ${Date.parse("2027-11-16T09:00:00Z") / 1_000}\n`,
    );
    const at = Date.parse("2026-11-21T09:00:00Z") / 1_000;
    expect(body).toContain(`steg_caller_last_seen_timestamp_seconds{bridge="farben",caller="portal",by="jwt"} ${at}\n`);
    const line = /^(?:# (?:HELP|TYPE) steg_\w+ .+|steg_\w+(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})? -?[\d.e+]+)$/;
    for (const each of body.trimEnd().split("\n")) expect(each).toMatch(line);
    expect((await call("GET", "/metrics", undefined, undefined, { remoteAddress: "192.0.2.7" })).statusCode).toBe(401);
    expect(
      (await call("GET", "/metrics", undefined, undefined, { headers: { "x-forwarded-for": "192.0.2.7" } })).statusCode,
    ).toBe(401);
    expect((await call("GET", "/metrics", "viewer", undefined, { remoteAddress: "192.0.2.7" })).statusCode).toBe(200);
    expect((await call("GET", "/metrics", "caller", undefined, { remoteAddress: "192.0.2.7" })).statusCode).toBe(403);
  });

  it("the OpenAPI document describes every route", async () => {
    const document = (await call("GET", "/api/v1/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    const ids = new Set<string>();
    for (const route of ROUTES) {
      const operation = document.paths[`/api/v1${route.path.replace(/:(\w+)/g, "{$1}")}`]?.[route.method.toLowerCase()];
      ids.add(operation.operationId);
      const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
      const parameters = (operation.parameters ?? []) as { name: string; in: string; required: boolean }[];
      expect(parameters.filter((one) => one.in === "path").map((one) => one.name)).toEqual(named);
      expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
      expect(operation.responses.default).toEqual({ $ref: "#/components/responses/Problem" });
    }
    expect(ids.size).toBe(ROUTES.length);
    expect(document.components.schemas.Problem.properties).toHaveProperty("title");
  });
});

describe("the calendar", () => {
  const basic = (password: string): string => `Basic ${Buffer.from(`kalender:${password}`).toString("base64")}`;
  const ask = async (authorization: string | undefined, url = "/lifecycle.ics") =>
    await call("GET", url, undefined, undefined, { headers: authorization === undefined ? {} : { authorization } });

  it.each(ROLES)("is for %s where it reads, by Bearer and as the password of Basic", async (role) => {
    answers.outlines = () => ({ bridges: [], now: "2027-01-01T00:00:00.000Z" });
    const may = role !== "caller";
    for (const authorization of [`Bearer ${role}`, basic(role)]) {
      const answer = await ask(authorization);
      expect(answer.statusCode).toBe(may ? 200 : 403);
      if (!may) continue;
      expect(answer.headers["content-type"]).toBe("text/calendar; charset=utf-8");
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.body).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/);
    }
    expect(asked.map(({ name }) => name)).toEqual(may ? ["outlines", "alarms", "outlines", "alarms"] : []);
  });

  it("is for nobody else, and an address never opens it", async () => {
    for (const authorization of [undefined, "", "Bearer wrong", basic("wrong"), basic(""), "Basic !", "Digest x"]) {
      const answer = await ask(authorization);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="steg", Basic realm="steg", charset="UTF-8"');
    }
    expect((await ask(undefined, "/lifecycle.ics?token=viewer")).statusCode).toBe(401);
    expect(asked).toEqual([]);
  });

  it("brakes guessing as the rest does", async () => {
    const from = { remoteAddress: "192.0.2.77" };
    const guessing = async (password: string) =>
      (
        await call("GET", "/lifecycle.ics", undefined, undefined, {
          ...from,
          headers: { authorization: basic(password) },
        })
      ).statusCode;
    for (let turn = 0; turn < 10; turn += 1) expect(await guessing("wrong")).toBe(401);
    expect(await guessing("viewer")).toBe(429);
  });
});

const guess = async (address: string, token = "wrong") =>
  (await call("GET", "/api/v1/bridges", token, undefined, { remoteAddress: address })).statusCode;

describe("the brake on guessing", () => {
  it("lets ten refused attempts of an address pass in a minute, then nothing from there", async () => {
    for (let turn = 0; turn < 10; turn += 1) expect(await guess("192.0.2.1")).toBe(401);
    const blocked = await call("GET", "/api/v1/bridges", "wrong", undefined, { remoteAddress: "192.0.2.1" });
    expect(blocked.statusCode).toBe(429);
    expect(blocked.headers["retry-after"]).toBe("60");
    expect(blocked.json()).toMatchObject({ code: "RATE_LIMITED" });
    expect(await guess("192.0.2.1", "operator")).toBe(429);
    expect(await guess("192.0.2.2", "operator")).toBe(200);
    time += 60_001;
    expect(await guess("192.0.2.1", "operator")).toBe(200);
  });

  it("does not count requests without a token, nor ones of the wrong role", async () => {
    for (let turn = 0; turn < 15; turn += 1) {
      await call("GET", "/api/v1/bridges", undefined, undefined, { remoteAddress: "192.0.2.3" });
      await guess("192.0.2.3", "caller");
    }
    expect(await guess("192.0.2.3", "operator")).toBe(200);
  });
});
