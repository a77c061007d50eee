// Line breaks inside of segments: of a drop whose lines are all of one length they are where some program wrapped it, and mean nothing;
// of others they are what somebody typed into a text, and part words.

import { type Kinds, RELEASE } from "./service.ts";

export interface Wrapping {
  /** Bytes of a line, and of a line with its end. */
  readonly width: number;
  readonly step: number;
}

/** Bytes that are looked at. */
export const WRAPPING_SEEN = 16 * 1024;
/** Lines that must be alike; one full line proves nothing, unless it has the length of a punched card. */
const LEAST_LINES = 2;
const CARD = 80;

/** By the first bytes of a drop; a line of it may be cut at their end. undefined = it is not wrapped. */
export function wrappingOf(start: Buffer): Wrapping | undefined {
  const text = start.toString("latin1");
  const [end] = /\r\n|\n|\r/.exec(text) ?? [];
  if (end === undefined) return undefined;
  const lines = text.split(end);
  const width = lines[0]!.length;
  // What pads the end of the drop is no line.
  while (lines.at(-1)?.trim() === "") lines.pop();
  const other = lines.findIndex((line) => line.length !== width);
  const count = other < 0 ? lines.length : other;
  const isLast = count >= lines.length - 1 && (lines[count]?.length ?? 0) < width;
  if (!isLast || width === 0 || (count < LEAST_LINES && width !== CARD)) return undefined;
  return { width, step: width + end.length };
}

/** Whether the line end at this byte of the drop is one of the wrapping's. */
export function isWrap({ width, step }: Wrapping, offset: number): boolean {
  return offset % step === width;
}

/** A segment in a text, and what its characters are. */
export interface Lines {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly kinds: Kinds;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
/** Characters of a segment's tag, which is no text. */
const TAG = 3;

/**
 * The segment without its line breaks: where one parts two words that no blank parts, a blank stands for it, unless it wraps. undefined =
 * there is none but released ones, which are meant.
 */
export function joinLines({ text, from, to, kinds }: Lines, wraps: (at: number) => boolean): string | undefined {
  let whole = "";
  let found = false;
  let isReleased = false;
  for (let at = from; at < to;) {
    const code = text.charCodeAt(at);
    if (isBreak(code) && (!isReleased || wraps(at))) {
      let behind = at;
      while (behind < to && isBreak(text.charCodeAt(behind))) behind++;
      const parts =
        whole.length > TAG && behind < to && isText(whole, whole.length - 1, kinds) && isText(text, behind, kinds);
      if (parts && !wraps(at)) whole += " ";
      found = true;
      // What a release character releases may stand in the next line.
      at = behind;
    } else {
      isReleased = !isReleased && kinds[code] === RELEASE;
      whole += text[at];
      at++;
    }
  }
  return found ? whole : undefined;
}

function isBreak(code: number): boolean {
  return code === LF || code === CR;
}

/** Neither blank nor separator: beside those a blank would be one too many. */
function isText(text: string, at: number, kinds: Kinds): boolean {
  const code = text.charCodeAt(at);
  const kind = code < 128 ? kinds[code] : 0;
  return code > SPACE && (kind === 0 || kind === RELEASE);
}
