// Text into XML 1.0 (Fifth Edition): characters (section 2.2), escapes (2.4), what a reader's line-end and attribute
// normalisation (2.11, 3.3.3) would change, and Unicode NFC, which the German standards (DIN 91379) require.
//
// Most values are short and need nothing, so each is scanned once and returned as it is.

/** Index of the first character XML 1.0 forbids, and which; undefined = all may stand there. */
export function forbiddenCharacter(text: string): { readonly index: number; readonly name: string } | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isForbidden(code) || isLoneSurrogate(text, index, code)) {
      return { index, name: `U+${code.toString(16).toUpperCase().padStart(4, "0")}` };
    }
    if (code >= 0xd800 && code <= 0xdbff) index += 1;
  }
  return undefined;
}

function isForbidden(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0xfffe || code === 0xffff;
}

function isLoneSurrogate(text: string, index: number, code: number): boolean {
  if (code < 0xd800 || code > 0xdfff) return false;
  if (code >= 0xdc00) return true;
  const next = text.charCodeAt(index + 1);
  return !(next >= 0xdc00 && next <= 0xdfff);
}

/** Element content. undefined = a forbidden character stands in it. */
export function escapeText(text: string): string | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Everything between ">" and U+00FF that is not an escape is clean; so are space to "%", "'" to ";" and "=".
    if (code < 0x300 && code > 0x3e) continue;
    if (code >= 0x300 || code < 0x20 || code === 0x26 || code === 0x3c || code === 0x3e) {
      return escapeSlowly(text, TEXT_ESCAPES);
    }
  }
  return text;
}

/** Attribute values between double quotes. undefined = a forbidden character stands in it. */
export function escapeAttribute(text: string): string | undefined {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x300 && code > 0x3e) continue;
    if (code >= 0x300 || code < 0x20 || code === 0x26 || code === 0x3c || code === 0x3e || code === 0x22) {
      return escapeSlowly(text, ATTRIBUTE_ESCAPES);
    }
  }
  return text;
}

interface Escapes {
  readonly pattern: RegExp;
  readonly by: Readonly<Record<string, string>>;
}

/** A carriage return would be read as a line feed, so it goes as a reference. */
const TEXT_ESCAPES: Escapes = {
  pattern: /[&<>\r]/g,
  by: { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" },
};

/** In attributes a reader turns every white space into a space unless it is a reference. */
const ATTRIBUTE_ESCAPES: Escapes = {
  pattern: /[&<>"\t\n\r]/g,
  by: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;" },
};

function escapeSlowly(text: string, escapes: Escapes): string | undefined {
  if (forbiddenCharacter(text)) return undefined;
  return text.normalize("NFC").replace(escapes.pattern, (character) => escapes.by[character] as string);
}
