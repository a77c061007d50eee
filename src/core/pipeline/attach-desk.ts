// The files of one bridge that come beside the records: which are there, which records wait for some, which nobody names.
//
//   taken ──▶ on the shelf ──named by a record──▶ joined (in the journal, before the message is made)
//                 └─nobody named it in time──▶ unassigned: reported, and still there for a record that comes later
//
// Files that lie at the source together come onto the shelf together, when the look at it is over: else a record that is content with one
// would go without the second. Where a look takes long, a file waits so for half a minute.
//
// A record whose files are not there stands aside: its drop rests, is woken when one of them comes, and at the end of its time gets a
// dead letter. That end counts only once the source of the files was looked at after it: what lay there while the appliance was down,
// or the server away, is not missing.

import type { Attachment } from "../contract.ts";
import type { LoadedBridge, WantedNames } from "../bridge/types.ts";
import type { AttachmentFile, AttachmentTaken, DropRow, Journal } from "../journal/types.ts";
import { createShelf, type Shelf } from "./attach-shelf.ts";
import type { TermNote } from "./term-note.ts";
import { localMinute } from "./term-time.ts";

/** A record's files that are not there: what each of its patterns lacks. */
export interface Lacking {
  readonly wanted: readonly WantedNames[];
  readonly least: number;
}

/** A drop at rest. */
export interface Rest {
  readonly drop: DropRow;
  /** Milliseconds: the end of its records' time. */
  readonly until: number;
  readonly records: number;
  readonly lacking: readonly Lacking[];
  /** More than `lacking` tells: any file may be one of them. */
  readonly more: boolean;
}

export interface Desk {
  readonly shelf: Shelf;
  /** Hints of what was taken and still lies at the source. */
  readonly known: Set<string>;
  readonly resting: ReadonlyMap<string, Rest>;
  /** How many this process has taken. */
  readonly taken: number;
  entered(result: AttachmentTaken): void;
  /** The source was looked at; `clean`: nothing was left that is still growing or could not be read. */
  looked(began: number, clean: boolean): void;
  /** A look has ended, however it did: what it took can be named now. */
  lookEnded(): void;
  /** What lay at the source when the process began is there, as far as it could be had. */
  readonly firstLook: Promise<void>;
  /** Whether the time of records is over that wait until then. */
  isOver(until: number): boolean;
  rest(rest: Rest): void;
  /** These have a record. */
  joined(ids: Iterable<string>): void;
  /** Erased: no record can have them any more. */
  forget(ids: readonly string[]): void;
  /** Reports what no record named in time; `before`: drops received from then on have not been looked at yet. */
  sweep(wait: number, before: number): Promise<void>;
  close(): void;
}

export interface DeskDeps {
  readonly bridge: Pick<LoadedBridge, "name">;
  readonly journal: Pick<Journal, "attachments" | "attachmentHints" | "unassign">;
  /** Whether today's bridge has a source for them; drops of an earlier version may still wait for some. */
  readonly hasSource: boolean;
  /** These go on. */
  readonly wake: (drops: readonly DropRow[]) => void;
  readonly unassigned: (attachment: AttachmentFile) => void;
  readonly now?: () => number;
}

const PAGE = 10_000;
/** Files of one look that come so soon after each other come onto the shelf at the same time. */
const TOGETHER = 30_000;
/** So many are reported in one transaction. */
const UNASSIGN_AT_ONCE = 500;
/** So long behind the end of a record's time a look counts, whatever was left lying there. */
const GRACE = 60_000;
/** Of what records lack so much is kept in mind, for all drops; a drop beyond it is woken by any file. */
const MOST_LACKING = 20_000;
const LONGEST_TIMER = 2 ** 31 - 1;

