// Widths of the fonts that every viewer has and files need not describe (ISO 32000-1, 9.6.2.2), in thousandths of the size: enough to see
// where a word ends.

const HELVETICA =
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 " +
  "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 " +
  "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584";
const TIMES =
  "250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 500 278 278 564 564 564 444 " +
  "921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500 " +
  "333 444 500 444 500 444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 200 480 541";

const helvetica = HELVETICA.split(" ").map(Number);
const times = TIMES.split(" ").map(Number);

/** Of a character from space to ~, or the letter below its accent; of others, what most have. */
export function standardWidth(font: string, character: string): number {
  if (font.includes("Courier")) return 600;
  const widths = font.includes("Times") ? times : helvetica;
  const code = character.normalize("NFD").charCodeAt(0);
  return widths[code - 0x20] ?? 500;
}
