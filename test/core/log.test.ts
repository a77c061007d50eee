import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { createLog, errorFields } from "../../src/core/log.ts";
import type { LogFields, LogOptions } from "../../src/core/log.ts";

function logged(run: (log: ReturnType<typeof createLog>) => void, more: Partial<LogOptions> = {}): string[] {
  const lines: string[] = [];
  run(createLog({ level: "debug", stream: { write: (line: string) => lines.push(line) }, ...more }));
  return lines;
}

const look = { tty: true, color: false, unicode: true, width: 100 };

describe("logs", () => {
  it("are JSON lines with level, time and event", () => {
    const [line] = logged((log) => log("info", "drop.taken", { bridge: "farben", records: 3 }));
    expect(JSON.parse(line ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      bridge: "farben",
      records: 3,
      event: "drop.taken",
    });
  });

  it("write listed fields only, and plain values only", () => {
    const fields = {
      bridge: "b",
      payload: "Erika",
      authorization: "Bearer x",
      record: { name: "Erika" },
      message: new Error("Erika"),
    } as unknown as LogFields;
    const [line] = logged((log) => log("warn", "x", fields));
    expect(line).not.toMatch(/Erika|Bearer/);
    expect(JSON.parse(line ?? "")).toMatchObject({ bridge: "b", dropped: 4 });
  });

  it("escape control characters, and cut what is too long", () => {
    const [line] = logged((log) =>
      log("info", "x\ny", { file: 'a\x1b[2J\n{"level":"error"}', why: "y".repeat(5_000) }),
    );
    expect(line?.trimEnd().split("\n")).toHaveLength(1);
    const parsed = JSON.parse(line ?? "") as Record<string, string>;
    expect(parsed["file"]).toBe('a\\x1b[2J\\x0a{"level":"error"}');
    expect(parsed["event"]).toBe("x\\x0ay");
    expect(parsed["why"]).toHaveLength(2_000);
  });

  it("keep to their level", () => {
    expect(logged((log) => (log("debug", "a"), log("warn", "b")), { level: "info" })).toHaveLength(1);
    expect(logged((log) => log("error", "a"), { level: "silent" })).toEqual([]);
  });

  it("are short lines on a terminal", () => {
    const [line] = logged((log) => log("error", "bridge.refused", { bridge: "b", why: "a b\x1b[2J" }), { look });
    expect(line).toMatch(/^\d\d:\d\d:\d\d ✗ bridge\.refused {2}bridge=b why="a b\\\\x1b\[2J"\n$/);
    expect(logged((log) => log("info", "appliance.stopped"), { look })[0]).toMatch(/appliance\.stopped\n$/);
  });

  it("say of an error its code and place, never its values or a foreign text", () => {
    const known = new BridgeError("CODE_UNKNOWN", "column RF is not in list x", {
      stage: "map",
      position: { file: "b.yaml", line: 2, column: 3 },
      detail: "Erika",
    });
    expect(errorFields(known)).toMatchObject({ code: "CODE_UNKNOWN", stage: "map", position: "b.yaml:2:3" });
    const foreign = errorFields(new TypeError("cannot read Erika"), true);
    expect(JSON.stringify([errorFields(known), foreign])).not.toContain("Erika");
    expect(foreign["stack"]).toMatch(/at .*log\.test\.ts/);
    expect(errorFields(new TypeError("x"))["stack"]).toBeUndefined();
  });
});
