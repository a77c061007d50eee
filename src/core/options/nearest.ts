// "Did you mean": the nearest known name, or none where the guess would be a bad one.

/** Beyond this length a name is compared by its start only: names come from hostile files, the distance is quadratic. */
const LONGEST = 64;

/**
 * The known name that is most likely meant. A name that differs in case only wins; else the smallest Damerau-Levenshtein
 * distance (optimal string alignment) within a third of the length, at least 1 and at most 3; ties go to the first.
 */
export function nearest(name: string, known: readonly string[] | ReadonlySet<string>): string | undefined {
  const wanted = normal(name);
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (candidate === name) return candidate;
    const other = normal(candidate);
    if (other === wanted) return candidate;
    const distance = editDistance(wanted, other, bestDistance - 1);
    if (distance < bestDistance && distance < Math.max(wanted.length, other.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? abbreviated(wanted, known);
}

/** `win-1252` for windows-1252: the one known name that holds the letters of the other in their order. */
function abbreviated(wanted: string, known: readonly string[] | ReadonlySet<string>): string | undefined {
  if (wanted.length < 4) return undefined;
  const fitting = [...known].filter(
    (name) => isWithin(wanted, normal(name)) || (normal(name).length >= 4 && isWithin(normal(name), wanted)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Whether the short one is made of the long one by leaving letters out, fewer than half of them. */
function isWithin(short: string, long: string): boolean {
  if (short.length * 2 < long.length || short[0] !== long[0]) return false;
  let at = 0;
  for (const character of long) if (character === short[at]) at++;
  return at === short.length;
}

/** Case, hyphens and underscores are what people remember least of a name. */
function normal(name: string): string {
  return name
    .slice(0, LONGEST)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, "");
}

/** Optimal string alignment distance: insert, delete, replace, swap neighbours. Anything above `most` is most + 1. */
export function editDistance(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      }
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    before = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
