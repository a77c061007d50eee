// Names of drops and dead letters. A drop's id sorts by time of receipt, is short enough to be typed by a person, and is
// safe as a file name: the spool file of a drop carries it.

import { randomInt } from "node:crypto";
import { BridgeError } from "../errors.ts";

/** Crockford's base 32: no i, l, o, u, so that an id read out on the telephone stays the same. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_LENGTH = 10;
const TAIL_LENGTH = 6;
const TAIL_SPACE = 2 ** 30;

const DROP_ID = /^[0-9a-z][0-9a-z-]{0,63}$/;
const OWN_ID = /^[0-9a-hjkmnp-tv-z]{16}$/;
const DEAD_ID = /^dl-([0-9a-z][0-9a-z-]{0,63})-([1-9][0-9]{0,14})$/;

function encode(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < length; index += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const char of text) value = value * 32 + ALPHABET.indexOf(char);
  return value;
}

/**
 * A source of ids: ten characters of milliseconds, six that are random for the first id of a millisecond and count on
 * within it. Every id is greater than the one before and than `last`, also when the clock goes back.
 */
export function dropIds(clock: () => number, last?: string): () => string {
  const known = last !== undefined && OWN_ID.test(last);
  let time = known ? decode(last.slice(0, TIME_LENGTH)) : 0;
  let tail = known ? decode(last.slice(TIME_LENGTH)) : 0;
  return () => {
    const now = Math.max(0, Math.floor(clock()));
    if (now > time) {
      time = now;
      // Half of the space stays free for counting on.
      tail = randomInt(TAIL_SPACE / 2);
    } else if (tail + 1 < TAIL_SPACE) {
      tail += 1;
    } else {
      time += 1;
      tail = 0;
    }
    return encode(time, TIME_LENGTH) + encode(tail, TAIL_LENGTH);
  };
}

/** Not greater than any id that is given from this moment (milliseconds since 1970) on. */
export function dropIdAt(time: number): string {
  return encode(Math.max(0, Math.floor(time)), TIME_LENGTH) + encode(0, TAIL_LENGTH);
}

/** Ids become file names; anything that could leave the folder is a defect of the caller. */
export function checkDropId(id: string): void {
  if (!DROP_ID.test(id)) throw new BridgeError("INTERNAL", "a drop id must match [0-9a-z][0-9a-z-]{0,63}");
}

export function deadLetterId(drop: string, first: number): string {
  return `dl-${drop}-${first}`;
}

export function parseDeadLetterId(id: string): { readonly drop: string; readonly first: number } | undefined {
  const match = DEAD_ID.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { drop: match[1], first: Number(match[2]) };
}
