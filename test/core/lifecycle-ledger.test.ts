import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { checkRatchet, enterLedger, readLedger } from "../../src/core/lifecycle/ledger.ts";
import { keepValid, keptVersion } from "../../src/core/lifecycle/ledger-kept.ts";
import { admitBridges } from "../../src/core/operations/admission.ts";
import { bridgeOf, createMemory, lifecycleOf } from "./lifecycle-fixtures.ts";
import type { Memory } from "./lifecycle-fixtures.ts";

const NOW = Date.parse("2027-05-01T12:00:00Z");
const extension = {
  to: "2028-02-01",
  reason: "Abnahme verschoben",
  requestedBy: "A",
  approvedBy: "B",
  on: "2027-10-01",
};

async function accept(memory: Memory, bridge: LoadedBridge): Promise<void> {
  await enterLedger(memory, await readLedger(memory), bridge, bridge.name, NOW);
}

async function refusals(
  memory: Memory,
  bridge: LoadedBridge,
  others: readonly LoadedBridge[] = [],
): Promise<readonly string[]> {
  return checkRatchet(bridge, await readLedger(memory), [bridge, ...others]).map(
    (error) => `${error.code} ${error.message}`,
  );
}

describe("the ratchet", () => {
  it("accepts what it sees first, and the same again", async () => {
    const memory = createMemory();
    expect(await refusals(memory, bridgeOf())).toEqual([]);
    await accept(memory, bridgeOf());
    expect(await refusals(memory, bridgeOf())).toEqual([]);
  });

  it("refuses a sunset moved later, with the place in the file", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const moved = bridgeOf({ lifecycle: lifecycleOf({ sunset: "2028-01-01" }) });
    const [error] = checkRatchet(moved, await readLedger(memory), [moved]);
    expect(error).toMatchObject({
      code: "SUNSET_MOVED",
      position: { file: "mappings/gewerbeanmeldung/bridge.yaml", line: 7, column: 11 },
    });
    expect(error?.message).toContain("from 2027-11-16 to 2028-01-01");
  });

  it.each(["2026-10-01", "2027-01-01"])("refuses a start moved to %s", async (started) => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const moved = bridgeOf({ lifecycle: lifecycleOf({ started }) });
    const [error] = checkRatchet(moved, await readLedger(memory), [moved]);
    expect(error).toMatchObject({ code: "SUNSET_MOVED", position: { line: 5, column: 12 } });
  });

  it("accepts a later end with an extension, and keeps the first sunset", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const longer = bridgeOf({ lifecycle: lifecycleOf({ extensions: [extension] }) });
    expect(await refusals(memory, longer)).toEqual([]);
    await accept(memory, longer);
    expect((await readLedger(memory)).get("gewerbeanmeldung")).toMatchObject({
      sunset: "2027-11-16",
      end: "2028-02-01",
      extensions: ["2028-02-01/2027-10-01"],
    });
  });

  it("refuses a sunset beyond what the extension covers", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const beyond = bridgeOf({ lifecycle: lifecycleOf({ sunset: "2028-02-02", extensions: [extension] }) });
    expect(await refusals(memory, beyond)).toHaveLength(1);
  });

  it("accepts an earlier end, which then counts", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const earlier = bridgeOf({ lifecycle: lifecycleOf({ sunset: "2027-10-01" }) });
    expect(await refusals(memory, earlier)).toEqual([]);
    await accept(memory, earlier);
    expect(await refusals(memory, bridgeOf())).toHaveLength(1);
  });

  it("remembers every extension, also one that was taken out of the file", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf({ lifecycle: lifecycleOf({ extensions: [extension] }) }));
    await accept(memory, bridgeOf());
    expect((await readLedger(memory)).get("gewerbeanmeldung")?.extensions).toEqual(["2028-02-01/2027-10-01"]);
  });

  it("knows a renamed bridge by its source", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const renamed = bridgeOf({ name: "gewerbe-neu", lifecycle: lifecycleOf({ sunset: "2029-01-01" }) });
    expect((await refusals(memory, renamed))[0]).toContain("as bridge gewerbeanmeldung");
    expect(await refusals(memory, bridgeOf({ name: "gewerbe-neu" }))).toEqual([]);
  });

  it("knows it still after the source was changed first and the name afterwards", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    await accept(memory, bridgeOf({ sourceIdentity: "folder:elsewhere" }));
    const later = lifecycleOf({ sunset: "2029-01-01" });
    expect(
      await refusals(memory, bridgeOf({ name: "neu", sourceIdentity: "folder:elsewhere", lifecycle: later })),
    ).toHaveLength(1);
    expect(await refusals(memory, bridgeOf({ name: "neu", lifecycle: later }))).toHaveLength(1);
  });

  it("lets two bridges read one source side by side", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    const second = bridgeOf({
      name: "zweite",
      lifecycle: lifecycleOf({ started: "2027-01-01", sunset: "2029-01-01" }),
    });
    expect(await refusals(memory, second, [bridgeOf()])).toEqual([]);
    expect(await refusals(memory, second)).toHaveLength(2);
  });

  it("writes down only what is new", async () => {
    const memory = createMemory();
    await accept(memory, bridgeOf());
    await accept(memory, bridgeOf());
    expect(memory.trail).toHaveLength(1);
    expect(memory.trail[0]).toMatchObject({
      event: "lifecycle.seen",
      facts: { sunset: "2027-11-16", started: "2026-11-01" },
    });
  });
});

