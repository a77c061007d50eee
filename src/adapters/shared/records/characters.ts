// Characters of a record where some of them take two UTF-16 units (emoji, rare ideographs; only from UTF-8 and UTF-16).

/**
 * Index in `text` of each character from `from` to `to`, and `to` itself at the end; undefined where every character is
 * one unit, which is nearly always and then needs no list.
 */
export function characterStarts(text: string, from: number, to: number): Uint32Array | undefined {
  let high = from;
  while (high < to && (text.charCodeAt(high) & 0xfc00) !== 0xd800) high++;
  if (high === to) return undefined;
  const starts = new Uint32Array(to - from + 1);
  let count = 0;
  for (let at = from; at < to; at += text.codePointAt(at)! > 0xffff ? 2 : 1) starts[count++] = at;
  starts[count] = to;
  return starts.subarray(0, count + 1);
}

/** Index behind `count` characters from `from` on, or -1 where the text has fewer. */
export function behindCharacters(text: string, from: number, count: number): number {
  const end = from + count;
  if (!characterStarts(text, from, Math.min(end, text.length))) return end <= text.length ? end : -1;
  let at = from;
  for (let passed = 0; passed < count; passed++) {
    if (at >= text.length) return -1;
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  return at;
}
