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
