// Text that others wrote, made harmless for a line of a mail or of JSON.

/**
 * One line: neither line ends (which would begin another header or paragraph) nor signs that turn the direction of writing or cannot be
 * seen. Cut to `most` characters.
 */
export function oneLine(text: string, most: number): string {
  const plain = text
    .toWellFormed()
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const signs = Array.from(plain);
  return signs.length > most ? `${signs.slice(0, most - 1).join("")}…` : plain;
}

/** JSON that stays data where somebody puts it into a page. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