export async function openDesk(deps: DeskDeps): Promise<Desk> {
  const { bridge, journal, hasSource } = deps;
  const now = deps.now ?? Date.now;
  const shelf = createShelf();
  /** Received, by id: no record has named these yet. */
  const waiting = new Map<string, number>();
  const resting = new Map<string, Rest>();
  const timers = new Map<string, NodeJS.Timeout>();
  const first = Promise.withResolvers<void>();
  const firstAtLatest = setTimeout(first.resolve, TOGETHER).unref();
  let fresh: { readonly file: Attachment; readonly since: number }[] = [];
  /** What all drops at rest lack together. */
  let lacking = 0;
  let lastLook = 0;
  let lastClean = 0;
  let taken = 0;

  for (let after: string | undefined; ;) {
    const page = await journal.attachments({
      bridge: bridge.name,
      kept: true,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const row of page) {
      shelf.add(attachmentOf(row));
      if (row.state === "waiting") waiting.set(row.id, row.received);
    }
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  if (!hasSource) first.resolve();
  const known = new Set(await journal.attachmentHints(bridge.name));

  const isOver = (until: number): boolean =>
    now() >= until && (!hasSource || lastClean >= until || lastLook >= until + GRACE);

  function wake(rests: readonly Rest[]): void {
    for (const { drop, lacking: lacks } of rests) {
      clearTimeout(timers.get(drop.id));
      timers.delete(drop.id);
      if (resting.delete(drop.id)) lacking -= lacks.length;
    }
    if (rests.length > 0) deps.wake(rests.map(({ drop }) => drop));
  }

  function wakeOver(): void {
    wake([...resting.values()].filter(({ until }) => isOver(until)));
  }

  const isThere = ({ wanted, least }: Lacking): boolean => wanted.every((one) => shelf.find(one).length >= least);

  /** Drops that lack one of these, and for whose record all is there now. */
  function wakeFor(files: readonly Attachment[]): void {
    if (files.length === 0) return;
    const names = files.map(({ name }) => name.normalize("NFC"));
    // With a fixed beginning the shelf answers at once; without one it would be gone through for every record.
    const mayBe = ({ prefix, fits }: WantedNames): boolean => prefix !== "" || names.some(fits);
    const isServed = (rest: Rest): boolean =>
      rest.more || rest.lacking.some((one) => one.wanted.some(mayBe) && isThere(one));
    wake([...resting.values()].filter(isServed));
  }

  /** What came until then can be named from now on. */
  function publish(until: number): void {
    const files = fresh.filter(({ since }) => since <= until).map(({ file }) => file);
    fresh = fresh.filter(({ since }) => since > until);
    for (const file of files) shelf.add(file);
    wakeFor(files);
  }

  function arm(rest: Rest): void {
    const left = Math.min(Math.max(0, rest.until - now()), LONGEST_TIMER);
    const timer = setTimeout(() => {
      if (rest.until > now()) arm(rest);
      else wakeOver();
    }, left);
    timers.set(rest.drop.id, timer.unref());
  }

  return {
    shelf,
    known,
    resting,
    get taken() {
      return taken;
    },
    entered({ attachment, taken: isNew, superseded }) {
      for (const id of superseded) waiting.delete(id);
      if (!isNew) return;
      taken++;
      waiting.set(attachment.id, attachment.received);
      const since = now();
      fresh.push({ file: attachmentOf(attachment), since });
      if ((fresh[0]?.since ?? since) < since - 2 * TOGETHER) publish(since - TOGETHER);
    },
    looked(began, clean) {
      lastLook = began;
      if (clean) lastClean = began;
      wakeOver();
    },
    lookEnded() {
      publish(Number.POSITIVE_INFINITY);
      clearTimeout(firstAtLatest);
      first.resolve();
    },
    firstLook: first.promise,
    isOver,
    rest(rest) {
      // One of them may have come since the record was looked at.
      if (isOver(rest.until) || rest.lacking.some(isThere)) {
        deps.wake([rest.drop]);
        return;
      }
      const kept = lacking + rest.lacking.length > MOST_LACKING ? { ...rest, lacking: [], more: true } : rest;
      lacking += kept.lacking.length;
      resting.set(rest.drop.id, kept);
      arm(kept);
    },
    joined(ids) {
      for (const id of ids) waiting.delete(id);
    },
    forget(ids) {
      fresh = fresh.filter(({ file }) => !ids.includes(file.id));
      for (const id of ids) {
        shelf.remove(id);
        waiting.delete(id);
      }
    },
    async sweep(wait, before) {
      const end = Math.min(now(), before) - wait;
      const late = [...waiting].flatMap(([id, received]) => (received <= end ? [id] : []));
      for (let from = 0; from < late.length; from += UNASSIGN_AT_ONCE) {
        const some = late.slice(from, from + UNASSIGN_AT_ONCE);
        for (const row of await journal.unassign(some)) deps.unassigned(row);
        for (const id of some) waiting.delete(id);
      }
    },
    close() {
      clearTimeout(firstAtLatest);
      first.resolve();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

export function attachmentOf({ id, name, size, sha256, mediaType }: AttachmentFile): Attachment {
  return { id, name, size, sha256, mediaType };
}

/** What people are told while records wait; undefined = none does. */
export function awaitsNote(
  { resting }: Pick<Desk, "resting">,
  zone: string,
): (TermNote & { readonly records: number }) | undefined {
  if (resting.size === 0) return undefined;
  const rests = [...resting.values()];
  const records = rests.reduce((sum, rest) => sum + rest.records, 0);
  const until = Math.max(...rests.map((rest) => rest.until));
  const what = records === 1 ? "1 record waits" : `${records} records wait`;
  return { records, until, says: `${what} for files beside them, until ${localMinute(until, zone)} (receive.attach)` };
}
