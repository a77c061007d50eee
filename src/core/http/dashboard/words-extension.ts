// The words for moving an end, and for a policy that was loosened, in both languages.

import type { Language } from "../pages/docs-words.ts";

export const POLICY_HREF = "/richtlinie";

/** `P3M10D` in words. */
interface Period {
  readonly months: number;
  readonly days: number;
}

const de = {
  title: "Verlängern",
  used: (end: string, used: string, most: string) =>
    `Ende ${end}; ${used} von ${most} Verlängerungen, die die Richtlinie zulässt`,
  until: (day: string) => `Verlängern bis ${day}`,
  holds: "in Kraft",
  possible: "Möglich",
  range: (from: string, to: string) => `vom ${from} bis zum ${to}`,
  longest: "Längstens",
  days: "Nur an",
  noHolidays: "nicht an Feiertagen",
  freeze: "Nicht",
  freezeOf: (from: string, to: string, reason: string) => `${from} bis ${to} (${reason})`,
  none: {
    LIFECYCLE_EXTENSION: "Das geht nicht mehr.",
    POLICY_EXTENSIONS: "Mehr lässt die Richtlinie nicht zu.",
    POLICY_DAY: "Die Richtlinie lässt keinen Tag dafür zu.",
  } as Readonly<Record<string, string>>,
  newEnd: "Neues Ende",
  reason: "Begründung",
  ticket: "Ticket",
  ask: "Verlängerung beantragen",
  askMeans:
    "Eine zweite Person mit der Rolle Freigabe bestätigt binnen drei Tagen; dann gilt es sofort, auch ohne Änderung der Brückendatei.",
  fileOnly:
    "Ohne Anmeldedienst ist eine Verlängerung eine geprüfte Änderung der Brückendatei (lifecycle.extensions): Wer sie beantragt, gibt sie nicht frei.",
  caption: "Verlängerungen dieser Brücke",
  to: "Bis",
  by: "Beantragt, freigegeben",
  where: "Steht",
  inFile: "in der Brückendatei",
  hereOnly: "nur hier",
  takeOver: "Ins Repository übernehmen",
  takeOverMeans:
    "Diese Zeilen gehören unter »lifecycle:« der Brückendatei, statt dessen, was dort unter »extensions« steht. Bis dahin gilt die Verlängerung ebenso; die Datei nimmt sie nicht zurück.",
  period: ({ months, days }: Period) =>
    [
      ...(months > 0 ? [months === 1 ? "1 Monat" : `${months} Monate`] : []),
      ...(days > 0 || months === 0 ? [days === 1 ? "1 Tag" : `${days} Tage`] : []),
    ].join(" und "),
  weekdays: {
    monday: "Montag",
    tuesday: "Dienstag",
    wednesday: "Mittwoch",
    thursday: "Donnerstag",
    friday: "Freitag",
    saturday: "Samstag",
    sunday: "Sonntag",
  } as Readonly<Record<string, string>>,
  policy: "Richtlinie",
  loose: "Richtlinie gelockert – nicht bestätigt",
  looseFields: (n: number) =>
    n === 1
      ? "eine Angabe; bis zwei Personen bestätigen, gilt die strengere"
      : `${n} Angaben; bis zwei Personen bestätigen, gilt je die strengere`,
  asWritten: "Die Richtlinie gilt, wie sie in der Datei steht.",
  looseMeans:
    "Die Datei lässt mehr zu als bisher. Je Angabe gilt die strengere, bis eine Person aus dem Betrieb es beantragt und eine zweite mit der Rolle Freigabe bestätigt. Was strenger wurde, gilt schon.",
  looseCaption: "Angaben, die lockerer wurden",
  field: "Angabe",
  held: "gilt",
  inPolicy: "in der Datei",
  askLoosen: "Lockerung beantragen",
  loosenMeans:
    "Bestätigt gilt die Datei sofort für Verlängerungen und Notbetrieb; Brückendateien werden mit dem nächsten Start danach geprüft.",
  loosen: "Richtlinie lockern",
  difference: "Unterschied ansehen",
  noneNamed: "niemand benannt",
  allLaender: "Feiertage aller Länder",
  nothing: "–",
  yes: "ja",
  no: "nein",
  fields: {
    longestLife: "längste Laufzeit",
    shortestNotice: "kürzeste Zeit zwischen Abkündigung und Ende",
    "extensions.most": "Verlängerungen je Brücke",
    "extensions.longest": "längste Verlängerung",
    brownouts: "Testabschaltungen vor dem Ende",
    "endDays.weekdays": "Wochentage, an denen etwas enden darf",
    "endDays.holidays": "Enden an Feiertagen",
    "endDays.freeze": "Zeiten, in denen nichts endet",
    land: "Land, dessen Feiertage zählen",
    "notbetrieb.reasons": "Gründe für Notbetrieb",
    "notbetrieb.most": "Notbetriebe je Brücke",
    "notbetrieb.pause": "Pause zwischen zwei Notbetrieben",
    approvers: "wer Verlängerungen freigeben darf",
  } as Readonly<Record<string, string>>,
};

