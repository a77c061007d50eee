// The order in which files are taken.

/** Names by code point (bytes of UTF-8 sort so), or oldest first as `apart` says, those of one time by name. */
export function sorted<T extends { readonly name: Buffer }>(
  files: readonly T[],
  sort: "name" | "time",
  apart: (a: T, b: T) => number,
): T[] {
  const byName = (a: T, b: T): number => Buffer.compare(a.name, b.name);
  return files.toSorted(sort === "name" ? byName : (a, b) => apart(a, b) || byName(a, b));
}
