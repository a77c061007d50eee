// Words of what is measured: the successor's share, milestones, callers.

import type { CallerState } from "../../lifecycle/callers-standing.ts";
import type { MilestoneState } from "../../lifecycle/milestones.ts";
import type { Language } from "../pages/docs-words.ts";

interface ProgressWords {
  readonly life: string;
  readonly howDrawn: string;
  readonly noProbe: string;
  readonly probe: (kind: string, last: string) => string;
  readonly probeNever: (kind: string) => string;
  readonly probeFails: (since: string) => string;
  readonly share: (share: string, days: string) => string;
  readonly notMeasured: string;
  readonly notMeasuredWhy: string;
  readonly atEnd: (share: string) => string;
  readonly measuredNow: (share: string) => string;
  readonly chart: (share: string, end: string) => string;
  readonly milestone: string;
  readonly milestones: Readonly<Record<MilestoneState, string>>;
  readonly wanted: string;
  readonly measured: string;
  readonly insteadOf: (measured: string, wanted: string) => string;
  readonly missed: string;
  readonly missedCount: (n: number, shown: string) => string;
  readonly byDay: string;
  readonly overBridge: string;
  readonly overSuccessor: string;
  readonly shareColumn: string;
  readonly knocking: string;
  readonly knockingMany: (n: number, shown: string) => string;
  readonly callers: string;
  readonly callersNone: string;
  readonly callersShown: (found: string, all: string) => string;
  readonly callersUsing: (using: string, all: string, cycle: string) => string;
  readonly allOf: (count: string) => string;
  readonly caption: string;
  readonly states: Readonly<Record<CallerState, string>>;
  readonly silentSince: (date: string) => string;
  readonly refusedSince: string;
  readonly days30: string;
  readonly chart30: (calls: string) => string;
  readonly filterBridge: string;
  readonly filterState: string;
  readonly asCsv: string;
  readonly month: string;
  readonly ways: Readonly<Record<string, string>>;
  readonly split: string;
  readonly splitValues: (n: number, shown: string) => string;
  readonly splitCounts: (moved: string, stayed: string) => string;
  readonly splitWho: string;
}

const de: ProgressWords = {
  life: "Lebenslauf und Anteil des Nachfolgers",
  howDrawn: "durchgezogen gemessen, gepunktet geplant, gestrichelt fortgeschrieben",
  noProbe: "Der Anteil des Nachfolgers wird nicht gemessen: Die Brücke hat keine Sonde.",
  probe: (kind, last) => `Sonde: ${kind}, zuletzt ${last}`,
  probeNever: (kind) => `Sonde: ${kind}, noch keine Antwort`,
  probeFails: (since) => `Die Sonde antwortet nicht, seit ${since}`,
  share: (share, days) => `Nachfolger ${share} in 30 Tagen, an ${days} Tagen gemessen`,
  notMeasured: "nicht gemessen",
  notMeasuredWhy: "ein Anteil braucht sieben gemessene Tage, eine Sonde, die antwortet, und Verkehr",
  atEnd: (share) => `Am Ende liefen bei diesem Tempo noch ${share} über die Brücke.`,
  measuredNow: (share) => `gemessen ${share}`,
  chart: (share, end) => `Plan gegen gemessenen Anteil des Nachfolgers: heute ${share}, Ende ${end}`,
  milestone: "Meilenstein",
  milestones: {
    declared: "ohne Messung",
    open: "steht aus",
    reached: "erreicht",
    late: "verspätet erreicht",
    missed: "verfehlt",
    unmeasured: "nicht gemessen",
  },
  wanted: "Soll",
  measured: "Gemessen",
  insteadOf: (measured, wanted) => `${measured} statt ${wanted}`,
  missed: "Meilenstein verfehlt",
  missedCount: (n, shown) => (n === 1 ? "1 Meilenstein verfehlt" : `${shown} Meilensteine verfehlt`),
  byDay: "Letzte 30 Tage als Tabelle",
  overBridge: "Brücke",
  overSuccessor: "Nachfolger",
  shareColumn: "Anteil",
  knocking: "Wird nach dem Ende noch aufgerufen",
  knockingMany: (n, shown) => (n === 1 ? "1 Aufrufer, wird abgelehnt" : `${shown} Aufrufer, werden abgelehnt`),
  callers: "Aufrufer",
  callersNone: "Kein Aufrufer passt.",
  callersShown: (found, all) => `${found} von ${all}`,
  callersUsing: (using, all, cycle) =>
    `${using} von ${all} nutzen die Brücke noch; umgestellt heißt: einen ganzen Zyklus (${cycle}) still`,
  allOf: (count) => `alle ${count}`,
  caption: "Aufrufer je Brücke: wer nach dem Ende kommt, wer sie nutzt, wer umgestellt ist; zuletzt gesehene zuerst",
  states: { knocking: "kommt nach dem Ende", using: "nutzt die Brücke", migrated: "umgestellt" },
  silentSince: (date) => `seit ${date} still`,
  refusedSince: "wird abgelehnt",
  days30: "30 Tage",
  chart30: (calls) => `${calls} Aufrufe in 30 Tagen`,
  filterBridge: "Brücke",
  filterState: "Stand",
  asCsv: "Als CSV",
  month: "ein Monat",
  split: "Umstellung",
  splitValues: (n, shown) =>
    n === 1 ? "1 Wert geht schon zum Nachfolger" : `${shown} Werte gehen schon zum Nachfolger`,
  splitCounts: (moved, stayed) => `Bisher ${moved} zum Nachfolger, ${stayed} auf dem alten Weg. Nachfolger:`,
  splitWho: "Welche",
  ways: {
    token: "Token",
    jwt: "JWT",
    certificate: "Zertifikat",
    anyone: "ohne Anmeldung",
    rfc: "RFC",
    sftp: "SFTP-Benutzer",
    partner: "Partner (Interchange)",
  },
};

