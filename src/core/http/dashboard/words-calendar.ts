// The words of the calendar, and of what it shares with the line of the next 90 days; both languages, neither of which can lack one.

import type { Language } from "../pages/docs-words.ts";

const de = {
  title: "Kalender",
  until: (dates: string, date: string) => `${dates} bis ${date}`,
  none: "kein Termin",
  one: "1 Termin",
  many: (count: string) => `${count} Termine`,
  caption: (month: string) => `Termine im ${month}, der nächste zuerst`,
  when: "Tag",
  what: "Termin",
  whose: "Brücke",
  begins: "Beginn",
  deprecated: "Läuft aus",
  end: "Ende",
  extended: (times: number) => (times === 1 ? "einmal verlängert" : `${times}-mal verlängert`),
  firstEnd: "Erstes Ende, verlängert",
  endsAt: (date: string) => `endet am ${date}`,
  milestone: "Meilenstein",
  brownout: "Testabschaltung",
  refused: "Aufrufe werden so lange abgewiesen",
  hours: (from: string, to: string) => `${from} bis ${to}`,
  notbetrieb: "Notbetrieb endet",
  today: "heute",
  left: (days: number, count: string) => (days === 1 ? "noch 1 Tag" : `noch ${count} Tage`),
  subscribe: "Im Kalenderprogramm abonnieren (iCalendar)",
  subscribeMeans: "Es meldet sich mit einem Token als Kennwort an; der Benutzername ist beliebig.",
  endsCsv: "Enden aller Brücken (CSV)",
  rest: (count: string) =>
    `Weitere ${count} Termine stehen in der iCalendar-Datei; eine Zuständigkeit zu wählen zeigt weniger.`,
};

const en: typeof de = {
  title: "Calendar",
  until: (dates, date) => `${dates} until ${date}`,
  none: "no date",
  one: "1 date",
  many: (count) => `${count} dates`,
  caption: (month) => `Dates in ${month}, the next one first`,
  when: "Day",
  what: "Date",
  whose: "Bridge",
  begins: "Begins",
  deprecated: "Runs out",
  end: "End",
  extended: (times) => (times === 1 ? "extended once" : `extended ${times} times`),
  firstEnd: "First end, extended",
  endsAt: (date) => `ends on ${date}`,
  milestone: "Milestone",
  brownout: "Brownout",
  refused: "calls are refused for so long",
  hours: (from, to) => `${from} to ${to}`,
  notbetrieb: "Emergency opening ends",
  today: "today",
  left: (days, count) => (days === 1 ? "1 day left" : `${count} days left`),
  subscribe: "Subscribe in a calendar program (iCalendar)",
  subscribeMeans: "It signs in with a token as its password; any name will do.",
  endsCsv: "Ends of all bridges (CSV)",
  rest: (count) => `${count} more dates are in the iCalendar file; choosing who is responsible shows fewer.`,
};

export const CALENDAR_WORDS: Readonly<Record<Language, typeof de>> = { de, en };
