// Determinism: a drop belongs to the folder of the bridge as it was when the drop was taken, every file of it.

import { afterEach, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { startReceiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

function world(): World {
  const made = createWorld();
  worlds.push(made);
  return made;
}

const NOBODY = { ZIEL: "http://127.0.0.1:9" };
const HTTP = `deliver:
  retry: { first: 20ms, most: 50ms, attempts: 3 }
  http: { url: "\${env:ZIEL}/eingang" }
`;

describe("an open drop", () => {
  it("is decoded with the layout it was taken with, whatever stands in the folder now", async () => {
    const { bridge, put, once } = world();
    const fixed = `${head("fest")}${RECEIVE}decode:\n  fixed: { encoding: utf-8, length: 6, layout: layout.csv }\nmap:\n  json: { a: = A, b: = B }\n${HTTP}`;
    bridge("fest", fixed, { "layout.csv": "name;start;length\nA;1;3\nB;4;3\n" });
    put("a.txt", "111222\n333444\n");
    expect((await once("200ms", NOBODY)).bridges).toMatchObject([{ records: 2, pending: 2 }]);
    bridge("fest", fixed, { "layout.csv": "name;start;length\nA;1;1\nB;2;5\n" });
    const receiver = await startReceiver();
    try {
      expect((await once("20s", { ZIEL: receiver.origin })).bridges).toMatchObject([{ delivered: 2, pending: 0 }]);
      expect([...receiver.accepted.values()].map(String)).toEqual(['{"a":"111","b":"222"}', '{"a":"333","b":"444"}']);
    } finally {
      await receiver.close();
    }
  });

  it("that is shorter than what was delivered of it stands still, and the list of drops says so", async () => {
    const { bridge, put, once, steg, drops, state } = world();
    bridge("kurz", `${head("kurz")}${RECEIVE}${CSV}map:\n  json: { id: = ID }\n${HTTP}`);
    await once("200ms", NOBODY);
    put("a.csv", "ID\n1\n2\n3\n");
    await steg(["pause", "kurz", "--ticket", "T-1"]);
    await once("200ms", NOBODY);
    await steg(["resume", "kurz", "--ticket", "T-1"]);
    const [drop] = await drops();
    const opened = await openState({ dir: state, log: () => undefined });
    const counts = { records: 0, delivered: 5, skipped: 0, dead: 0 };
    const progress = { watermark: 5, offset: 999, ranges: [], splits: [], counts, complete: false, appenders: {} };
    await opened.journal.commit({ drop: drop?.id ?? "", progress, dead: [] });
    await opened.close();
    const end = await once("200ms", NOBODY);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain("DECODE_CHANGED");
    expect((await steg(["drops"])).stdout).toMatch(/a\.csv .*DECODE_CHANGED/);
  });
});
