// The process that the tests of the storage kill: it takes drops of many sizes, works on some, and says on stdout what was
// acknowledged, a line each, written at once.
//
//   node storage-child.ts DIR SEED [COUNT [small]]   without COUNT it goes on until it is killed; small: no spool files

import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { openState } from "../../src/core/journal/open.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { content, letter, progressTo, takeBytes } from "../core/journal-state.ts";

const [dir = "", seed = "", most = "Infinity", kind = "all"] = process.argv.slice(2);
const AT_ONCE = 6;
let count = 0;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Small ones lie in the journal, large ones are files; every fifth comes again. */
function payload(number: number): Uint8Array {
  if (kind === "small") return Buffer.concat([Buffer.from(`${seed} ${number} `), randomBytes(1_000)]);
  if (number % 5 === 4) return content(`seed ${seed} again`, 90_000);
  const size = number % 3 === 0 ? 2_048 : number % 3 === 1 ? 70_000 + number * 13 : 400_000;
  return Buffer.concat([Buffer.from(`${seed} ${number} `), randomBytes(size)]);
}

async function work(state: OpenState, drop: string): Promise<void> {
  await state.journal.commit({
    drop,
    progress: progressTo(5, {}, { delivered: 4, dead: 1 }),
    dead: [{ ...letter, first: 3, last: 3 }],
  });
  say(`commit ${drop} 5`);
  await state.journal.commit({
    drop,
    progress: progressTo(9, { complete: true }, { records: 9, delivered: 8, dead: 1 }),
    dead: [],
    finished: Date.now(),
  });
  say(`commit ${drop} 9`);
}

async function takeOn(state: OpenState): Promise<void> {
  while (count < Number(most)) {
    const number = count;
    count += 1;
    const { taken, drop } = await takeBytes(state, payload(number), { name: `${number}.csv`, hint: `hint ${number}` });
    say(`${taken ? "take" : "duplicate"} ${drop.id} ${drop.sha256} ${drop.size}`);
    if (taken && number % 2 === 0) await work(state, drop.id);
    await state.journal.settled(drop.id);
  }
}

try {
  const state = await openState({
    dir,
    log: () => undefined,
    limits: { reserve: 4 << 20, lowDisk: 1 << 20 },
    onFailed: (error) => say(`failed ${error.code}`),
  });
  say("open");
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => takeOn(state)));
  if (results.some(({ status }) => status === "rejected")) {
    for (const result of results)
      if (result.status === "rejected") say(`rejected ${String((result.reason as { code?: string }).code)}`);
    // Once failed, for ever failed: nothing is tried again.
    for (let index = 0; index < 3; index += 1) {
      await takeBytes(state, randomBytes(index % 2 === 0 ? 100 : 100_000)).then(
        ({ drop }) => say(`take ${drop.id} after-failure 0`),
        (cause: unknown) => say(`refused ${String((cause as { code?: string }).code)}`),
      );
    }
  }
  say("end");
  process.kill(process.pid, "SIGKILL");
} catch (cause) {
  say(`unopened ${String((cause as { code?: string }).code)}`);
  process.kill(process.pid, "SIGKILL");
}