/** Stands for the loader: the sunset in the file decides, `broken` is a file with a finding. */
async function load(file: string) {
  const text = await readFile(file, "utf8");
  const at = { file, line: 1, column: 1, length: 0, hint: "" };
  if (text === "broken")
    return { findings: [{ ...at, severity: "error" as const, code: "KEY_UNKNOWN", message: "x is no key" }] };
  const sunset = /sunset: (\S+)/.exec(text)?.[1] ?? "";
  const bytes = new TextEncoder().encode(text);
  const bridge = bridgeOf({
    file,
    lifecycle: lifecycleOf({ sunset }),
    version: `v-${sunset}`,
    files: new Map([["bridge.yaml", bytes]]),
  });
  return { bridge, findings: [] };
}

describe("the last valid version", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "steg-ledger-"));
  });
  afterEach(async () => await rm(folder, { recursive: true, force: true }));

  it("is kept with all its files, and only under its own version", async () => {
    const files = new Map([...bridgeOf().files, ["codes/rechtsform.csv", new TextEncoder().encode("a;b\n")]]);
    await keepValid(folder, bridgeOf({ files }));
    const path = await keptVersion(folder, "gewerbeanmeldung", "v1");
    expect(await readFile(join(dirname(path ?? ""), "codes/rechtsform.csv"), "utf8")).toBe("a;b\n");
    expect(await keptVersion(folder, "gewerbeanmeldung", "v2")).toBeUndefined();
    expect(await keptVersion(folder, "other", "v1")).toBeUndefined();
  });

  it("leaves out a file whose name leads elsewhere, and a name that does", async () => {
    const files = new Map([["../../outside.txt", new Uint8Array([1])]]);
    await keepValid(folder, bridgeOf({ name: "../up", files }));
    await expect(readFile(join(folder, "..", "outside.txt"))).rejects.toThrow("ENOENT");
    await expect(readFile(join(folder, "outside.txt"))).rejects.toThrow("ENOENT");
    expect(await keptVersion(folder, "../up", "v1")).toContain(join(folder, "bridges"));
  });

  async function admit(memory: Memory, content: string) {
    const file = join(folder, "mappings", "gewerbeanmeldung", "bridge.yaml");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return await admitBridges([file], load, memory, join(folder, "state"), NOW, true);
  }

  it("does not start what was never valid", async () => {
    const { bridges, refused } = await admit(createMemory(), "broken");
    expect(bridges).toEqual([]);
    expect(refused).toMatchObject([{ bridge: "gewerbeanmeldung", code: "KEY_UNKNOWN", replaced: false }]);
  });

  it.each([
    ["a broken file", "broken", "KEY_UNKNOWN"],
    ["a sunset moved later", "sunset: 2029-01-01", "SUNSET_MOVED"],
  ])("goes on running in place of %s, across restarts", async (_name, content, code) => {
    const memory = createMemory();
    expect((await admit(memory, "sunset: 2027-11-16")).refused).toEqual([]);
    for (let start = 0; start < 2; start += 1) {
      const { bridges, refused } = await admit(memory, content);
      expect(bridges.map((one) => one.lifecycle.sunset)).toEqual(["2027-11-16"]);
      expect(basename(dirname(bridges[0]?.file ?? ""))).toBe("gewerbeanmeldung");
      expect(refused).toMatchObject([{ code, replaced: true }]);
    }
    expect(memory.trail.filter((entry) => entry.event === "bridge.refused")).toHaveLength(2);
    expect((await admit(memory, "sunset: 2027-11-16")).refused).toEqual([]);
  });

  it("is not run when somebody changed it in the state", async () => {
    const memory = createMemory();
    await admit(memory, "sunset: 2027-11-16");
    await writeFile(
      (await keptVersion(join(folder, "state"), "gewerbeanmeldung", "v-2027-11-16")) ?? "",
      "sunset: 2035-01-01",
    );
    const { bridges, refused } = await admit(memory, "broken");
    expect(bridges).toEqual([]);
    expect(refused).toMatchObject([{ replaced: false }]);
  });
});
