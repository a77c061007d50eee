// The encodings that legacy systems here really write, under one name each: the names that stand in bridge files.

import { choice } from "../../../core/options/shape.ts";

export const ENCODINGS = [
  "utf-8",
  "utf-16",
  "utf-16le",
  "utf-16be",
  "us-ascii",
  "windows-1252",
  "iso-8859-1",
  "iso-8859-2",
  "iso-8859-15",
  "cp437",
  "cp850",
  "cp858",
  "ebcdic-273",
  "ebcdic-500",
  "ebcdic-1141",
  "din-66003",
] as const;

export type Encoding = (typeof ENCODINGS)[number];

/** `detect` is a choice of its own: it becomes one of the encodings at the first decoding of a drop and stays that. */
export const ENCODING_CHOICES = [...ENCODINGS, "detect"] as const;

export function isEncoding(name: string): name is Encoding {
  return (ENCODINGS as readonly string[]).includes(name);
}

/** The option `encoding` of every text codec. */
export function encodingOption() {
  return choice(
    ENCODING_CHOICES,
    "how bytes become characters; strict, a byte that does not exist in it is an error. detect looks at the first MiB of a drop and chooses utf-8, utf-16 (only by its byte order mark), windows-1252 or iso-8859-15, never DOS code pages or EBCDIC",
    { default: "utf-8" },
  );
}

/**
 * Other names under which these encodings are declared, as in an XML declaration (IANA names and their usual aliases,
 * compared without case). Undefined for anything else: an unknown name is refused, never replaced by a likely one.
 */
export function encodingOfLabel(label: string): Encoding | undefined {
  const name = label.toLowerCase();
  return isEncoding(name) ? name : LABELS.get(name);
}

const LABELS = new Map<string, Encoding>([
  ["utf8", "utf-8"],
  ["ascii", "us-ascii"],
  ["iso646-us", "us-ascii"],
  ["cp1252", "windows-1252"],
  ["latin1", "iso-8859-1"],
  ["iso8859-1", "iso-8859-1"],
  ["iso_8859-1", "iso-8859-1"],
  ["latin2", "iso-8859-2"],
  ["iso8859-2", "iso-8859-2"],
  ["iso_8859-2", "iso-8859-2"],
  ["latin-9", "iso-8859-15"],
  ["latin9", "iso-8859-15"],
  ["iso8859-15", "iso-8859-15"],
  ["iso_8859-15", "iso-8859-15"],
  ["ibm437", "cp437"],
  ["ibm850", "cp850"],
  ["ibm00858", "cp858"],
  ["cp00858", "cp858"],
  ["ibm273", "ebcdic-273"],
  ["cp273", "ebcdic-273"],
  ["ibm500", "ebcdic-500"],
  ["cp500", "ebcdic-500"],
  ["ibm01141", "ebcdic-1141"],
  ["cp1141", "ebcdic-1141"],
  ["din_66003", "din-66003"],
  ["iso646-de", "din-66003"],
]);
