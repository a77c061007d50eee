// The service characters of an interchange: those of its UNA, else the defaults of its syntax (ISO 9735-1, sections 6 and 7).

export interface ServiceCharacters {
  readonly component: string;
  readonly element: string;
  /** `.` or `,`; values keep theirs as written. */
  readonly decimal: string;
  /** undefined = nothing is released. */
  readonly release: string | undefined;
  /** undefined = elements do not repeat. */
  readonly repetition: string | undefined;
  readonly terminator: string;
}

export const DEFAULTS: ServiceCharacters = {
  component: ":",
  element: "+",
  decimal: ".",
  release: "?",
  repetition: undefined,
  terminator: "'",
};

/** Level B of syntax 1 to 3 over lines that carry control characters. */
export const INFORMATION_SEPARATORS: ServiceCharacters = {
  ...DEFAULTS,
  component: "\u001f",
  element: "\u001d",
  release: undefined,
  terminator: "\u001c",
};

/** Characters of UNA with its six service characters. */
export const UNA_LENGTH = 9;

/** What its nine characters say, or undefined where they cannot be told apart or are letters, digits, controls, no ASCII. */
export function serviceCharacters(una: string): ServiceCharacters | undefined {
  const [component, element, decimal, release, repetition, terminator] = una.slice(3) as unknown as string[];
  // A blank means that there is none; blanks for the others would make every blank of a text one of them.
  const given = [component, element, decimal, release, repetition, terminator].filter(
    (character, at) => character !== " " || (at !== 3 && at !== 4),
  );
  if (new Set(given).size < given.length) return undefined;
  if (!given.every((character) => character !== undefined && /^[!-/:-@[-`{-~\u001c-\u001f]$/.test(character))) {
    return undefined;
  }
  return {
    component: component!,
    element: element!,
    decimal: decimal!,
    release: release === " " ? undefined : release!,
    repetition: repetition === " " ? undefined : repetition!,
    terminator: terminator!,
  };
}

/** What a character of a segment is, by its code; 0 = part of a value. */
export const COMPONENT = 1;
export const ELEMENT = 2;
export const REPETITION = 3;
export const RELEASE = 4;
export const TERMINATOR = 5;
/** Not what it seems, or not there: only who looks closely can tell. */
export const SPECIAL = 6;

/** By code, for ASCII. */
export type Kinds = Uint8Array;

export function kindsOf(service: ServiceCharacters): Kinds {
  const kinds = new Uint8Array(128);
  const set = (character: string | undefined, kind: number): void => {
    if (character !== undefined) kinds[character.charCodeAt(0)] = kind;
  };
  set(service.component, COMPONENT);
  set(service.element, ELEMENT);
  set(service.repetition, REPETITION);
  set(service.release, RELEASE);
  return kinds;
}
