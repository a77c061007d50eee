// Lists of a record begin with one item. They are copies of one list: V8 watches where array literals are made and, once a few of them lived
// for long, makes all of them as if they would, which costs twice the time where they live for a batch.

const ONE: unknown[] = Array.from({ length: 1 });

/** A list of this item, with no room for more than it. */
export function listOf<T>(item: T): T[] {
  const list = ONE.slice() as T[];
  list[0] = item;
  return list;
}
