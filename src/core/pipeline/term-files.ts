// The growing files of terms: one per destination, across all drops of a bridge, until `at` or `every` ends the term.
//
//   none ──first message──▶ open ──due──▶ tails ─▶ fsync, commit ─▶ final names ─▶ none, one sequence further
//
// What stands in the files and the progress of the drop that wrote it are one transaction (Step.sets), so a crash anywhere leaves
// each record in the file once: what was written behind the last commit is cut off when the file is opened again. Nothing here
// runs beside itself: a drop's run takes the steps in turn, and between runs the keeper has the files.

import type { Appender, Scope, Target } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Way } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import type { BatchTag } from "./map-unit.ts";
import type { Lot } from "./parcels.ts";
import {
  destinationOf,
  fileFrom,
  formOf,
  NO_MESSAGE,
  savedFile,
  tagFrom,
  termFrom,
  waiting,
  type File,
  type Term,
} from "./term-model.ts";
import { fileKey, termKey, type OpenTerm, type SavedTerm, type SavedTerms } from "./term-store.ts";
import { dateOfTerm, endOfTerm, type TermRule } from "./term-time.ts";

/** Files of one term; each is an entry of the journal. */
const FILES_MOST = 1_024;
/** Files that are open at the same time; the one that was not written for longest is closed for the next. */
const HANDLES = 64;

export interface Place {
  readonly way: Way;
  readonly target: Target;
}

export interface TermDeps {
  readonly bridge: string;
  /** The version of the bridge that writes now. */
  readonly version: string;
  readonly journal: Pick<Journal, "batchNumber" | "set">;
  /** undefined = the way's batches do not end by time, or its target has no growing files. */
  readonly ruleOf: (way: Way) => TermRule | undefined;
  /** Target and encoding of a file that an earlier run wrote. */
  readonly reopen: (version: string, way: number) => Promise<Place>;
  readonly now: () => number;
  /** A term was begun and is about to be committed. */
  readonly opened: (term: OpenTerm) => void;
  readonly ended: (term: OpenTerm, files: number) => void;
  /** Somebody removed a file while it grew, or took it before this was noted (`complete`). */
  readonly gone: (term: OpenTerm, complete: boolean) => void;
}

export interface TermFiles {
  /** `$batch` of a way's messages; its number is 0 as long as none was taken. */
  readonly tagOf: (way: Way) => BatchTag;
  /** Takes the numbers that these ways still need; true where one was taken, and what was mapped without it is out of date. */
  number(ways: Iterable<Way>): Promise<boolean>;
  /** In turn, before a write: a number that was taken for a time that is over is taken anew. */
  renew(way: Way): Promise<void>;
  /** Whether the term must end before this is written: its time is over, or an earlier version of the bridge wrote another form. */
  mustEnd(target: Target, lot: Lot): boolean;
  /** Throws before anything is written where a message's text or name is at fault. */
  write(target: Target, lot: Lot, signal: AbortSignal): Promise<void>;
  /** fsync of what was written; entries to be committed with the progress. */
  sync(): Promise<Readonly<Record<string, unknown>>>;
  /** Ends what is over (and the term of `lot`); `save` commits what `sync` gives. */
  end(save: () => Promise<void>, signal: AbortSignal, lot?: Lot): Promise<void>;
  /** When the last term ends that this run wrote to and that is still open. */
  heldUntil(): number | undefined;
  close(): Promise<void>;
  /** Set while a drop's run has the files: ends in its turn what is over. */
  endInRun: (() => Promise<void>) | undefined;
}

