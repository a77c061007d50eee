// shadow: what the bridge sends goes to the successor as well, the answers are compared, and nothing of it gets in the way.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { shadowKey, type KeptShadow } from "../../src/core/shadow/shadow-book.ts";
import { type Heard, startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, inDays, RECEIVE, type World } from "./world.ts";

let world: World;
let target: Receiver;
let successor: Receiver;
beforeEach(async () => {
  world = createWorld();
  [target, successor] = await Promise.all([startReceiver(), startReceiver()]);
});
afterEach(async () => {
  await Promise.all([target.close(), successor.close()]);
  world.remove();
});

const IGNORED = `  ignore: [{ path: /body/zeit, reason: Uhr, until: ${inDays(10)} }]\n`;

/** `ignore`: lines of the section. */
function bridge(until = inDays(30), ignore = IGNORED): void {
  const approval = `{ by: Datenschutz Musterstadt, on: ${inDays(-10)}, reference: DSFA 7 }`;
  const shadow = `shadow:\n  to: { http: { url: "${successor.origin}/neu", timeout: 500ms } }\n  approval: ${approval}\n  until: ${until}\n${ignore}`;
  world.bridge(
    "parallel",
    `${head("parallel")}${RECEIVE}${CSV}map:\n  json: { id: = ID, ort: = ORT }\ndeliver:\n  http: { url: "${target.origin}/alt" }\n${shadow}`,
  );
}

const idOf = ({ body }: Heard): number => Number((JSON.parse(body.toString()) as { id: string }).id);
const answer = (body: object | string) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const drop = (count: number): string =>
  `ID;ORT\n${Array.from({ length: count }, (_, at) => `${at + 1};Musterstadt\n`).join("")}`;

async function kept(): Promise<KeptShadow | undefined> {
  const { journal, close } = await openState({ dir: world.state, log: () => undefined });
  const found = await journal.get<KeptShadow>(shadowKey("parallel"));
  await close();
  return found;
}

describe("a shadow", () => {
  it("counts equal, explained and open answers, and keeps paths and keyed hashes, no values", async () => {
    target.rule = (heard) => answer({ nummer: idOf(heard), zeit: "08:00:00", ort: "GEHEIMORT" });
    successor.rule = (heard) => {
      const id = idOf(heard);
      if (id % 4 === 0) return answer(`{ "ort": "GEHEIMORT", "zeit": "08:00:00", "nummer": ${id}.0 }`);
      if (id % 4 === 1) return answer({ nummer: id, zeit: "08:00:01", ort: "GEHEIMORT" });
      return answer({ nummer: id, zeit: "08:00:01", ort: "ANDERSWO" });
    };
    bridge();
    world.put("a.csv", drop(40));
    expect((await world.once()).bridges).toMatchObject([{ delivered: 40 }]);
    // The same input, under the same key.
    expect(new Set(successor.heard.map(({ key, body }) => key + String(body)))).toEqual(
      new Set(target.heard.map(({ key, body }) => key + String(body))),
    );
    const found = await kept();
    expect(found?.types).toEqual({
      message: { equal: 10, explained: 10, open: 20, failed: 0, dropped: 0, uncompared: 0 },
    });
    expect(found?.differences.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toMatchObject([
      { path: "/body/ort", count: 20, explained: false, ours: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      { path: "/body/zeit", count: 30, explained: true },
    ]);
    for (const name of readdirSync(world.state, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )) {
      const bytes = readFileSync(join(name.parentPath, name.name));
      expect([
        name.name,
        bytes.includes("GEHEIMORT"),
        bytes.includes("ANDERSWO"),
        bytes.includes(found?.key ?? "x"),
      ]).toEqual([name.name, false, false, false]);
    }
  });

  it("that hangs, refuses or is away slows and fails nothing", async () => {
    target.rule = (heard) => answer({ nummer: idOf(heard) });
    successor.rule = (heard) => (idOf(heard) % 2 === 0 ? { instead: "hang" } : { status: 500 });
    bridge();
    world.put("a.csv", drop(600));
    const began = performance.now();
    expect((await world.once()).bridges).toMatchObject([{ delivered: 600, dead: 0 }]);
    // 300 that hang for half a second each would have taken minutes.
    expect(performance.now() - began).toBeLessThan(20_000);
    const { message } = (await kept())?.types ?? {};
    expect(message).toMatchObject({ equal: 0, explained: 0, open: 0 });
    expect((message?.failed ?? 0) + (message?.dropped ?? 0)).toBeGreaterThan(0);
    expect(target.accepted.size).toBe(600);
  });

  it("sends nothing after its last day, and nothing without its section; begin and end stand in the audit trail", async () => {
    bridge();
    world.put("a.csv", drop(1));
    await world.once();
    expect(successor.heard).toHaveLength(1);
    bridge(inDays(-1));
    world.put("b.csv", `${drop(1)}2;Neustadt\n`);
    await world.once();
    world.bridge(
      "parallel",
      `${head("parallel")}${RECEIVE}${CSV}map:\n  json: { id: = ID, ort: = ORT }\ndeliver:\n  http: { url: "${target.origin}/alt" }\n`,
    );
    world.put("c.csv", `${drop(1)}3;Altstadt\n`);
    await world.once();
    expect([target.heard.length, successor.heard.length]).toEqual([5, 1]);
    const { stdout } = await world.steg(["audit", "export"]);
    expect([...stdout.matchAll(/"event":"(shadow\.\w+)"/g)].map(([, event]) => event)).toEqual([
      "shadow.begun",
      "shadow.changed",
      "shadow.ended",
    ]);
    expect(stdout).toContain("DSFA 7");
  });

  it("compares refusals, too", async () => {
    target.rule = () => ({ ...answer({ code: "X1" }), status: 422 });
    successor.rule = () => ({ ...answer({ code: "X2" }), status: 400 });
    bridge();
    world.put("a.csv", drop(1));
    await world.once();
    expect((await kept())?.differences.map(({ path }) => path).toSorted()).toEqual(["/body/code", "/status"]);
  });
});
