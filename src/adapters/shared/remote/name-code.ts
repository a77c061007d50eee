// Names on a server are bytes, and no protocol says which characters they stand for: old systems write Latin-1 or a DOS page. What is
// matched by patterns, shown and written goes through the encoding that the bridge file names; what finds a file again stays bytes.

import { createHash } from "node:crypto";
import { BridgeError } from "../../../core/errors.ts";
import { choice } from "../../../core/options/shape.ts";
import { encoderOf } from "../encodings/encoder.ts";
import { NONE, tableOf } from "../encodings/tables.ts";
import { shownName, shownText, writableName } from "../names.ts";

const NAME_ENCODINGS = ["utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "cp850", "cp437"] as const;
export type NameEncoding = (typeof NAME_ENCODINGS)[number];

export function nameEncodingOption() {
  return choice(
    NAME_ENCODINGS,
    "how the server writes the names of files: what patterns are compared with, what formulas see, and how names and folders of this section are sent. What is no name in it is shown as %e4",
    { default: "utf-8" },
  );
}

export interface NameCode {
  readonly encoding: NameEncoding;
  /** Throws ENCODING_UNWRITABLE for a character that the encoding does not have. */
  bytes(this: void, text: string): Buffer;
  /** For patterns: what is no character is U+FFFD. */
  text(this: void, bytes: Buffer): string;
  /** As people may see it and as formulas get it. */
  shown(this: void, bytes: Buffer): string;
  /** A name that can always be written; different names stay different. */
  writable(this: void, name: string): Buffer;
}

const UTF_8: NameCode = {
  encoding: "utf-8",
  bytes: (text) => Buffer.from(text),
  text: (bytes) => bytes.toString("utf8"),
  shown: shownName,
  writable: (name) => Buffer.from(writableName(name)),
};

export function nameCodeOf(encoding: NameEncoding): NameCode {
  if (encoding === "utf-8") return UTF_8;
  const table = tableOf(encoding);
  const encode = encoderOf(encoding);
  const decode = (bytes: Buffer, other: (byte: number) => string): string =>
    Array.from(bytes, (byte) => (table[byte] === NONE ? other(byte) : String.fromCharCode(table[byte] as number))).join(
      "",
    );
  // These encodings have ü as one character only, however the bridge file or a record composes it.
  const bytes = (text: string): Buffer => Buffer.from(encode(text.normalize("NFC")));
  return {
    encoding,
    bytes,
    text: (name) => decode(name, () => "\ufffd"),
    shown: (name) => shownText(decode(name, (byte) => `%${byte.toString(16)}`)),
    writable(name) {
      const safe = writableName(name).normalize("NFC");
      try {
        return bytes(safe);
      } catch {
        const hash = createHash("sha256").update(safe).digest("hex").slice(0, 16);
        return bytes(`${hash}-${safe.replaceAll(/[^ -~]/gu, "_")}`);
      }
    },
  };
}

/** Why this text cannot be a name, or a part of a path, in this encoding; undefined = it can. */
export function unwritable(encoding: NameEncoding | undefined, text: string): string | undefined {
  try {
    nameCodeOf(encoding ?? "utf-8").bytes(text);
    return undefined;
  } catch (cause) {
    if (cause instanceof BridgeError && cause.code === "ENCODING_UNWRITABLE")
      return `holds a character that ${encoding} does not have`;
    throw cause;
  }
}
