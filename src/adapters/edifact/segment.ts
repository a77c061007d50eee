// One segment: where it stands, and its elements when somebody asks for them.

import type { ReadSegment } from "./structure/types.ts";
import { COMPONENT, ELEMENT, type Kinds, RELEASE, REPETITION } from "./service.ts";

/** A class, because there are millions of them and all have one shape. */
export class Segment implements ReadSegment {
  readonly tag: string;
  /** In its message, UNH is 1; 0 outside of messages. */
  readonly position: number;
  readonly text: string;
  /** Where it begins in `text`, and where its terminator stands. */
  readonly from: number;
  readonly to: number;
  readonly kinds: Kinds;
  /** Byte offset in the drop. */
  readonly offset: number;
  readonly line: number;
  /** What follows a UNO: base64. */
  object: string | undefined;

  constructor(
    tag: string,
    position: number,
    text: string,
    from: number,
    to: number,
    kinds: Kinds,
    offset: number,
    line: number,
  ) {
    this.tag = tag;
    this.position = position;
    this.text = text;
    this.from = from;
    this.to = to;
    this.kinds = kinds;
    this.offset = offset;
    this.line = line;
    this.object = undefined;
  }

  elements(): readonly (readonly (readonly string[])[])[] {
    return split(this.text, this.from, this.to, this.kinds);
  }

  /** What stands where a tag should, even if it is none. */
  get written(): string {
    let at = this.from;
    while (at < this.to && kindAt(this.text, at, this.kinds) === 0) at++;
    return this.text.slice(this.from, at);
  }

  /** `place` 1 is the first element behind the tag. A repeated one gives its first. */
  component(place: number, component: number): string {
    return this.components(place)[component - 1] ?? "";
  }

  /** Of one element, without cutting up all of them. */
  components(place: number): readonly string[] {
    const { text, from, to, kinds } = this;
    let at = from;
    for (let passed = 0; at < to; at++) {
      const kind = kindAt(text, at, kinds);
      if (kind === RELEASE) at++;
      else if (kind === ELEMENT && ++passed === place) break;
    }
    if (at >= to) return [];
    const components: string[] = [];
    let start = at + 1;
    let isReleased = false;
    for (at = start; at <= to; at++) {
      const kind = at === to ? ELEMENT : kindAt(text, at, kinds);
      if (kind === 0) continue;
      if (kind === RELEASE && at + 1 < to) {
        isReleased = true;
        at++;
        continue;
      }
      components.push(isReleased ? unreleased(text, start, at, kinds) : text.slice(start, at));
      isReleased = false;
      start = at + 1;
      if (kind !== COMPONENT) break;
    }
    return components;
  }
}

/** Elements → repetitions → components behind the tag, without the release characters. */
export function split(text: string, from: number, to: number, kinds: Kinds): string[][][] {
  const elements: string[][][] = [];
  let at = from;
  // The tag, and the numbers of explicit nesting that syntax 1 to 3 allow behind it.
  while (at < to && kindAt(text, at, kinds) !== ELEMENT) at++;
  let components: string[] = [];
  let repetitions: string[][] = [];
  let start = at + 1;
  let released = false;
  for (at = start; at <= to; at++) {
    const kind = at === to ? ELEMENT : kindAt(text, at, kinds);
    if (kind === 0) continue;
    if (kind === RELEASE) {
      released = true;
      at++;
      if (at < to) continue;
      at = to;
    }
    components.push(released ? unreleased(text, start, at, kinds) : text.slice(start, at));
    released = false;
    start = at + 1;
    if (kind === COMPONENT) continue;
    repetitions.push(components);
    components = [];
    if (kind === REPETITION) continue;
    elements.push(repetitions);
    repetitions = [];
  }
  return elements;
}

function kindAt(text: string, at: number, kinds: Kinds): number {
  const code = text.charCodeAt(at);
  return code < 128 ? kinds[code]! : 0;
}

function unreleased(text: string, from: number, to: number, kinds: Kinds): string {
  let value = "";
  let start = from;
  for (let at = from; at < to; at++) {
    if (kindAt(text, at, kinds) !== RELEASE) continue;
    value += text.slice(start, at);
    start = at + 1;
    // The next one is itself, even if it is a release character.
    at++;
  }
  return value + text.slice(start, to);
}
