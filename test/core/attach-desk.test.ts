// The desk by itself, on a clock of its own: who is woken when, and when the time of a record is over.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compileGlobPieces } from "../../src/core/options/glob.ts";
import { openDesk, type Desk, type Rest } from "../../src/core/pipeline/attach-desk.ts";
import { createShelf } from "../../src/core/pipeline/attach-shelf.ts";
import { mediaTypeOf } from "../../src/core/pipeline/media-type.ts";
import type { WantedNames } from "../../src/core/bridge/types.ts";
import type { AttachmentFile, AttachmentRow, DropRow } from "../../src/core/journal/types.ts";

const SECOND = 1_000;

const wants = (value: string, rest = "_*"): WantedNames => ({
  ...compileGlobPieces([
    { text: value, literal: true },
    { text: rest, literal: false },
  ]),
  shown: value + rest,
});

function file(id: string, name: string, received = 0): AttachmentRow {
  return {
    id,
    bridge: "akten",
    name,
    size: 1,
    sha256: id,
    mediaType: "application/pdf",
    state: "waiting",
    received,
    settled: true,
    duplicateOf: undefined,
    payload: "kept",
    messages: 0,
  };
}

const rest = (drop: string, until: number, ...values: readonly string[]): Rest => ({
  drop: { id: drop } as DropRow,
  until,
  records: values.length,
  lacking: values.map((value) => ({ wanted: [wants(value)], least: 1 })),
  more: false,
});

let woken: string[];
let unassigned: string[];

async function open(kept: readonly AttachmentRow[] = [], hasSource = true): Promise<Desk> {
  woken = [];
  unassigned = [];
  return await openDesk({
    bridge: { name: "akten" },
    journal: {
      attachments: () => Promise.resolve(kept),
      attachmentHints: () => Promise.resolve(new Set<string>()),
      unassign: (ids) => Promise.resolve(ids.map((id): AttachmentFile => file(id, id))),
    },
    hasSource,
    wake: (drops) => void woken.push(...drops.map(({ id }) => id)),
    unassigned: ({ id }) => void unassigned.push(id),
  });
}

