// The smallest reader that can cut an interchange into segments: for tests of what comes behind it.

import type { ReadSegment } from "../../src/adapters/edifact/structure/types.ts";

export interface SplitMessage {
  readonly segments: readonly ReadSegment[];
  /** `INVOIC D 96A UN EAN008`, as UNH has it. */
  readonly name: readonly string[];
}

export interface Split {
  /** All segments of the interchange, service segments too. */
  readonly segments: readonly ReadSegment[];
  readonly messages: readonly SplitMessage[];
  readonly syntax: number;
}

export function splitInterchange(text: string): Split {
  const una = /^UNA(.{6})/s.exec(text)?.[1] ?? ":+.? '";
  const [component, element, , release, repetition, end] = una as unknown as readonly [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const body = text.replace(/^UNA.{6}/s, "");
  const repeats = repetition === " " ? undefined : repetition;
  const segments: ReadSegment[] = [];
  const messages: { segments: ReadSegment[]; name: readonly string[] }[] = [];
  let syntax = 3;
  let inMessage: ReadSegment[] | undefined;
  for (const part of cut(body, end, release)) {
    const raw = part.replaceAll(/^[\r\n]+|[\r\n]+$/g, "");
    if (raw === "") continue;
    const elements = cut(raw, element, release).map((one) =>
      (repeats === undefined ? [one] : cut(one, repeats, release)).map((once) =>
        cut(once, component, release).map((value) => released(value, release)),
      ),
    );
    const tag = elements[0]?.[0]?.[0] ?? "";
    if (tag === "UNB") syntax = Number(elements[1]?.[0]?.[1] ?? 3);
    if (tag === "UNH") messages.push({ segments: (inMessage = []), name: elements[2]?.[0] ?? [] });
    const segment = { tag, position: (inMessage?.length ?? 0) + 1, elements: () => elements.slice(1) };
    segments.push(segment);
    inMessage?.push(segment);
    if (tag === "UNT") inMessage = undefined;
  }
  return { segments, messages, syntax };
}

/** At a separator that no release character stands in front of; parts keep theirs. */
function cut(text: string, separator: string, release: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === release && release !== " ") at++;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function released(value: string, release: string): string {
  let out = "";
  for (let at = 0; at < value.length; at++) {
    if (value[at] === release && release !== " ") at++;
    out += value[at] ?? "";
  }
  return out;
}
