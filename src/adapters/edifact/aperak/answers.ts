// answer.edifact.aperak: what became of messages behind decoding, one interchange of APERAKs for each interchange of the drop. What
// decoding refused is the CONTRL's.

import type { AnswerFile, EndedDrop, EndedRecord, Rec, Saying, Value } from "../../../core/contract.ts";
import { asBridgeError, BridgeError } from "../../../core/errors.ts";
import { localTime } from "../../shared/local-time.ts";
import { referenceOf } from "../reference.ts";
import { errorValues } from "./errors.ts";
import { type Subject, subjects } from "./subjects.ts";
import type { Answer, AperakWriter, Stamp } from "./writer.ts";

export interface Aperaks {
  answer(drop: EndedDrop, signal: AbortSignal): Promise<readonly AnswerFile[]>;
}

/** Messages of a drop that are answered. */
const MOST_MESSAGES = 10_000;
/** All answers of a drop. */
const MOST_BYTES = 8 * 1024 * 1024;

/** `accepted`: what was delivered is answered, too. `record` as decode has it. */
export function aperaks(accepted: boolean, saying: Saying, writer: AperakWriter, record: string): Aperaks {
  return {
    async answer(drop, signal) {
      // Of what came twice the first coming was answered.
      if (drop.state !== "done" || (!accepted && drop.failures.length === 0)) return [];
      const writing = new Writing(drop, writer);
      for await (const subject of subjects(drop.records(signal), record)) {
        if (subject.failed.length === 0 && !(accepted && subject.delivered)) continue;
        if (!writing.answer(subject, () => said(saying, subject, writer))) break;
      }
      if (drop.isCut)
        drop.notice(unanswered("many", " for the messages behind the last dead letter that is looked at", {}));
      return writing.end();
    },
  };
}

function said(saying: Saying, { failed, delivered }: Subject, { characters }: AperakWriter): Value {
  const about: readonly EndedRecord[] = failed.length > 0 ? failed : delivered ? [delivered] : [];
  return saying.values(about, errorValues(failed, characters));
}

class Writing {
  readonly #drop: EndedDrop;
  readonly #writer: AperakWriter;
  readonly #files: AnswerFile[] = [];
  /** Of the interchange that is answered. */
  #unb: Rec | undefined;
  #open: Answer | undefined;
  /** It has more to say than there is room for. */
  #isFull = false;
  #interchanges = 0;
  #messages = 0;
  #bytes = 0;

  constructor(drop: EndedDrop, writer: AperakWriter) {
    this.#drop = drop;
    this.#writer = writer;
  }

  /** False = no more is answered. */
  answer({ unb, number }: Subject, say: () => Value): boolean {
    if (unb !== this.#unb) {
      this.#close();
      this.#unb = unb;
      this.#isFull = false;
      this.#interchanges++;
    }
    if (this.#isFull) return true;
    if (this.#messages === MOST_MESSAGES) {
      this.#drop.notice(unanswered("many", ` for the messages behind the first ${MOST_MESSAGES}`, {}));
      return false;
    }
    try {
      const value = say();
      // The template has nothing to say of this one.
      if (value === undefined) return true;
      this.#open ??= this.#writer.begin(unb, value, this.#stamp());
      this.#open.add(value);
      this.#messages++;
      if (this.#bytes + this.#open.length > MOST_BYTES) this.#giveUp();
    } catch (cause) {
      const { message, facts = {}, stage } = asBridgeError(cause, "map");
      if (stage !== "map") throw cause;
      const path = facts["path"] === undefined ? {} : { path: facts["path"] };
      this.#drop.notice(unanswered("template", ` for record ${number}: ${message}`, { record: number, ...path }));
    }
    return true;
  }

  end(): readonly AnswerFile[] {
    this.#close();
    return this.#files;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open || open.messages === 0) return;
    const body = open.end();
    this.#bytes += body.length;
    this.#files.push({ kind: "aperak", extension: "edi", body });
  }

  /** An interchange is not half answered. */
  #giveUp(): void {
    this.#open = undefined;
    this.#isFull = true;
    this.#drop.notice(unanswered("length", `, more is to be said than ${MOST_BYTES} bytes hold`, {}));
  }

  #stamp(): Stamp {
    const { bridge, id, received, timezone } = this.#drop;
    const { date, time } = localTime(received, timezone);
    return { reference: referenceOf([bridge, id, "aperak", this.#interchanges]), date, time: time.slice(0, 4) };
  }
}

function unanswered(why: string, what: string, facts: Readonly<Record<string, string | number>>): BridgeError {
  const more = { stage: "answer", facts: { answer: "APERAK", why, ...facts } } as const;
  return new BridgeError("EDIFACT_UNANSWERED", `no APERAK${what}`, more);
}
