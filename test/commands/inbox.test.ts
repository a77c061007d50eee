// Inboxes in the real process: bridges that share an address, one that cannot have it, and what is said of it.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../conformance/surroundings.ts";
import { makeKey } from "../peers/inbox.ts";
import { connectTo, NEW, put, RESUME, writeFrom } from "../peers/inbox-client.ts";
import { freePort } from "../peers/openssh.ts";
import { createPlace, inDays, type Place, type Running } from "./steg.ts";

let place: Place;
const running: Running[] = [];
beforeEach(async () => {
  place = await createPlace();
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  await place.remove();
});

async function bridge(
  name: string,
  listen: string,
  user: string,
  dates?: { started: string; deprecated: string; sunset: string },
): Promise<void> {
  await place.bridge(name, dates && { dates });
  const file = `mappings/${name}/bridge.yaml`;
  const receive = `  inbox:\n    files: "*.csv"\n    sftp: { listen: "${listen}", users: { ${user}: { publicKeys: [kasse.pub] } } }\n`;
  const text = readFileSync(place.path(file), "utf8").replace(/ {2}folder: \{ path: \w+\/in.*\n/u, receive);
  await place.write(file, text);
  makeKey(place.path("key"));
  await place.write(`mappings/${name}/kasse.pub`, readFileSync(place.path("key.pub"), "utf8"));
}

function start(): Running {
  const one = place.start(["up"]);
  running.push(one);
  return one;
}

const hostKey = (): string => {
  const [, blob = ""] = readFileSync(place.path("state/inbox/host_key.pub"), "utf8").split(" ");
  return `SHA256:${createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64").replace(/=+$/u, "")}`;
};

async function drop(port: number, user: string, name: string, text: string): Promise<void> {
  const { session, close } = await connectTo({ port, user, key: place.path("key"), hostKey: hostKey() });
  await put(session, name, Buffer.from(text));
  await close();
}

/** As clients do it, who try again when they hear that nothing is taken yet. */
async function dropSoon(port: number, user: string, name: string, text: string): Promise<void> {
  const tried = async (): Promise<boolean> =>
    await drop(port, user, name, text).then(
      () => true,
      () => false,
    );
  await eventually(`${name} is taken`, tried);
}

function occupy(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => void server.listen(port, "127.0.0.1", () => resolve(server)));
}

/** Whether something has arrived under its final name. */
const out = (name: string) => async (): Promise<boolean> =>
  (await place.names(`data/${name}/out`)).some((each) => each.endsWith(".json"));

it("bridges come to an address, get another user and leave it while the others on it go on", async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  await bridge("amt", listen, "amt");
  const appliance = start();
  await appliance.says("inbox.listening");
  await drop(port, "amt", "a.csv", "NAME;FARBE\nA;rot\n");
  await eventually("a file that was dropped before", out("amt"));
  await bridge("kasse", listen, "kasse");
  await appliance.says(/"bridge":"kasse".*"bridge.reloaded"/);
  await dropSoon(port, "kasse", "b.csv", "NAME;FARBE\nB;rot\n");
  await eventually("a file for the new bridge", out("kasse"));
  await bridge("kasse", listen, "neue");
  await appliance.says(/("bridge":"kasse".*"bridge.reloaded"[^]*){2}/);
  await dropSoon(port, "neue", "c.csv", "NAME;FARBE\nC;rot\n");
  await expect(drop(port, "kasse", "d.csv", "NAME;FARBE\nD;rot\n")).rejects.toThrow(/./u);
  await rm(place.path("mappings", "kasse"), { recursive: true });
  await appliance.says('"bridge.removed"');
  await expect(drop(port, "neue", "e.csv", "NAME;FARBE\nE;rot\n")).rejects.toThrow(/./u);
  await drop(port, "amt", "f.csv", "NAME;FARBE\nF;rot\n");
  await eventually("a file for the bridge that stayed", async () => (await place.names("data/amt/out")).length >= 2);
});

it("bridges share an address, each with its users; a second one with the same user is refused", async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  await bridge("amt", listen, "amt");
  await bridge("kasse", listen, "kasse");
  await bridge("zweite", listen, "kasse");
  const check = await place.steg(["check"]);
  expect(check.code).toBe(1);
  expect(check.stdout).toMatch(
    /zweite\/bridge\.yaml:17:\d+ CLAIMED_TWICE the user kasse of the inbox on .* belongs to the bridge kasse already/u,
  );
  const appliance = start();
  await appliance.says("inbox.listening");
  await appliance.says("bridge.refused");
  await appliance.says(hostKey());
  await drop(port, "amt", "a.csv", "NAME;FARBE\nAnna;rot\n");
  await drop(port, "kasse", "a.csv", "NAME;FARBE\nBert;blau\n");
  await eventually("both arrive", out("amt"));
  await eventually("both arrive", out("kasse"));
  expect(await place.names("data/amt/out")).toEqual(["Anna.json"]);
  expect(await place.names("data/kasse/out")).toEqual(["Bert.json"]);
  appliance.child.kill("SIGTERM");
  const { code, stderr } = await appliance.ended;
  expect(code).toBe(0);
  // A name of a file may name a person.
  expect(stderr).not.toContain("a.csv");
  // Who drops files uses the bridge, as a caller does; kept across the end of the process.
  const { stdout } = await place.steg(["sunset"]);
  expect(stdout).toMatch(/^ +amt .* 1 of 1 /m);
});

