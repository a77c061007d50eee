// Where two canonical messages differ: hunks of lines with one line of context, as people know them from diff.

import type { Canonical, CanonicalLine } from "./canonical.ts";

export interface DiffLine {
  readonly kind: "same" | "expected" | "got";
  readonly line: CanonicalLine;
}

export interface Hunk {
  readonly lines: readonly DiffLine[];
  /** Path of the first line that differs. */
  readonly path: string;
}

/** Beyond this the middle is shown as one block: the table of the exact way is quadratic. */
const MOST_EXACT = 2_000;

/** Empty where they are equal. */
export function differences(expected: Canonical, got: Canonical): readonly Hunk[] {
  let start = 0;
  while (start < expected.length && start < got.length && expected[start]?.key === got[start]?.key) start += 1;
  let end = 0;
  const room = Math.min(expected.length, got.length) - start;
  while (end < room && expected.at(-1 - end)?.key === got.at(-1 - end)?.key) end += 1;
  const left = expected.slice(start, expected.length - end);
  const right = got.slice(start, got.length - end);
  if (left.length === 0 && right.length === 0) return [];
  const middle = left.length * right.length > MOST_EXACT ** 2 ? blocks(left, right) : exact(left, right);
  const before = got.slice(Math.max(0, start - 1), start).map((line): DiffLine => ({ kind: "same", line }));
  const after = got.slice(got.length - end, got.length - end + 1).map((line): DiffLine => ({ kind: "same", line }));
  return hunksOf([...before, ...middle, ...after]);
}

function blocks(left: Canonical, right: Canonical): DiffLine[] {
  return [
    ...left.map((line): DiffLine => ({ kind: "expected", line })),
    ...right.map((line): DiffLine => ({ kind: "got", line })),
  ];
}

/** Longest common subsequence; of equal ways the one that shows what was expected first. */
function exact(left: Canonical, right: Canonical): DiffLine[] {
  const columns = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * columns);
  const at = (i: number, j: number): number => lengths[i * columns + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const same = left[i]?.key === right[j]?.key;
      lengths[i * columns + j] = same ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && b !== undefined && a.key === b.key) {
      lines.push({ kind: "same", line: b });
      i += 1;
      j += 1;
    } else if (a !== undefined && (b === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "expected", line: a });
      i += 1;
    } else if (b !== undefined) {
      lines.push({ kind: "got", line: b });
      j += 1;
    }
  }
  return lines;
}

function hunksOf(lines: readonly DiffLine[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at]?.kind === "same") {
      at += 1;
      continue;
    }
    const from = Math.max(0, at - 1);
    let to = at;
    while (
      to < lines.length &&
      (lines[to]?.kind !== "same" || (lines[to + 1] !== undefined && lines[to + 1]?.kind !== "same"))
    )
      to += 1;
    const own = lines.slice(from, Math.min(lines.length, to + 1));
    // What came is where a formula is at fault; where nothing came, what was expected says the place.
    const first = own.find((one) => one.kind === "got") ?? own.find((one) => one.kind === "expected");
    hunks.push({ lines: own, path: first?.line.path ?? "" });
    at = to + 1;
  }
  return hunks;
}
