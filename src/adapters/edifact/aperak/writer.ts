// The template of an answer, checked before there is a drop, then interchanges written by it.

import type { AdapterContext, Rec, Sketch, SketchProblem, Value } from "../../../core/contract.ts";
import type { Characters } from "../characters.ts";
import { readDirectories } from "../directory/files.ts";
import { openDirectories } from "../directory/open.ts";
import { beginInterchange, type Interchange, NO_STAMP, planInterchange } from "../writer/interchange.ts";
import { below, type Fields, type Given, isFields, type Place } from "../writer/place.ts";
import { collecting, THROWING, unwritable } from "../writer/writer.ts";
import { exchanged, exchangedLater } from "./exchanged.ts";

/** What an interchange says of itself. */
export interface Stamp {
  readonly reference: string;
  /** YYYYMMDD */
  readonly date: string;
  /** HHMM */
  readonly time: string;
}

/** Throws EDIFACT_UNWRITABLE what cannot be written; then nothing of it is added. */
export interface Answer {
  readonly messages: number;
  /** Characters so far. */
  readonly length: number;
  add(value: Value): void;
  end(): Uint8Array;
}

export interface AperakWriter {
  readonly problems: readonly SketchProblem[];
  readonly characters: Characters;
  /** Answers the interchange of this UNB; UNB of the first message goes before what is made. */
  begin(unb: Rec, first: Value, stamp: Stamp): Answer;
}

const TYPE = "APERAK";

/** Throws OPTION_UNUSABLE and EDIFACT_DIRECTORY where a directory cannot be read. */
export function openAperakWriter(
  sketch: Sketch,
  files: Pick<AdapterContext, "readBridgeFile" | "catalogDir">,
): Pick<AperakWriter, "problems"> & Partial<AperakWriter> {
  const { problems, place } = collecting();
  const plan = isFields(sketch) ? planned(sketch, place, files) : undefined;
  if (!isFields(sketch)) {
    const hint = "template: { message: APERAK D 96A UN, BGM: { … }, SG3: [ … ] }";
    place.tell("", "an APERAK is an object of its segments, written out", { hint });
  }
  if (!plan) return { problems };
  return {
    problems,
    characters: plan.syntax.characters,
    begin: (unb, first, stamp) => answerIn(plan, unb, first, stamp),
  };
}

function planned(
  sketch: Fields,
  place: Place,
  files: Pick<AdapterContext, "readBridgeFile" | "catalogDir">,
): Interchange | undefined {
  const { message } = sketch;
  if (Object.hasOwn(sketch, "messages")) {
    place.tell(below(place, "messages").path, "the template is one message; there is one for each that is answered");
    return undefined;
  }
  if (typeof message === "string" && !message.startsWith(`${TYPE} `)) {
    place.tell(below(place, "message").path, `what answers here is an ${TYPE}`, { hint: `message: ${TYPE} D 96A UN` });
    return undefined;
  }
  const plan = planInterchange(sketch, place, (names) => openDirectories(readDirectories(names, files)));
  if (!plan) return undefined;
  const begun = beginInterchange(plan, exchangedLater(sketch["UNB"]), NO_STAMP, below(place, "UNB"));
  begun.add(sketch, undefined, place);
  return plan;
}

function answerIn(plan: Interchange, unb: Rec, first: Value, { reference, date, time }: Stamp): Answer {
  const { characters, version } = plan.syntax;
  const header = exchanged(unb, fieldsOf(first)["UNB"], version);
  const stamp = { reference, date: version >= 4 ? date : date.slice(2), time };
  const begun = beginInterchange(plan, header, stamp, below(THROWING, "UNB"));
  return {
    get messages() {
      return begun.messages;
    },
    get length() {
      return begun.length;
    },
    add: (value) => begun.add(fieldsOf(value), undefined, THROWING),
    end: () => characters.encode(begun.end()),
  };
}

function fieldsOf(value: Value): Fields {
  const given: Given = value;
  if (isFields(given)) return given;
  throw unwritable("", "the template gave no object");
}