const en: ProgressWords = {
  life: "Life and the successor's share",
  howDrawn: "solid measured, dotted planned, dashed projected",
  noProbe: "The successor's share is not measured: the bridge has no probe.",
  probe: (kind, last) => `Probe: ${kind}, last ${last}`,
  probeNever: (kind) => `Probe: ${kind}, no answer yet`,
  probeFails: (since) => `The probe does not answer, since ${since}`,
  share: (share, days) => `Successor ${share} in 30 days, measured on ${days} of them`,
  notMeasured: "not measured",
  notMeasuredWhy: "a share needs seven measured days, a probe that answers, and traffic",
  atEnd: (share) => `At this pace ${share} would still go over the bridge at its end.`,
  measuredNow: (share) => `measured ${share}`,
  chart: (share, end) => `Plan against the measured share of the successor: today ${share}, end ${end}`,
  milestone: "Milestone",
  milestones: {
    declared: "without a measure",
    open: "to come",
    reached: "reached",
    late: "reached late",
    missed: "missed",
    unmeasured: "not measured",
  },
  wanted: "Planned",
  measured: "Measured",
  insteadOf: (measured, wanted) => `${measured} instead of ${wanted}`,
  missed: "Milestone missed",
  missedCount: (n, shown) => (n === 1 ? "1 milestone missed" : `${shown} milestones missed`),
  byDay: "Last 30 days as a table",
  overBridge: "Bridge",
  overSuccessor: "Successor",
  shareColumn: "Share",
  knocking: "Still called after its end",
  knockingMany: (n, shown) => (n === 1 ? "1 caller, refused" : `${shown} callers, refused`),
  callers: "Callers",
  callersNone: "No caller fits.",
  callersShown: (found, all) => `${found} of ${all}`,
  callersUsing: (using, all, cycle) =>
    `${using} of ${all} still use the bridge; migrated means silent for a whole cycle (${cycle})`,
  allOf: (count) => `all ${count}`,
  caption: "Callers by bridge: who comes after the end, who uses it, who has migrated; last seen first",
  states: { knocking: "comes after the end", using: "uses the bridge", migrated: "migrated" },
  silentSince: (date) => `silent since ${date}`,
  refusedSince: "is refused",
  days30: "30 days",
  chart30: (calls) => `${calls} calls in 30 days`,
  filterBridge: "Bridge",
  filterState: "State",
  asCsv: "As CSV",
  month: "a month",
  split: "Switch-over",
  splitValues: (n, shown) =>
    n === 1 ? "1 value goes to the successor already" : `${shown} values go to the successor already`,
  splitCounts: (moved, stayed) => `So far ${moved} to the successor, ${stayed} the old way. Successor:`,
  splitWho: "Which",
  ways: {
    token: "token",
    jwt: "JWT",
    certificate: "certificate",
    anyone: "without sign-in",
    rfc: "RFC",
    sftp: "SFTP user",
    partner: "partner (interchange)",
  },
};

export const PROGRESS_WORDS: Readonly<Record<Language, ProgressWords>> = { de, en };