const came = (desk: Desk, row: AttachmentRow): void => desk.entered({ attachment: row, taken: true, superseded: [] });

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe("the desk", () => {
  it("wakes a drop for a file that it lacks, when the look is over", async () => {
    const desk = await open();
    desk.rest(rest("d1", 60 * SECOND, "1", "2"));
    desk.rest(rest("d2", 60 * SECOND, "3"));
    came(desk, file("a", "2_x.pdf"));
    came(desk, file("b", "9_x.pdf"));
    expect(woken).toEqual([]);
    desk.lookEnded();
    expect(woken).toEqual(["d1"]);
    expect([...desk.resting.keys()]).toEqual(["d2"]);
    desk.close();
  });

  it("does not wait for the end of a look that takes long", async () => {
    const desk = await open();
    desk.rest(rest("d1", 600 * SECOND, "1"));
    came(desk, file("a", "1_x.pdf"));
    vi.setSystemTime(59 * SECOND);
    came(desk, file("b", "2_x.pdf"));
    expect(woken).toEqual([]);
    vi.setSystemTime(61 * SECOND);
    came(desk, file("c", "3_x.pdf"));
    expect(woken).toEqual(["d1"]);
    expect(desk.shelf.size).toBe(1);
    desk.close();
  });

  it("ends the time of a record only after a look that began behind it", async () => {
    const desk = await open();
    const until = 10 * SECOND;
    desk.rest(rest("d1", until, "1"));
    await vi.advanceTimersByTimeAsync(11 * SECOND);
    expect(desk.isOver(until)).toBe(false);
    desk.looked(9 * SECOND, true);
    expect(woken).toEqual([]);
    // Something was still growing: that could be the file.
    desk.looked(11 * SECOND, false);
    expect(woken).toEqual([]);
    desk.looked(12 * SECOND, true);
    expect(woken).toEqual(["d1"]);
    expect(desk.isOver(until)).toBe(true);
    desk.close();
  });

  it("does not wait for ever for what never stops growing", async () => {
    const desk = await open();
    desk.rest(rest("d1", 10 * SECOND, "1"));
    await vi.advanceTimersByTimeAsync(80 * SECOND);
    desk.looked(69 * SECOND, false);
    expect(woken).toEqual([]);
    desk.looked(71 * SECOND, false);
    expect(woken).toEqual(["d1"]);
    desk.close();
  });

  it("wakes by the clock alone where there is no source any more", async () => {
    const desk = await open([], false);
    desk.rest(rest("d1", 40 * 86_400 * SECOND, "1"));
    await vi.advanceTimersByTimeAsync(39 * 86_400 * SECOND);
    expect(woken).toEqual([]);
    await vi.advanceTimersByTimeAsync(2 * 86_400 * SECOND);
    expect(woken).toEqual(["d1"]);
    desk.close();
  });

  it("does not let a drop rest whose file came while it was looked at", async () => {
    const desk = await open([file("a", "1_x.pdf")]);
    desk.rest(rest("d1", 60 * SECOND, "1"));
    expect(woken).toEqual(["d1"]);
    expect(desk.resting.size).toBe(0);
    desk.close();
  });

  it("reports what nobody named in time, unless a drop of that time has not been looked at", async () => {
    const desk = await open([file("a", "1_x.pdf", 0), file("b", "2_x.pdf", 5 * SECOND), file("c", "3_x.pdf", 0)]);
    desk.joined(["c"]);
    vi.setSystemTime(10 * SECOND);
    await desk.sweep(10 * SECOND, 9 * SECOND);
    expect(unassigned).toEqual([]);
    await desk.sweep(10 * SECOND, Number.POSITIVE_INFINITY);
    expect(unassigned).toEqual(["a"]);
    vi.setSystemTime(20 * SECOND);
    await desk.sweep(10 * SECOND, Number.POSITIVE_INFINITY);
    expect(unassigned).toEqual(["a", "b"]);
    expect(desk.shelf.size).toBe(3);
    desk.close();
  });

  it("wakes every drop for any file where too much is lacked to be remembered", async () => {
    const desk = await open();
    const many = Array.from({ length: 15_000 }, (_each, at) => `x${at}`);
    desk.rest(rest("d1", 60 * SECOND, ...many));
    desk.rest(rest("d2", 60 * SECOND, ...many));
    came(desk, file("a", "nobody's.pdf"));
    desk.lookEnded();
    expect(woken).toEqual(["d2"]);
    desk.close();
  });
});

describe("the shelf", () => {
  it("has the newest of a name, found by any way of writing an umlaut", () => {
    const shelf = createShelf();
    shelf.add(file("b", "Müller_2.pdf"));
    shelf.add(file("c", "Müller_1.pdf".normalize("NFD")));
    shelf.add(file("a", "Müller_1.pdf"));
    expect(shelf.find(wants("Müller".normalize("NFD"))).map(({ id }) => id)).toEqual(["c", "b"]);
    shelf.remove("c");
    expect(shelf.find(wants("Müller")).map(({ id }) => id)).toEqual(["b"]);
    shelf.add(file("d", "Müller_0.pdf"));
    expect(shelf.find(wants("Müller")).map(({ id }) => id)).toEqual(["d", "b"]);
    expect(shelf.find(wants("", "*_0.pdf")).map(({ id }) => id)).toEqual(["d"]);
  });
});

describe("a media type", () => {
  it.each([
    ["a.pdf", "%PDF-1.7", "application/pdf"],
    ["a.PDF", "\n\n%PDF-1.4", "application/pdf"],
    ["a.pdf", "MZ", "application/octet-stream"],
    ["a.txt", "%PDF-1.7", "application/pdf"],
    ["a.docx", "PK\u0003\u0004", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ["a.csv", "a;b", "text/csv"],
    [".pdf", "x", "application/octet-stream"],
    ["__proto__", "x", "application/octet-stream"],
    ["x.constructor", "x", "application/octet-stream"],
    ["a.xml", "", "application/xml"],
  ])("%s beginning with %j is %s", (name, head, type) => {
    expect(mediaTypeOf(name, Buffer.from(head))).toBe(type);
  });
});
