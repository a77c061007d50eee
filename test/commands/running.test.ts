// A running appliance: its socket, its port, its token, its end.

import { mkdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPlace } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
beforeEach(async () => {
  place = await createPlace();
  await place.bridge("farben");
});
afterEach(async () => await place.remove());

async function waitFor(check: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("waited 20 s in vain");
}

describe("steg up", () => {
  it("serves commands through its socket, HTTP with its token, and drains on SIGTERM with 0", async () => {
    const up = await place.startUp();
    const { url } = up;
    expect((await stat(place.path("state/steg.sock"))).mode & 0o777).toBe(0o600);

    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\nBert;gelb\n");
    await waitFor(async () => (await place.json<{ state: string }[]>(["drops"]))[0]?.state === "done");
    expect(await place.json(["dead"])).toHaveLength(1);
    expect(await place.json(["drops"])).toMatchObject([{ name: "a.csv", delivered: 1, dead: 1 }]);

    const file = place.path("state/operator-token");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const token = (await readFile(file, "utf8")).trim();
    const headers = { authorization: `Bearer ${token}` };
    const bridges = (await (await fetch(`${url}api/v1/bridges`, { headers })).json()) as { items: unknown[] };
    expect(bridges.items).toMatchObject([
      { bridge: "farben", lifecycle: "active", delivered: 1, openDead: 1, paused: false },
    ]);
    const [letter] = await place.json<{ id: string }[]>(["dead"]);
    const replay = await fetch(`${url}api/v1/dead-letters/${letter?.id}/replay`, { method: "POST", headers });
    expect(await replay.json()).toMatchObject({ items: [{ outcome: "dead", after: { code: "CODE_UNKNOWN" } }] });
    expect(await (await fetch(`${url}metrics`)).text()).toContain(
      'steg_records_total{bridge="farben",outcome="delivered"} 1',
    );
    expect((await fetch(`${url}health/ready`)).status).toBe(200);

    up.child.kill("SIGTERM");
    const end = await up.ended;
    expect(end.code).toBe(0);
    expect(end.stdout + end.stderr).not.toContain(token);
    expect(end.stderr).not.toContain("gelb");
    for (const line of end.stderr.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
    await expect(stat(place.path("state/steg.sock"))).rejects.toThrow("ENOENT");
  });

  it("pauses and resumes at once through the socket", async () => {
    await place.startUp();
    expect((await place.steg(["pause", "farben", "--ticket", "INC-7"])).code).toBe(0);
    await place.drop("farben/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await place.names("data/farben/out")).toEqual([]);
    expect((await place.steg(["resume", "farben", "--ticket", "INC-7"])).code).toBe(0);
    await waitFor(async () => (await place.names("data/farben/out")).length === 1);
  });

  it("makes no second operator token, and tokens made through the socket work at once", async () => {
    const first = await place.startUp();
    first.child.kill("SIGTERM");
    await first.ended;
    const { url } = await place.startUp();
    const made = await place.json<{ name: string; role: string; token: string }>([
      "token",
      "new",
      "grafana",
      "--role",
      "viewer",
    ]);
    expect(made).toEqual({
      name: "grafana",
      role: "viewer",
      token: expect.stringMatching(/^steg_[\w-]{43}$/) as string,
    });
    const headers = { authorization: `Bearer ${made.token}` };
    expect((await fetch(`${url}api/v1/bridges`, { headers })).status).toBe(200);
    expect((await fetch(`${url}api/v1/audit`, { headers })).status).toBe(403);
    expect(await place.json<{ name: string }[]>(["token", "list"])).toMatchObject([
      { name: "grafana" },
      { name: "operator" },
    ]);
    expect((await place.steg(["token", "revoke", "grafana"])).code).toBe(0);
    expect((await fetch(`${url}api/v1/bridges`, { headers })).status).toBe(401);
  });

  it("exits 130 on Ctrl-C", async () => {
    const up = await place.startUp();
    up.child.kill("SIGINT");
    expect((await up.ended).code).toBe(130);
  });

  it("ends at once on a second Ctrl-C, and what was taken is there at the next start", async () => {
    let hanging = 0;
    const slow = createServer((request) => {
      hanging += 1;
      request.resume();
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
    await place.bridge("fern", { deliver: `http: { url: "${url}", timeout: 60s }` });
    await place.drop("fern/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    const up = await place.startUp();
    await waitFor(async () => hanging > 0);
    up.child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(up.child.exitCode).toBeNull();
    up.child.kill("SIGINT");
    expect((await up.ended).code).toBe(130);
    slow.closeAllConnections();
    slow.close();
    expect(await place.json(["drops", "fern"])).toMatchObject([{ name: "a.csv", state: "open", delivered: 0 }]);
  });

  it("exits 3 when the port is taken, and when the state is", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await place.steg(["up"], { env: { STEG_LISTEN: `127.0.0.1:${port}` } });
    other.close();
    expect(taken.code).toBe(3);
    expect(taken.stderr).toContain("LISTEN_FAILED");
    await place.startUp();
    const second = await place.steg(["up"]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain("STATE_LOCKED");
  });

  it("is found under a state folder whose path is longer than a socket's may be", async () => {
    const state = join(place.dir, "x".repeat(60), "y".repeat(60), "state");
    await mkdir(state, { recursive: true });
    const env = { STEG_STATE: state };
    await place.startUp({ env });
    expect(await place.json(["drops"], { env })).toEqual([]);
  });

  it("--demo shows the shipped examples at work, and leaves nothing behind", async () => {
    const demo = place.start(["up", "--demo"], { env: { TMPDIR: place.dir } });
    await demo.says("from start to first message");
    expect(await place.names("steg-demo")).toEqual(["data", "state"]);
    // What a terminal, npm and the launcher make of one Ctrl-C: nearly at once, several of them.
    demo.child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 30));
    demo.child.kill("SIGINT");
    const end = await demo.ended;
    expect(end.code).toBe(0);
    const curl = /curl -H @(\S+) (\S+)/.exec(end.stdout);
    expect(curl?.[1]).toBe(place.path("steg-demo/state/demo-header"));
    expect(end.stdout).not.toMatch(/steg_[\w-]{43}/);
    expect(end.stdout).toMatch(/gewerbeanmeldung +folder → XML +1 drop +\d+ delivered/);
    expect(await place.names("steg-demo")).toEqual([]);
  });

  it("opens a state whose appliance was killed, with its leftover socket", async () => {
    const up = await place.startUp();
    up.child.kill("SIGKILL");
    await up.ended;
    expect(await place.json(["drops"])).toEqual([]);
    await place.startUp();
    expect(await place.json(["drops"])).toEqual([]);
  });
});
