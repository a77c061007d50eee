import { expect, it } from "vitest";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createWorld, finish, leftovers, putDrop } from "../crash/world.ts";
it("at every call", async () => {
  let killed = 0,
    clean = 0;
  const calls = process.env.CALLS ?? "link,linkat,unlink,unlinkat,fsync,fdatasync,ftruncate,rename,renameat";
  for (let n = Number(process.env.FROM ?? 1); n <= Number(process.env.TO ?? 30) && clean < 3; n++) {
    const world = createWorld({
      target: '  folder: { path: out, name: "BU_{$batch.date}_{$batch.number}.json" }',
      deliver: "  batch: { every: 1s }",
    });
    putDrop(world, "a.csv", 600, 1);
    expect((await world.once()).code).toBe(0);
    await sleep(1000);
    putDrop(world, "b.csv", 600, 601);
    const child = world.start(
      ["up", "--once", "--json"],
      [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        join(world.data, "out"),
        "-e",
        `trace=${calls}`,
        "-e",
        `inject=${calls}:signal=KILL:when=${n}`,
      ],
    );
    const end = await finish(child);
    if (end.code === 0) clean++;
    else killed++;
    await sleep(50);
    for (let i = 0; i < 5; i++) {
      const o = await world.once();
      expect(o.code, o.stderr).toBe(0);
      if (leftovers(join(world.data, "out")).length === 0) break;
      await sleep(1000);
    }
    const files = readdirSync(join(world.data, "out")).toSorted();
    const got = files.map((name) =>
      (JSON.parse(readFileSync(join(world.data, "out", name), "utf8")) as { id: string }[]).map(({ id }) => Number(id)),
    );
    console.log(n, end.code, end.signal, files.map((name, i) => `${name.slice(-6)}:${got[i]?.length}`).join(" "));
    expect(got.flat()).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
    expect(got.map((g) => g.length)).toEqual([600, 600]);
    world.remove();
  }
  console.log({ killed, clean });
}, 2_400_000);
