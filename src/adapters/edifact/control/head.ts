// What a CONTRL repeats of the header that it answers, and its own header: sender and recipient change places.

import type { Directories } from "../directory/types.ts";
import type { Interchange } from "../envelope.ts";
import { fits } from "./fitting.ts";
import { type Writing, writingFor } from "./writing.ts";

/** Reference and time of the answer. */
export interface Stamp {
  readonly reference: string;
  /** YYYYMMDD */
  readonly date: string;
  /** HHMM */
  readonly time: string;
}

export interface Head {
  /** Of UNB in the drop. */
  readonly line: number;
  readonly offset: number;
  /** 0031 */
  readonly isRequested: boolean;
  /** 0020, S002 and S003, as UCI repeats them. */
  readonly identity: readonly [reference: string[], sender: string[], recipient: string[]];
  /** 0035, "" where it is no test. */
  readonly test: string;
}

/** Why there can be none: identity = a part of it is missing; form = it does not fit into a CONTRL. */
export type Lack = "identity" | "form";

export function headOf({ header }: Interchange): Head {
  const elements = header.elements();
  // A copy of each text, because the pieces hold on to the window that they were cut from.
  const composite = (place: number): string[] =>
    (elements[place - 1]?.[0] ?? []).map((value) => Buffer.from(value, "utf16le").toString("utf16le"));
  const test = header.component(11, 1);
  return {
    line: header.line,
    offset: header.offset,
    isRequested: header.component(9, 1) === "1",
    identity: [composite(5).slice(0, 1), composite(2), composite(3)],
    test: /^[1-9]$/.test(test) ? test : "",
  };
}

/** How the answer is written, or why it cannot be. `charset` as decode has it. */
export function answerIn(
  interchange: Interchange,
  { identity, test }: Head,
  charset: string,
  directories: Directories,
): Writing | Lack {
  if (identity.some(([first = ""]) => first === "")) return "identity";
  const writing = writingFor(interchange, charset, identity.flat());
  if (!writing) return "form";
  const { syntax } = writing;
  const uci = [...identity, ["4"]];
  const unb = unbElements({ identity, test }, writing, { reference: "0", date: "20260101", time: "0000" });
  const isFit =
    fits(directories.service("UCI", syntax)!, uci, syntax) && fits(directories.service("UNB", syntax)!, unb, syntax);
  return isFit ? writing : "form";
}

/** UNB of the answer. */
export function unbElements(
  { identity: [, sender, recipient], test }: Pick<Head, "identity" | "test">,
  { syntaxIdentifier, syntax }: Writing,
  { reference, date, time }: Stamp,
): readonly (readonly string[])[] {
  const day = syntax === 4 ? date : date.slice(2);
  return [syntaxIdentifier, recipient, sender, [day, time], [reference], [], [], [], [], [], [test]];
}
