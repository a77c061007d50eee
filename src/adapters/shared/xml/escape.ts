// Text into XML 1.0: characters that may not stand there (Fifth Edition, 2.2) and escapes (2.4), exact to the character.
// What a reader would change, line ends and white space in attributes (2.11, 3.3.3), goes as a reference.

const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, "g");
const IN_TEXT = /[&<>\r]/;
const IN_ATTRIBUTE = /[&<>"\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Whether XML can hold the text at all. */
export function fitsXml(text: string): boolean {
  return !FORBIDDEN.test(text);
}

/** For words that matter more than each of their characters: what XML cannot hold becomes a space. */
export function fittedToXml(text: string): string {
  return text.replace(ALL_FORBIDDEN, " ");
}

/** Element content; the text must fit (fitsXml). */
export function escapeText(text: string): string {
  return IN_TEXT.test(text) ? text.replace(/[&<>\r]/g, escapeOf) : text;
}

/** Between double quotes; the text must fit (fitsXml). */
export function escapeAttribute(text: string): string {
  return IN_ATTRIBUTE.test(text) ? text.replace(/[&<>"\t\n\r]/g, escapeOf) : text;
}

function escapeOf(character: string): string {
  return ESCAPES[character] as string;
}
