// Backup and restore as people do it: beside a running appliance, onto another machine, and what becomes of drops that were on their way.

import { copyFileSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startReceiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

function world(): World {
  const made = createWorld();
  worlds.push(made);
  return made;
}

const HTTP = `deliver:
  inFlight: 1
  retry: { first: 20ms, most: 50ms, attempts: 3 }
  http: { url: "\${env:ZIEL}/eingang" }
`;
const BRIDGE = `${head("farben")}${RECEIVE}${CSV}map:\n  json: { id: = ID }\n${HTTP}${RECEIPTS}`;

/** The machine is lost; its key was kept elsewhere. */
function lose({ path }: World): void {
  renameSync(path("state"), path("lost"));
  mkdirSync(path("state"), { mode: 0o700 });
  copyFileSync(path("lost", "keys"), path("state", "keys"));
}

it("a drop that was on its way goes on where it stopped when its file comes again, with the same keys", async () => {
  const made = world();
  const { bridge, put, once, steg, drops, path, json } = made;
  bridge("farben", BRIDGE);
  const receiver = await startReceiver();
  try {
    put("done.csv", "ID\n7\n8\n");
    await once("20s", { ZIEL: receiver.origin });
    put("open.csv", "ID\n1\n2\n3\n");
    await once("200ms", { ZIEL: "http://127.0.0.1:9" });
    const end = await steg(["backup", path("sicherung")]);
    expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining("without payload") as string });
    expect(end.stderr).toContain("the key lies in the state folder");
    // Delivered after the backup: the restored state does not know it.
    await once("20s", { ZIEL: receiver.origin });
    const sent = [...receiver.accepted.keys()];
    expect(sent).toHaveLength(5);
    lose(made);
    const restored = await steg(["restore", path("sicherung")]);
    expect(restored).toMatchObject({ code: 2, stdout: expect.stringContaining("1 drop without payload") as string });
    const before = await once("1s", { ZIEL: receiver.origin });
    expect(before.code).toBe(3);
    expect((await steg(["drops"])).stdout).toContain("PAYLOAD_PURGED");
    put("done.csv", "ID\n7\n8\n");
    put("open.csv", "ID\n1\n2\n3\n");
    expect(await once("20s", { ZIEL: receiver.origin })).toMatchObject({ code: 0, bridges: [{ pending: 0 }] });
    // Nothing but what the target knows by its keys.
    expect([...receiver.accepted.keys()].toSorted()).toEqual(sent.toSorted());
    expect((await drops()).map(({ state }) => state)).toEqual(["done", "done", "duplicate", "duplicate"]);
    const sums = await json<{ delivered: number; records: number }[]>(["drops"]);
    expect(sums.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(5);
    expect(await steg(["audit", "verify"])).toMatchObject({ code: 0 });
  } finally {
    await receiver.close();
  }
});

it("where nobody sends the file again, people give it up, with a reason", async () => {
  const made = world();
  const { bridge, put, once, steg, drops, path } = made;
  bridge("farben", BRIDGE);
  const nowhere = { ZIEL: "http://127.0.0.1:9" };
  put("open.csv", "ID\n1\n");
  await once("200ms", nowhere);
  await steg(["backup", path("sicherung")]);
  const [open] = await drops();
  expect((await steg(["dismiss", open?.id ?? "", "--reason", "too early"])).stderr).toContain("REQUEST_INVALID");
  lose(made);
  await steg(["restore", path("sicherung")]);
  expect(await once("1s", nowhere)).toMatchObject({ code: 3 });
  expect(await steg(["dismiss", open?.id ?? "", "--reason", "sent by letter"])).toMatchObject({ code: 0 });
  expect(await once("1s", nowhere)).toMatchObject({ code: 0, bridges: [{ pending: 0 }] });
  expect((await drops()).map(({ state }) => state)).toEqual(["erased"]);
});

it("with payload what was open goes on by itself", async () => {
  const made = world();
  const { bridge, put, once, steg, path } = made;
  bridge("farben", BRIDGE);
  put("open.csv", "ID\n1\n2\n3\n");
  await once("200ms", { ZIEL: "http://127.0.0.1:9" });
  await steg(["backup", path("voll"), "--with-payload"]);
  lose(made);
  expect(await steg(["restore", path("voll")])).toMatchObject({ code: 0 });
  const receiver = await startReceiver();
  try {
    expect((await once("20s", { ZIEL: receiver.origin })).bridges).toMatchObject([{ delivered: 3, pending: 0 }]);
    // The last valid version is where an invalid file looks for it.
    expect(readdirSync(join(path("state"), "bridges"))).toEqual(["farben"]);
  } finally {
    await receiver.close();
  }
});

it("beside a running appliance it is asked of that one", async () => {
  const { bridge, put, start, steg, path } = world();
  bridge("farben", BRIDGE);
  put("open.csv", "ID\n1\n2\n3\n");
  const child = start(["up"], { ZIEL: "http://127.0.0.1:9", STEG_LOG: "info" });
  const started = new Promise<void>((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (part) => (text += String(part)).includes("drop.taken") && resolve());
    child.on("close", () => reject(new Error(text)));
  });
  await started;
  const end = await steg(["backup", path("sicherung"), "--json"]);
  expect(JSON.parse(end.stdout)).toMatchObject({ drops: 1, payload: false, stripped: { open: 1 } });
  expect(await steg(["backup", path("sicherung")])).toMatchObject({ code: 3 });
  expect(child.exitCode).toBeNull();
});
