// What to do about a finding, where the hint of its code would point to something else.

import type { EdifactFinding } from "./finding.ts";

const LENIENT = "decode.edifact.strict: false reads it all the same, with a notice.";

/** By code and data element 0085. */
const HINTS: Readonly<Record<string, string>> = {
  "EDIFACT_BROKEN 18": `Between segments only line ends may stand; the sender has to write it so. ${LENIENT}`,
  "EDIFACT_BROKEN 26": `The same reference stands in the file twice, so that one is perhaps a repetition; the sender has to say which counts. ${LENIENT}`,
  "EDIFACT_BROKEN 30": `Either all messages stand in groups or none; the sender has to correct it. ${LENIENT}`,
  "EDIFACT_BROKEN 32": `The sender has to leave out what holds nothing. ${LENIENT}`,
  "EDIFACT_BROKEN 33": `A header or a trailer in front of it is lost, or was written twice; the sender has to correct it. ${LENIENT}`,
  "EDIFACT_ENVELOPE 26": `Two messages of the interchange have the same reference; the sender has to number them. ${LENIENT}`,
};

/** Of what strict: false cannot read either. */
const UNREADABLE: Readonly<Record<string, string>> = {
  "EDIFACT_BROKEN 12": "Without its length nobody knows where the object ends; the sender has to correct it.",
  "EDIFACT_BROKEN 13": "The file was cut; the sender has to send it again.",
  "EDIFACT_BROKEN 18": "Objects are bytes; the sender has to write the interchange in one byte per character.",
  "EDIFACT_BROKEN 20": "The sender has to write a UNA whose characters can be told apart, or none.",
  "EDIFACT_BROKEN 22":
    "The sender has to write the UNA of the separators that it uses, or none where they are the usual ones.",
};

/** undefined = the code says it. */
export function hintOf({ code, error0085, hint }: EdifactFinding): string | undefined {
  return hint ?? HINTS[`${code} ${error0085}`];
}

export function unreadableHintOf({ code, error0085, hint }: EdifactFinding): string | undefined {
  return hint ?? UNREADABLE[`${code} ${error0085}`];
}

export const HEADER_LACKS = `The sender has to name it in UNB. ${LENIENT}`;
export const LINE_BREAK = `The sender has to write no line breaks inside of segments, or release them. ${LENIENT}`;
export const NO_INTERCHANGE =
  "This is no EDIFACT, or something else stands around it; receive.files says which files the bridge takes.";
export const INTERACTIVE = "Interactive EDIFACT is not read; the sender has to send batch interchanges.";
