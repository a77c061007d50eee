// answer.x12: one interchange for each interchange of a drop, with a 997 or 999 for each of its groups, and a TA1 for itself. The file is
// read again, by the options that it was decoded with; numbers are the bridge's own sequence, and stay a drop's for good.

import type { Acknowledger, AnswerFile, EndedDrop } from "../../../core/contract.ts";
import { asBridgeError, BridgeError } from "../../../core/errors.ts";
import { encoderOf } from "../../shared/encodings/encoder.ts";
import { localTime } from "../../shared/local-time.ts";
import { acknowledge, type InterchangeReading } from "../acknowledge.ts";
import { ISA_WIDTHS } from "../delimiters.ts";
import { elementName } from "../elements.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { type OpenInterchange, readInterchanges, textOf } from "../readings.ts";
import type { Options } from "./options.ts";
import { type Situation, verdictOn } from "./verdicts.ts";

/** Interchanges of a drop that are answered. */
const MOST_INTERCHANGES = 10_000;
/** All answers of a drop. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Answers that ask the journal for their numbers at the same time. */
const AT_ONCE = 200;
/** ISA13 has nine digits, and is no zero. */
const MOST_NUMBER = 999_999_999;

export function acknowledger({ set, ta1 }: Options, decoding: DecodeOptions): Acknowledger {
  const { strict, record } = decoding;
  return {
    async acknowledge(drop, signal) {
      const { interchanges, isBroken, isCut } = await readDrop(drop, decoding, signal);
      const isRefused = strict && (isBroken || interchanges.some(isBrokenInside));
      const isTwice = drop.state === "duplicate";
      const isEnded = drop.state === "refused";
      const situation: Situation = { ta1, strict, isWhole: record === "interchange", isRefused, isTwice, isEnded };
      const told = interchanges.flatMap((open, at): Told[] => {
        const reading = verdictOn(open, situation);
        return reading ? [{ open, reading, name: `x12 ${at + 1}` }] : [];
      });
      const files: AnswerFile[] = [];
      let bytes = 0;
      for (let at = 0; at < told.length; at += AT_ONCE) {
        const some = told.slice(at, at + AT_ONCE);
        const bodies = await Promise.all(some.map((one) => answerTo(drop, one, set)));
        for (const [index, { open, reading }] of some.entries()) {
          const body = bodies[index]!;
          bytes += typeof body === "string" ? 0 : body.length;
          if (typeof body === "string") drop.notice(unanswered(open, body));
          else if (bytes > MOST_BYTES) drop.notice(unanswered(open, "length"));
          else files.push({ kind: reading.groups.length > 0 ? set : "ta1", extension: "x12", body });
        }
      }
      if (isBroken && interchanges.length === 0) drop.notice(unanswered(undefined, "identity"));
      if (isCut) drop.notice(unanswered(undefined, "many"));
      return files;
    },
  };
}

interface Told {
  readonly open: OpenInterchange;
  readonly reading: InterchangeReading;
  /** Of its numbers. */
  readonly name: string;
}

function isBrokenInside({ note, groups }: OpenInterchange): boolean {
  return note !== undefined || groups.some(({ codes }) => codes.length > 0);
}

interface Read {
  readonly interchanges: readonly OpenInterchange[];
  /** Something cannot be read to its end. */
  readonly isBroken: boolean;
  readonly isCut: boolean;
}

async function readDrop(drop: EndedDrop, decoding: DecodeOptions, signal: AbortSignal): Promise<Read> {
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  const all: OpenInterchange[] = [];
  let isBroken = false;
  let isCut = false;
  try {
    for await (const { bytes } of drop.files(signal)) {
      const contents = readOn(bytes);
      const one = await readInterchanges(contents, decoding, context);
      isBroken ||= one.isBroken;
      isCut ||= all.length + one.interchanges.length > MOST_INTERCHANGES;
      all.push(...one.interchanges.slice(0, MOST_INTERCHANGES - all.length));
      // What is behind a broken place belongs to this file, not to the next one.
      for await (const _ of contents) signal.throwIfAborted();
    }
  } catch (cause) {
    // An archive that cannot be unpacked breaks off here as it did at decoding.
    if (!(cause instanceof BridgeError) || cause.stage !== "decode" || cause.code === "SPOOL_DAMAGED") throw cause;
    isBroken = true;
  }
  return { interchanges: all, isBroken, isCut };
}

/** Can be read on after its reader has stopped. */
function readOn(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

/** Or why there can be none. Asks for its numbers at once, so that they rise with the interchanges. */
async function answerTo(
  drop: EndedDrop,
  { open: { isa, delimiters, encoding, isCut }, reading, name }: Told,
  kind: Options["set"],
): Promise<Uint8Array | "identity" | "form" | "length"> {
  if (isCut) return "length";
  const lacks = [6, 8, 13].some((number) => isa[elementName("ISA", number)] === undefined);
  if (lacks || reading.groups.some(({ gs }) => gs["GS06"] === undefined)) return "identity";
  const isTooLong = ISA_WIDTHS.some((width, at) => textOf(isa[elementName("ISA", at + 1)]).length > width);
  if (isTooLong) return "form";
  // The first group has the number of its interchange, as most have it.
  const more = reading.groups.slice(1).map((_, at) => `${name} ${at + 2}`);
  const numbers = await Promise.all([name, ...more].map((one) => numberOf(drop, one)));
  const groups = numbers.map((one) => String(Number(one)));
  const stamp = { ...localTime(drop.received, drop.timezone), number: numbers[0]!, groups };
  try {
    return encoderOf(encoding)(acknowledge(reading, { kind, stamp, delimiters }));
  } catch (cause) {
    if (asBridgeError(cause, "encode").code !== "ENCODING_UNWRITABLE") throw cause;
    return "form";
  }
}

async function numberOf(drop: EndedDrop, name: string): Promise<string> {
  const number = await drop.number(name);
  return String(((number - 1) % MOST_NUMBER) + 1).padStart(9, "0");
}

const WHY = {
  identity: "sender (ISA06), receiver (ISA08) or a control number of the interchange is missing",
  form: "sender or receiver of the interchange cannot be repeated",
  length: "more is to be said than an answer may hold",
  many: `there are more than ${MOST_INTERCHANGES} interchanges`,
};

function unanswered(open: OpenInterchange | undefined, why: keyof typeof WHY): BridgeError {
  const number = open?.isa["ISA13"];
  const which = typeof number === "string" && /^\d{1,9}$/.test(number) ? `interchange ${number}: ` : "";
  return new BridgeError("X12_UNANSWERED", `${which}no acknowledgement, ${WHY[why]}`, {
    stage: "answer",
    facts: { why },
  });
}
