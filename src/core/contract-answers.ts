// The part of the contract for what goes back to the legacy side: receipts for people, answers in the drop's own format.

import type { Sketch, SketchProblem } from "./contract-formats.ts";
import type { Rec, Scope, Value } from "./contract.ts";
import type { BridgeError, Code, Stage } from "./errors.ts";

/** Where receipts go. Writing the same receipt again replaces it. */
export interface ReceiptTarget {
  /** host:port of the server they are written to; absent = this machine. */
  readonly server?: string | undefined;
  put(name: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A drop as whoever answers it in its own format sees it, whatever has become of it. */
export interface AnsweredDrop {
  readonly bridge: string;
  readonly id: string;
  /** Name as the legacy side gave it. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly received: number;
  /** IANA zone of the bridge. */
  readonly timezone: string;
  /** What codecs of the bridge pinned at the first decoding. */
  readonly pinned: Readonly<Record<string, string>> | undefined;
  /** Its files, unpacked, one after the other; may be read again. */
  files(
    signal: AbortSignal,
  ): AsyncIterable<{ readonly name: string | undefined; readonly bytes: AsyncIterable<Uint8Array> }>;
}

/** A drop that is durable, and that nobody may have decoded yet. */
export interface TakenDrop extends AnsweredDrop {
  /** Which of these keys, from 0, an earlier drop had, of what may come only once (`DecodeContext.once`); none where nobody remembers. */
  cameBefore(keys: readonly string[]): Promise<readonly number[]>;
}

/** A drop at its end. */
export interface EndedDrop extends AnsweredDrop {
  /**
   * `duplicate`: exactly these bytes came before, and nothing of them was delivered again. `refused`: it came after the sunset, and nothing
   * of it ever will be.
   */
  readonly state: "done" | "duplicate" | "refused";
  /** What was not delivered, records from 1. */
  readonly failures: readonly Failure[];
  /** There are more of them than are listed. */
  readonly isCut: boolean;
  /**
   * The records that can be read, in the order of the drop, with what became of each; nothing behind what cannot be, or behind the last of
   * the failures that are listed. To be asked for only where the drop was not refused as a whole.
   */
  records(signal: AbortSignal): AsyncIterable<EndedRecord>;
  /** The next number of the bridge's own sequence, from 1 on, durable; for the same name of the same drop the same again. */
  number(name: string): Promise<number>;
  /** Something of it cannot be answered: the receipt says why. */
  notice(what: BridgeError): void;
}

export interface EndedRecord {
  /** In the drop, from 1. */
  readonly number: number;
  readonly record: Rec;
  readonly scope: Scope;
  /** `failed` as long as it is a dead letter: a replay that delivered it before the drop was answered counts. */
  readonly end: "delivered" | "skipped" | "failed";
  /** Why it failed, else undefined. */
  readonly reason: Reason | undefined;
}

/** Why a record failed, for whoever sent it: names and places, never values. */
export interface Reason {
  readonly code: Code;
  readonly stage: Stage;
  /** German: `Spalte RF: Wert nicht in der Liste »rechtsform«.` */
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Failure {
  readonly first: number;
  readonly last: number;
  readonly stage: Stage;
  readonly code: Code;
  readonly facts: Readonly<Record<string, string | number>> | undefined;
}

export interface AnswerFile {
  /** What stands in the file's name behind the drop's: `contrl`. */
  readonly kind: string;
  /** `edi` */
  readonly extension: string;
  readonly body: Uint8Array;
}

/**
 * Answers a drop in its own format (CONTRL, 997), once, and has the name of the codec that reads it. Pure: the same drop gives the same
 * bytes, also after a crash, so that whoever gets an answer twice can tell by its reference. It is asked again when a later receipt has to
 * say the same as the first; then what it answers goes nowhere.
 */
export interface Acknowledger {
  /** All that is wrong with its template, whatever the records say; absent = nothing. */
  readonly problems?: readonly SketchProblem[];
  acknowledge(drop: EndedDrop, signal: AbortSignal): Promise<readonly AnswerFile[]>;
  /**
   * What the sender hears as soon as the drop is durable (CONTRL 8), written before anything of `acknowledge`; as pure, and never asked
   * for what came before or is refused. It is there where `Adapter.arrivals` says so.
   */
  arrival?(drop: TakenDrop, signal: AbortSignal): Promise<readonly AnswerFile[]>;
}

/** A template in the options of an acknowledger (`Adapter.template`). */
export interface Saying {
  readonly sketch: Sketch;
  /** `$` is the first of the records, `$group` all of them, `$errors` what is given. undefined = nothing is said. Throws BridgeError stage map. */
  values(records: readonly EndedRecord[], errors: readonly Value[]): Value;
}