it("an address that is taken stops this bridge alone, which listens as soon as it can", async () => {
  const [port, other] = [await freePort(), await freePort()];
  const occupant = await occupy(port);
  await bridge("amt", `127.0.0.1:${port}`, "amt");
  await bridge("kasse", `127.0.0.1:${other}`, "kasse");
  const appliance = start();
  await appliance.says("INBOX_ADDRESS");
  await appliance.says("inbox.listening");
  await drop(other, "kasse", "a.csv", "NAME;FARBE\nBert;blau\n");
  await eventually("the other bridge goes on", out("kasse"));
  await new Promise((resolve) => void occupant.close(resolve));
  await eventually("it listens", () =>
    drop(port, "amt", "a.csv", "NAME;FARBE\nAnna;rot\n").then(
      () => true,
      () => false,
    ),
  );
  await eventually("it arrives", out("amt"));
});

it("a bridge that takes nothing yet says so to its clients, and keeps nothing of theirs", async () => {
  const port = await freePort();
  await bridge("amt", `127.0.0.1:${port}`, "amt");
  await bridge("bald", `127.0.0.1:${port}`, "bald", {
    started: inDays(5),
    deprecated: inDays(200),
    sunset: inDays(500),
  });
  await start().says("inbox.listening");
  await expect(drop(port, "bald", "a.csv", "x")).rejects.toMatchObject({ said: "nothing is taken here at present" });
  await drop(port, "amt", "a.csv", "NAME;FARBE\nAnna;rot\n");
});

it("up --once takes what was dropped before and opens no port", async () => {
  const port = await freePort();
  await bridge("amt", `127.0.0.1:${port}`, "amt");
  expect(await place.steg(["up", "--once"])).toMatchObject({ code: 0 });
  const id = "0123456789abcdef01234567";
  await place.write(`state/inbox/amt/amt/${id}`, "NAME;FARBE\nAnna;rot\n");
  const record = { name: "a.csv", state: "dropped", size: 20, modified: 1, order: 1 };
  await place.write(`state/inbox/amt/amt/${id}.json`, JSON.stringify(record));
  const occupant = await occupy(port);
  const end = await place.steg(["up", "--once", "--json"]);
  expect(JSON.parse(end.stdout)).toMatchObject({ bridges: [{ drops: 1, delivered: 1 }] });
  expect(await place.names("state/inbox/amt/amt")).toEqual([]);
  await new Promise((resolve) => void occupant.close(resolve));
});

it("SIGTERM in the middle of an upload ends soon, and the upload is resumed with the next process", async () => {
  const port = await freePort();
  await bridge("amt", `127.0.0.1:${port}`, "amt");
  const first = start();
  await first.says("inbox.listening");
  const access = { port, user: "amt", key: place.path("key"), hostKey: hostKey() };
  const body = Buffer.from(
    `NAME;FARBE;REST\n${Array.from({ length: 100 }, (_, at) => `N${at};rot;${"x".repeat(4_000)}`).join("\n")}\n`,
  );
  const { session } = await connectTo(access);
  const handle = await session.open(Buffer.from("a.csv"), NEW);
  await writeFrom(session, handle, body.subarray(0, 200_000));
  const begun = performance.now();
  first.child.kill("SIGTERM");
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(performance.now() - begun).toBeLessThan(8_000);
  expect(await place.names("data/amt/out")).toEqual([]);

  await start().says("inbox.listening");
  const next = await connectTo(access);
  expect((await next.session.lstat(Buffer.from("a.csv"))).size).toBe(200_000);
  const rest = await next.session.open(Buffer.from("a.csv"), RESUME);
  await writeFrom(next.session, rest, body, 200_000);
  await next.session.closeHandle(rest);
  await next.close();
  const finals = async (): Promise<readonly string[]> =>
    (await place.names("data/amt/out")).filter((each) => each.endsWith(".json"));
  await eventually("all arrive", async () => (await finals()).length === 100, 40_000);
});

it("records and the files that belong to them come by two users of one address", async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  await bridge("amt", listen, "amt");
  const file = "mappings/amt/bridge.yaml";
  const attach = `  attach:
    inbox: { sftp: { listen: "${listen}", users: { scan: { publicKeys: [kasse.pub] } } } }
    files: "{NAME}_*.pdf"
    wait: 1m
decode:`;
  const text = readFileSync(place.path(file), "utf8").replace("decode:", attach);
  const field = "    anlage: \"= $attachment('*.pdf').base64\"\n";
  await place.write(file, text.replace("    farbe: =", `${field}    farbe: =`));
  await start().says("inbox.listening");
  await drop(port, "amt", "a.csv", "NAME;FARBE\nAnna;rot\n");
  await drop(port, "scan", "Anna_1.pdf", "%PDF");
  await eventually("the record arrives with its file", out("amt"));
  const message = readFileSync(place.path("data/amt/out/Anna.json"), "utf8");
  expect(JSON.parse(message)).toEqual({ name: "Anna", farbe: "1", anlage: Buffer.from("%PDF").toString("base64") });
});
