// What travels between appliance and workers: sealed, whole, and of those bridges alone that can do without the appliance.

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { receivedUnits, sentUnit } from "../../src/core/distributed/chunk-job.ts";
import { createSealer, type Sealed } from "../../src/core/distributed/sealed.ts";
import { staysBecause } from "../../src/core/distributed/travels.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { rowRecords } from "../../src/adapters/shared/records/record.ts";
import type { Unit } from "../../src/core/pipeline/unit.ts";

const keyOf = (id: string) => ({ id, key: new Uint8Array(randomBytes(32)) });
const [old, fresh] = [keyOf("alt"), keyOf("neu")];
const sealer = createSealer([old, fresh]);

describe("what passes through Redis", () => {
  it("is opened as it was sealed", () => {
    const value = { text: "Zoë 🚲", none: undefined, list: [1, -0, null], map: new Map([[1, "delivered"]]) };
    expect(sealer.open("a", sealer.seal("a", value))).toEqual(value);
  });

  it("shows nothing, not even how often a name comes", () => {
    const { k, p } = sealer.seal("a", { name: "Erika Beispiel ".repeat(500) });
    expect([k, Buffer.from(p, "base64").includes("Erika"), p.length < 400]).toEqual(["neu", false, true]);
  });

  it("opens with an older key of the file, so that keys rotate", () => {
    expect(sealer.open("a", createSealer([old]).seal("a", 1))).toBe(1);
  });

  it.each([
    ["another purpose", (sealed: Sealed) => sealer.open("b", sealed)],
    ["a key that is not in the file", (sealed: Sealed) => createSealer([keyOf("neu")]).open("a", sealed)],
    ["an unknown key", (sealed: Sealed) => createSealer([old]).open("a", sealed)],
    ["nothing at all", () => sealer.open("a", {} as Sealed)],
    ["no bytes", (sealed: Sealed) => sealer.open("a", { ...sealed, p: "" })],
    ["other bytes", (sealed: Sealed) => sealer.open("a", { ...sealed, p: `A${sealed.p.slice(1, -4)}AAAA` })],
  ])("is refused with %s", (_what, open) => {
    expect(() => open(sealer.seal("a", { text: "geheim" }))).toThrow(
      expect.objectContaining({ code: "CHUNK_DAMAGED" }),
    );
  });

  it("is refused at each byte that was changed", () => {
    const sealed = sealer.seal("a", { text: "x" });
    const bytes = Buffer.from(sealed.p, "base64");
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] as number) ^ 1;
      expect(() => sealer.open("a", { ...sealed, p: other.toString("base64") })).toThrow("does not open");
    }
  });
});

describe("units", () => {
  it("come as they went, whatever their names are", () => {
    const make = rowRecords(["__proto__", "constructor", "NAME", "LEER"], new Set([""]));
    const member = { name: "innen.csv" };
    const unit = (first: number, more: Partial<Unit>): Unit => ({
      first,
      last: first,
      line: first + 1,
      end: first * 10,
      records: [],
      fault: undefined,
      ...more,
    });
    const fault = new BridgeError("ROW_RAGGED", "3 cells, 4 are named", { stage: "decode", detail: "x;y;z" });
    const units = [
      unit(1, { records: [make(["böse", "auch", "Erika", ""])], member }),
      unit(2, { fault, member }),
      unit(3, { records: [make(["a", "b", "c", "d"])], member }),
    ];
    const sent = sealer.open("a", sealer.seal("a", units.map(sentUnit))) as Parameters<typeof receivedUnits>[0];
    const [one, two, three] = receivedUnits(sent);
    const record = one?.records[0] as Record<string, unknown>;
    expect(Object.entries(record)).toEqual([
      ["__proto__", "böse"],
      ["constructor", "auch"],
      ["NAME", "Erika"],
      ["LEER", undefined],
    ]);
    expect(two?.fault).toMatchObject({ code: "ROW_RAGGED", stage: "decode", detail: "x;y;z", message: fault.message });
    expect(one?.member).toBe(three?.member);
  });
});

describe("a bridge", () => {
  const way = { deliver: {}, encode: {} };
  const remote = { target: { locality: "remote" } };
  const running = (bridge: object, more: object = {}, couriers: object[] = [remote]) =>
    ({
      bridge: { onDoubt: "resend", ...bridge },
      couriers: new Map(couriers.map((courier) => [{ ...way }, courier])),
      usesBatch: false,
      ...more,
    }) as unknown as Parameters<typeof staysBecause>[0];

  it.each([
    ["delivers over the network", running({}), undefined],
    ["delivers to a folder", running({}, {}, [remote, { target: { locality: "local" } }]), "a folder of this machine"],
    ["asks when in doubt", running({ onDoubt: "ask" }), "onDoubt"],
    ["joins files", running({ attach: {} }), "files"],
    ["has a shadow", running({ shadow: {} }), "shadow"],
    ["counts its batches", running({}, { usesBatch: true }), "$batch"],
    ["is called", running({}, { later: {} }), "calls"],
  ])("that %s", (_what, given, why) => {
    const reason = staysBecause(given);
    expect(reason ?? "").toContain(why ?? "");
    expect(reason === undefined).toBe(why === undefined);
  });
});

describe("BullMQ", () => {
  it("runs without the add-on in machine code that a package of another would load", async () => {
    const { execFileSync } = await import("node:child_process");
    const queue = JSON.stringify(new URL("../../src/core/distributed/queue.ts", import.meta.url).href);
    const script = `await import(${queue}); const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify(sharedObjects.filter((file) => file.endsWith(".node")))); process.exit();`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual([]);
  });
});
