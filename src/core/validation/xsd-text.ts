// Schema files come in several encodings, with byte order marks and, in the W3C's own ones, with a DOCTYPE. Here they
// become text that both readers (libxml2 and our model) understand alike, with every line where it was.

import { BridgeError } from "../errors.ts";

/** Larger than any official schema file seen (4 MiB) by a wide margin. */
export const FILE_LIMIT = 16 * 1024 * 1024;

/** Bytes of a schema file → text without byte order mark, XML declaration and DOCTYPE; `name` is for messages. */
export function readSchemaText(bytes: Uint8Array, name: string): string {
  if (bytes.byteLength > FILE_LIMIT) {
    throw new BridgeError("SCHEMA_FILE_INVALID", `${name} is larger than 16 MiB`, { stage: "validate" });
  }
  const text = decode(bytes, name);
  const declaration = /^<\?xml\s[^>]*\?>/.exec(text)?.[0] ?? "";
  return blankDoctype(blank(declaration) + text.slice(declaration.length), name);
}

/** Encodings by byte order mark, else by the XML declaration, else UTF-8 (XML 1.0, appendix F). */
function decode(bytes: Uint8Array, name: string): string {
  const [a, b] = bytes;
  let encoding = "utf-8";
  if (a === 0xfe && b === 0xff) encoding = "utf-16be";
  else if (a === 0xff && b === 0xfe) encoding = "utf-16le";
  else if (!(a === 0xef && b === 0xbb)) {
    const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
    encoding = /^<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(head)?.[1]?.toLowerCase() ?? "utf-8";
    if (encoding === "us-ascii" || encoding === "ascii") encoding = "utf-8";
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new BridgeError("SCHEMA_FILE_INVALID", `${name} cannot be read as ${encoding}`, { stage: "validate" });
  }
}

/** The same number of lines and characters, but nothing in them. */
function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

/**
 * The start of a DOCTYPE in the prolog, or -1. Only blanks, comments and processing instructions may stand before it
 * (XML 1.0, production 22), so that the same letters in a text or comment are not mistaken for one.
 */
export function doctypeAt(text: string): number {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    while (isBlank(text.charCodeAt(at))) at++;
    if (text.startsWith("<!--", at)) {
      const end = text.indexOf("-->", at + 4);
      if (end < 0) return -1;
      at = end + 3;
    } else if (text.startsWith("<?", at)) {
      const end = text.indexOf("?>", at + 2);
      if (end < 0) return -1;
      at = end + 2;
    } else {
      return text.startsWith("<!DOCTYPE", at) ? at : -1;
    }
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/**
 * The W3C publishes the schema of XML Signature with a DOCTYPE that declares entities nobody uses. Nothing of it is ever
 * interpreted: it is blanked out where the rest uses no entity, else the file is refused.
 */
function blankDoctype(text: string, name: string): string {
  const start = doctypeAt(text);
  if (start < 0) return text;
  const end = doctypeEnd(text, start);
  const rest = end < 0 ? "" : text.slice(end);
  if (end < 0 || /&(?!(?:#\d+|#x[\da-fA-F]+|lt|gt|amp|quot|apos);)/.test(rest)) {
    throw new BridgeError("SCHEMA_FILE_INVALID", `${name} has a DOCTYPE whose entities it uses; that is refused`, {
      stage: "validate",
      hint: "Use an edition of the schema without DOCTYPE.",
    });
  }
  return text.slice(0, start) + blank(text.slice(start, end)) + rest;
}

/** Position behind the `>` that closes the DOCTYPE; quotes, comments and the bracketed subset are skipped over. */
function doctypeEnd(text: string, start: number): number {
  let inSubset = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"' || char === "'") {
      at = text.indexOf(char, at + 1);
      if (at < 0) return -1;
    } else if (text.startsWith("<!--", at)) {
      at = text.indexOf("-->", at + 4);
      if (at < 0) return -1;
      at += 2;
    } else if (char === "[") inSubset = true;
    else if (char === "]") inSubset = false;
    else if (char === ">" && !inSubset) return at + 1;
  }
  return -1;
}
