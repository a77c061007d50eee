// Line ends of legacy files: LF, CR LF and CR, each of them one.

const LF = 10;
const CR = 13;

/** How many line ends a text holds; CR LF counts once. */
export function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  for (let at = text.indexOf("\r"); at >= 0; at = text.indexOf("\r", at + 1)) if (text[at + 1] !== "\n") count++;
  return count;
}

/**
 * Index behind the next line end from `from` on, or -1 where it is not (or not certainly) in the text. At the end of the
 * data (`last`) the end of the text ends the line.
 */
export function behindLine(text: string, from: number, last: boolean): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LF) return at + 1;
    if (code !== CR) continue;
    if (at + 1 === text.length && !last) return -1;
    return text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
  }
  return last ? text.length : -1;
}

/** Characters of the line end that stands right before `next`: 0, 1 or 2. */
export function lineEndBefore(text: string, from: number, next: number): number {
  const code = next > from ? text.charCodeAt(next - 1) : 0;
  if (code === CR) return 1;
  if (code !== LF) return 0;
  return next - 1 > from && text.charCodeAt(next - 2) === CR ? 2 : 1;
}
