// What of an interchange an acknowledgement says: each group and transaction set with the codes of what is wrong with it.

import type { DecodeContext, Rec } from "../../core/contract.ts";
import type { BridgeError } from "../../core/errors.ts";
import type { Encoding } from "../shared/encodings/names.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import type { GroupReading, SetReading } from "./acknowledge.ts";
import { interchangeReader } from "./reader.ts";

/** Told of the frame while it is read. */
export interface Heard {
  group(isa: Rec, gs: Rec): void;
  set(st: Rec, problem: BridgeError | undefined): void;
  /** What is wrong with the group (data element 716). */
  wrong(code: string | undefined): void;
  /** GE01. */
  announced(count: number | undefined): void;
}

interface OpenGroup {
  readonly isa: Rec;
  readonly gs: Rec;
  announced: number | undefined;
  readonly sets: SetReading[];
  readonly codes: string[];
}

/** Groups, and transaction sets in them, of one drop. */
const MOST_SETS = 100_000;

/**
 * Reads a drop as decode.x12 does where it is strict, only that a frame whose numbers are wrong is not thrown but stands in the codes of
 * its group. Throws what makes the rest unreadable.
 */
export async function readGroups(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  context: DecodeContext,
): Promise<readonly GroupReading[]> {
  const groups: OpenGroup[] = [];
  let sets = 0;
  const heard: Heard = {
    group: (isa, gs) => void groups.push({ isa, gs, announced: undefined, sets: [], codes: [] }),
    set(st, problem) {
      if (++sets > MOST_SETS) return;
      groups.at(-1)?.sets.push({
        set: textOf(st["ST01"]),
        number: textOf(st["ST02"]),
        convention: textOf(st["ST03"]) || undefined,
        codes: problem ? [String(problem.facts?.["transaction"] ?? SEGMENTS_WRONG)] : [],
        segments: [],
      });
    },
    wrong(code) {
      if (code !== undefined) groups.at(-1)?.codes.push(code);
    },
    announced(count) {
      const group = groups.at(-1);
      if (group) group.announced = count;
    },
  };
  const plan = { record: "transaction", strict: true, empty: new Set<string>(), most: MOST_CHARACTERS, heard } as const;
  const batch = batches();
  const read = interchangeReader(plan, batch);
  for await (const window of textWindows(bytes, encoding, context)) while (read(window)) batch.take();
  return groups;
}

const MOST_CHARACTERS = 64 * 1024 * 1024;
/** One or more segments in error. */
const SEGMENTS_WRONG = "5";

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
