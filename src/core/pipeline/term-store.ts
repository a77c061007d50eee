// What the journal remembers of terms, so that a restart goes on with the same files, numbers and ends.
//
//   term/<bridge>/<rule>            sequence, and of the open term its number, date and end
//   term-file/<bridge>/<rule>/<n>   one growing file: committed with the progress of the drop whose records it holds (sealed)

import type { Journal } from "../journal/types.ts";

export interface OpenTerm {
  /** `$batch.date` and `$batch.number` of all its messages. */
  readonly date: string;
  readonly number: number;
  /** When it ends, milliseconds. */
  readonly due: number;
}

export interface SavedTerm {
  /** How many terms ended before: part of the number's key, so that a term that never began gives its number on. */
  readonly sequence: number;
  /** undefined between the end of one term and the first message of the next. */
  readonly open?: OpenTerm;
  /** Versions of the bridge whose targets the files need; named here, so that the journal keeps them. */
  readonly versions?: readonly string[];
}

export interface SavedFile {
  /** What the target makes of the messages' scope: all that go there share the file. */
  readonly destination: string;
  /** The way, in that version of the bridge, that wrote to it last: its target reopens the file, its encoding ends it. */
  readonly way: number;
  readonly version: string;
  /** Hash of what stands around the messages (header line, brackets): a file has one form. */
  readonly form: string;
  /** Whether the tail stands in it. */
  readonly closed: boolean;
  readonly token: string;
}

export function termKey(bridge: string, rule: string): string {
  return `term/${bridge}/${rule}`;
}

export function fileKey(bridge: string, rule: string, number: number): string {
  return `term-file/${bridge}/${rule}/${number}`;
}

export interface SavedTerms {
  readonly terms: ReadonlyMap<string, SavedTerm>;
  /** By rule and number of the file. */
  readonly files: ReadonlyMap<string, ReadonlyMap<number, SavedFile>>;
}

export async function readTerms(journal: Pick<Journal, "entries">, bridge: string): Promise<SavedTerms> {
  const prefix = `term/${bridge}/`;
  const entries = await journal.entries<SavedTerm>(prefix);
  const terms = new Map([...entries].map(([key, term]) => [key.slice(prefix.length), term] as const));
  const files = new Map<string, Map<number, SavedFile>>();
  const filePrefix = `term-file/${bridge}/`;
  for (const [key, file] of await journal.entries<SavedFile>(filePrefix)) {
    const slash = key.lastIndexOf("/");
    const rule = key.slice(filePrefix.length, slash);
    const known = files.get(rule) ?? new Map<number, SavedFile>();
    known.set(Number(key.slice(slash + 1)), file);
    files.set(rule, known);
  }
  return { terms, files };
}

/** By bridge, when the first of its open terms ends. */
export async function openTerms(journal: Pick<Journal, "entries">): Promise<ReadonlyMap<string, number>> {
  const open = new Map<string, number>();
  for (const [key, term] of await journal.entries<SavedTerm>("term/")) {
    const bridge = key.split("/")[1] ?? "";
    if (term.open) open.set(bridge, Math.min(open.get(bridge) ?? Infinity, term.open.due));
  }
  return open;
}
