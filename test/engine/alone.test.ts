// Bridges share nothing: the trouble of one is its own. And what was taken once is known, also where its file stays.

import { afterEach, describe, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

function world(): World {
  const made = createWorld();
  worlds.push(made);
  return made;
}

const MAP = `map:
  json: { id: = ID }
`;
const FOLDER = `deliver:
  folder: { path: out, name: "{$file.stem}-{ID}.json" }
`;

describe("a source that is away", () => {
  it("is the trouble of its bridge alone: the others take and deliver, and the summary says why", async () => {
    const { bridge, put, steg, files } = world();
    bridge("gut", head("gut") + RECEIVE + CSV + MAP + FOLDER + RECEIPTS);
    bridge(
      "fort",
      `${head("fort")}receive:\n  folder: { path: /proc/1/nirgends, files: "*.csv" }\n${CSV}${MAP}${FOLDER}`,
    );
    put("a.csv", "ID\n1\n2\n3\n");
    const end = await steg(["up", "--once"]);
    expect(end.code).toBe(3);
    expect(end.stdout).toContain('fort: SOURCE_UNREACHABLE: the folder "/proc/1/nirgends" cannot be read');
    expect([...files("out").keys()]).toEqual(["a-1.json", "a-2.json", "a-3.json"]);
    expect(files("quittungen").size).toBe(1);
  });
});

describe("after: keep", () => {
  it("takes a file once, also across restarts; its new content under the old name is a new drop", async () => {
    const { bridge, write, once, drops, receipts } = world();
    const keeping = `receive:\n  folder: { path: in, files: "*.csv", settle: 0s, after: keep }\n`;
    bridge("bleibt", head("bleibt") + keeping + CSV + MAP + FOLDER + RECEIPTS);
    write("data/in/a.csv", "ID\n1\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 1 }]);
    expect((await once()).bridges).toMatchObject([{ drops: 0 }]);
    expect((await once()).bridges).toMatchObject([{ drops: 0 }]);
    expect(await drops()).toHaveLength(1);
    expect(receipts()).toHaveLength(1);
    write("data/in/a.csv", "ID\n1\n2\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, records: 2, delivered: 2, dead: 0 }]);
    expect((await once()).bridges).toMatchObject([{ drops: 0 }]);
  });
});

describe("up --once", () => {
  it("waits for a finished file to settle, also where the source is looked at more often than that", async () => {
    const { bridge, write, once } = world();
    const often = `receive:\n  folder: { path: in, files: "*.csv", settle: 700ms, every: 100ms, archive: archiv }\n`;
    bridge("oft", head("oft") + often + CSV + MAP + FOLDER + RECEIPTS);
    write("data/in/a.csv", "ID\n1\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 1 }]);
  });
});
