// How the parts of a record are named that is made of an element.

export interface Naming {
  /** Prefix in record names by namespace; empty where names are local. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Paths below the record of what is a list even where it occurs once. */
  readonly lists: ReadonlySet<string>;
}

/** Prefixes by namespace where names are to have them; a namespace with two makes `unusable`, which is to throw. */
export function prefixesOf(
  namespaces: ReadonlyMap<string, string>,
  names: "local" | "prefixed",
  unusable: (message: string) => Error,
): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>();
  if (names === "local") return prefixes;
  for (const [prefix, uri] of namespaces) {
    if (prefixes.has(uri)) throw unusable(`namespaces gives two prefixes to one namespace, one of them ${prefix}`);
    prefixes.set(uri, prefix);
  }
  return prefixes;
}
