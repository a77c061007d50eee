// German sentences for receipts, by code. Codes and names of columns, never values.

import type { Code, Stage } from "../errors.ts";

const STAGES: Readonly<Record<Stage, string>> = {
  receive: "Annehmen",
  decode: "Lesen",
  map: "Abbilden",
  validate: "Prüfen",
  encode: "Schreiben",
  deliver: "Zustellen",
  answer: "Antworten",
};

export function stageInGerman(stage: Stage): string {
  return STAGES[stage];
}

type Facts = Readonly<Record<string, string | number>>;

/** Sentences for the codes a record can end with. What has none falls back to the stage's sentence and the code. */
const REASONS: Partial<Record<Code, (facts: Facts) => string>> = {
  CASE_NONE: () => "Kein Fall der Brücke passt zu diesem Satz.",
  DELIVERY_FAILED: () =>
    "Das Ziel hat diese Nachricht wiederholt mit einem Fehler beantwortet, andere aber angenommen.",
  DELIVERY_REFUSED: () => "Das Ziel hat die Nachricht abgelehnt.",
  DELIVERY_UNSURE: () => "Ungewiss, ob die Nachricht angekommen ist; bitte beim Ziel nachfragen.",
  ENCODING_INVALID: () => "Der Satz enthält ein Zeichen, das es in der vereinbarten Zeichenkodierung nicht gibt.",
  GROUP_TOO_LARGE: () => "Die Sätze einer Nachricht sind zusammen zu groß.",
  GROUP_UNDECODABLE: () => "Ein Satz der Nachricht ist nicht lesbar, deshalb fehlt die ganze Nachricht.",
  GROUP_WITHOUT_START: () => "Vor diesem Satz fehlt der Satz, mit dem eine Nachricht beginnt.",
  NAMES_MISSING: () => "Der Datei fehlt eine Spalte, die gebraucht wird.",
  SCHEMA_INVALID: (facts) =>
    `Die Nachricht entspricht nicht dem Schema${facts["path"] === undefined ? "" : `: ${facts["path"]}`}.`,
};

const BY_STAGE: Readonly<Record<Stage, string>> = {
  receive: "Der Satz konnte nicht angenommen werden",
  decode: "Der Satz ist nicht lesbar",
  map: "Der Satz konnte nicht übersetzt werden",
  validate: "Die Nachricht ist nicht gültig",
  encode: "Die Nachricht konnte nicht geschrieben werden",
  deliver: "Die Nachricht konnte nicht zugestellt werden",
  answer: "Die Antwort konnte nicht gegeben werden",
};

export function reasonInGerman(failure: {
  readonly code: Code;
  readonly stage: Stage;
  readonly facts?: Facts | undefined;
}): string {
  return REASONS[failure.code]?.(failure.facts ?? {}) ?? `${BY_STAGE[failure.stage]} (${failure.code}).`;
}