const en: typeof de = {
  title: "Extend",
  used: (end, used, most) => `ends ${end}; ${used} of ${most} extensions that the policy allows`,
  until: (day) => `extend to ${day}`,
  holds: "in force",
  possible: "Possible",
  range: (from, to) => `from ${from} to ${to}`,
  longest: "At most",
  days: "Only on",
  noHolidays: "not on public holidays",
  freeze: "Not",
  freezeOf: (from, to, reason) => `${from} to ${to} (${reason})`,
  none: {
    LIFECYCLE_EXTENSION: "That is possible no more.",
    POLICY_EXTENSIONS: "The policy allows no more.",
    POLICY_DAY: "The policy allows no day for it.",
  },
  newEnd: "New end",
  reason: "Reason",
  ticket: "Ticket",
  ask: "Ask for an extension",
  askMeans:
    "A second person of the role approver confirms within three days; then it holds at once, without a change of the bridge file.",
  fileOnly:
    "Without an identity provider an extension is a reviewed change of the bridge file (lifecycle.extensions): who asks for it does not approve it.",
  caption: "Extensions of this bridge",
  to: "Until",
  by: "Asked for, approved",
  where: "Stands",
  inFile: "in the bridge file",
  hereOnly: "here only",
  takeOver: "Take it over into the repository",
  takeOverMeans:
    "These lines belong under »lifecycle:« of the bridge file, in place of what stands there under »extensions«. Until then the extension holds as well; the file does not take it back.",
  period: ({ months, days }) =>
    [
      ...(months > 0 ? [months === 1 ? "1 month" : `${months} months`] : []),
      ...(days > 0 || months === 0 ? [days === 1 ? "1 day" : `${days} days`] : []),
    ].join(" and "),
  weekdays: {
    monday: "Monday",
    tuesday: "Tuesday",
    wednesday: "Wednesday",
    thursday: "Thursday",
    friday: "Friday",
    saturday: "Saturday",
    sunday: "Sunday",
  },
  policy: "Policy",
  loose: "Policy loosened – not confirmed",
  looseFields: (n) =>
    n === 1
      ? "one field; until two persons confirm it the stricter one holds"
      : `${n} fields; until two persons confirm them the stricter ones hold`,
  asWritten: "The policy holds as it stands in the file.",
  looseMeans:
    "The file allows more than before. Of each field the stricter value holds until an operator asks for it and a second person of the role approver confirms. What became stricter holds already.",
  looseCaption: "Fields that became looser",
  field: "Field",
  held: "holds",
  inPolicy: "in the file",
  askLoosen: "Ask to loosen it",
  loosenMeans:
    "Confirmed, the file holds at once for extensions and Notbetrieb; bridge files are checked by it with the next start.",
  loosen: "loosen the policy",
  difference: "See the difference",
  noneNamed: "nobody named",
  allLaender: "holidays of all Länder",
  nothing: "–",
  yes: "yes",
  no: "no",
  fields: {
    longestLife: "longest life",
    shortestNotice: "shortest time from deprecated to sunset",
    "extensions.most": "extensions of a bridge",
    "extensions.longest": "longest extension",
    brownouts: "brownouts before the sunset",
    "endDays.weekdays": "days of the week on which something may end",
    "endDays.holidays": "ends on public holidays",
    "endDays.freeze": "times in which nothing ends",
    land: "Land whose holidays count",
    "notbetrieb.reasons": "reasons for Notbetrieb",
    "notbetrieb.most": "uses of Notbetrieb per bridge",
    "notbetrieb.pause": "pause between two uses of Notbetrieb",
    approvers: "who may approve extensions",
  },
};

export const EXTENSION_WORDS: Readonly<Record<Language, typeof de>> = { de, en };