export function createTermFiles(deps: TermDeps, saved: SavedTerms): TermFiles {
  const { bridge, journal, now } = deps;
  const terms = new Map<string, Term>();
  const appenders = new Map<File, Appender>();
  const written = new Set<OpenTerm>();
  for (const [rule, term] of saved.terms) terms.set(rule, termFrom(rule, term, saved.files.get(rule) ?? new Map()));

  function termOf(rule: TermRule): Term {
    let term = terms.get(rule.name);
    if (!term) {
      term = termFrom(rule.name, { sequence: 0 }, new Map());
      terms.set(rule.name, term);
    }
    return term;
  }

  /** Also where the names could not be given yet: what has its tail takes nothing more. */
  function isOver(term: Term): boolean {
    if (!term.open) return false;
    return term.open.due <= now() || [...term.files.values()].some((file) => file.closed);
  }

  async function shut(file: File): Promise<void> {
    const appender = appenders.get(file);
    if (!appender) return;
    if (file.unsynced) {
      file.token = await appender.sync();
      file.unsynced = false;
    }
    appenders.delete(file);
    await appender.close();
  }

  /** The file's appender, opened where need be; the last one that was used is the last to be closed. */
  async function reach(file: File, scope: Scope, signal: AbortSignal): Promise<Appender> {
    const known = appenders.get(file);
    if (known) {
      appenders.delete(file);
      appenders.set(file, known);
      return known;
    }
    if (appenders.size >= HANDLES) {
      const [oldest] = appenders.keys();
      await shut(oldest as File);
    }
    file.place ??= await deps.reopen(file.version, file.way);
    const { target } = file.place;
    if (!target.append) {
      throw new BridgeError("TARGET_UNREACHABLE", "the target of an open term cannot continue its file", {
        stage: "deliver",
      });
    }
    const appender = await target.append(scope, file.token, signal);
    appenders.set(file, appender);
    return appender;
  }

  /** Chunks are mapped ahead, beside the writes: what has happened to the term meanwhile counts. */
  async function numbered(rule: TermRule, term: Term): Promise<boolean> {
    if (term.open || term.next) return false;
    const { sequence } = term;
    const due = endOfTerm(rule, now());
    const date = dateOfTerm(rule, due);
    const number = await journal.batchNumber(bridge, date, ["term", term.rule, sequence].join("\u0000"));
    if (!term.open && term.sequence === sequence) term.next ??= { date, number, due };
    return true;
  }

  /** `every` counts from the first message. */
  function begin(rule: TermRule, term: Term): void {
    if (term.open) return;
    const { date, number, due } = term.next as OpenTerm;
    term.open = { date, number, due: rule.at === undefined ? endOfTerm(rule, now()) : due };
    term.next = undefined;
    term.unsaved = true;
  }

  async function endTerm(term: Term, save: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const open = term.open as OpenTerm;
    const count = term.files.size;
    for (const file of term.files.values()) {
      if (file.closed || !file.begun) continue;
      const appender = await reachOrMiss(term, file, signal);
      if (!appender) continue;
      const { encode } = (file.place as Place).way;
      await appender.write(encode.toBytes(encode.tail));
      file.closed = true;
      file.unsynced = true;
      file.unsaved = true;
    }
    await save();
    for (const file of term.files.values()) {
      const appender = file.begun ? await reachOrMiss(term, file, signal) : undefined;
      if (appender) await named(file, appender);
      // One by one: a file that has its name may be taken at once, and need not be there when the next one fails.
      term.files.delete(file.destination);
      await journal.set(fileKey(bridge, term.rule, file.number), undefined);
    }
    const { date, number } = open;
    await journal.set(termKey(bridge, term.rule), { sequence: term.sequence + 1 } satisfies SavedTerm, {
      at: now(),
      event: "term.ended",
      bridge,
      drop: undefined,
      actor: "system",
      facts: { date, number, files: count },
    });
    Object.assign(term, { sequence: term.sequence + 1, open: undefined, next: undefined, unsaved: false });
    term.versions.clear();
    written.delete(open);
    deps.ended(open, count);
  }

  async function named(file: File, appender: Appender): Promise<void> {
    try {
      await appender.finish();
    } catch (cause) {
      if (!(cause instanceof BridgeError) || cause.code !== "TARGET_EXISTS") throw cause;
      throw new BridgeError("TARGET_BUSY", `the file of a term that is over cannot have its name: ${cause.message}`, {
        stage: "deliver",
        detail: cause.detail,
        hint: "Move the other file away; the appliance tries again by itself.",
      });
    }
    appenders.delete(file);
    await appender.close();
  }

  /** undefined where the file is no longer there: people hear of it, and the term ends without it. */
  async function reachOrMiss(term: Term, file: File, signal: AbortSignal): Promise<Appender | undefined> {
    try {
      return await reach(file, scopeOf(term, file), signal);
    } catch (cause) {
      if (!(cause instanceof BridgeError) || cause.code !== "TARGET_GONE") throw cause;
      deps.gone(term.open as OpenTerm, file.closed);
      file.begun = false;
      return undefined;
    }
  }

  function scopeOf(term: Term, file: File): Scope {
    return { ...NO_MESSAGE, bridge, batch: tagFrom(term.open), dropIdentity: identityOf(term, file) };
  }

  /** The name of the temporary file is made of it: the same after a crash before the first commit, another one for each term. */
  function identityOf(term: Term, file: File): string {
    return ["term", bridge, term.rule, term.sequence, file.destination].join("\u0000");
  }

  return {
    endInRun: undefined,
    tagOf(way) {
      const rule = deps.ruleOf(way);
      if (!rule) return undefined;
      const term = termOf(rule);
      const open = term.open ?? term.next;
      return open ? tagFrom(open) : { date: dateOfTerm(rule, endOfTerm(rule, now())), number: 0 };
    },
    async number(ways) {
      let taken = false;
      for (const way of ways) {
        const rule = deps.ruleOf(way);
        if (rule && (await numbered(rule, termOf(rule)))) taken = true;
      }
      return taken;
    },
    async renew(way) {
      const rule = deps.ruleOf(way) as TermRule;
      const term = termOf(rule);
      if (term.next && (term.next.due <= now() || term.next.date !== dateOfTerm(rule, endOfTerm(rule, now())))) {
        term.next = undefined;
      }
      await numbered(rule, term);
    },
    mustEnd(target, lot) {
      const term = termOf(deps.ruleOf(lot.way) as TermRule);
      const file = term.files.get(destinationOf(lot, target));
      return (
        isOver(term) || (file !== undefined && file.version !== deps.version && file.form !== formOf(lot.way.encode))
      );
    },
    async write(target, lot, signal) {
      const rule = deps.ruleOf(lot.way) as TermRule;
      const term = termOf(rule);
      const { encode } = lot.way;
      const file = fileOf(term, lot, target);
      const bodies = lot.messages.map((message) => message.body).join(encode.between);
      const bytes = encode.toBytes((file.begun ? encode.between : encode.head) + bodies);
      file.place = { way: lot.way, target };
      const { scope } = lot.messages[0] as Lot["messages"][number];
      try {
        const appender = await reach(file, { ...scope, dropIdentity: identityOf(term, file) }, signal);
        await appender.write(bytes);
      } catch (cause) {
        throw waiting(cause);
      }
      begin(rule, term);
      written.add(term.open as OpenTerm);
      term.files.set(file.destination, file);
      if (!term.versions.has(deps.version)) term.unsaved = true;
      term.versions.add(deps.version);
      Object.assign(file, {
        begun: true,
        unsynced: true,
        unsaved: true,
        way: lot.way.number,
        version: deps.version,
      } satisfies Partial<File>);
    },
    async sync() {
      const sets: Record<string, unknown> = {};
      for (const term of terms.values()) {
        for (const file of term.files.values()) {
          if (!file.unsaved || !file.begun) continue;
          if (file.unsynced) file.token = await (appenders.get(file) as Appender).sync();
          file.unsynced = false;
          file.unsaved = false;
          sets[fileKey(bridge, term.rule, file.number)] = savedFile(file);
        }
        if (!term.unsaved || !term.open) continue;
        term.unsaved = false;
        const { sequence, open, versions } = term;
        sets[termKey(bridge, term.rule)] = { sequence, open, versions: [...versions] } satisfies SavedTerm;
        deps.opened(open);
      }
      return sets;
    },
    async end(save, signal, lot) {
      const also = lot && deps.ruleOf(lot.way)?.name;
      for (const term of terms.values()) {
        if (term.open && (isOver(term) || term.rule === also)) await endTerm(term, save, signal);
      }
    },
    heldUntil: () => (written.size === 0 ? undefined : Math.max(...[...written].map(({ due }) => due))),
    async close() {
      for (const appender of appenders.values()) await appender.close().catch(() => undefined);
      appenders.clear();
    },
  };
}

function fileOf(term: Term, lot: Lot, target: Target): File {
  const destination = destinationOf(lot, target);
  const form = formOf(lot.way.encode);
  let file = term.files.get(destination);
  if (file && file.form !== form) {
    throw new BridgeError("OPTION_UNUSABLE", "another case writes the same file of the term in another form", {
      stage: "encode",
    });
  }
  if (!file) {
    if (term.files.size >= FILES_MOST) {
      throw new BridgeError("BATCH_TOO_MANY", `more than ${FILES_MOST} files grow in one term`, { stage: "deliver" });
    }
    const number = 1 + Math.max(0, ...[...term.files.values()].map((each) => each.number));
    file = fileFrom(number, { destination, form, way: 0, version: "", closed: false });
  }
  return file;
}
