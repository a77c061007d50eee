// JSON in the one form that a signature can cover (RFC 8785): names in the order of their UTF-16 code units, no blanks, numbers and texts
// as ECMAScript writes them.

/** Deeper documents are nobody's. */
const MOST_DEPTH = 64;

/** What has no form in JSON (undefined, functions) is left out of objects. Throws RangeError beyond 64 levels. */
export function canonicalJson(value: unknown): string {
  return written(value, 0);
}

function written(value: unknown, depth: number): string {
  if (depth > MOST_DEPTH) throw new RangeError(`deeper than ${MOST_DEPTH} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const inOrder = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${inOrder.map(([name, member]) => `${JSON.stringify(name)}:${written(member, depth + 1)}`).join(",")}}`;
}
