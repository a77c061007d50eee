// Lines of a terminal: wrapped at words, cut around the place that matters.

/** Never empty; a word longer than the width stands alone on its line. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

export interface CutLine {
  readonly text: string;
  /** Where the marked place begins in the cut text, and how much of it is left. */
  readonly at: number;
  readonly length: number;
}

/** Keeps the marked place visible; what is left out is shown as … */
export function cutLine(text: string, at: number, length: number, width: number): CutLine {
  if (text.length <= width) return { text, at, length };
  const from = at + length <= width - 1 ? 0 : Math.max(0, Math.min(at - 10, text.length - width + 1));
  const before = from > 0 ? "…" : "";
  const room = width - before.length;
  const piece = text.slice(from, from + room);
  const cutEnd = from + room < text.length;
  const shown = before + (cutEnd ? `${piece.slice(0, -1)}…` : piece);
  const start = at - from + before.length;
  return { text: shown, at: start, length: Math.max(1, Math.min(length, shown.length - start)) };
}
