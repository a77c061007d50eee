// Words of comparing the bridge's answers with the successor's.

import type { Verdict } from "../../shadow/shadow-book.ts";
import type { Language } from "../pages/docs-words.ts";

interface ShadowWords {
  readonly title: string;
  readonly sum: (equal: string, explained: string, open: string) => string;
  readonly nothingYet: string;
  readonly approved: (by: string, on: string, reference: string) => string;
  readonly until: (date: string) => string;
  readonly over: (date: string) => string;
  readonly gone: string;
  readonly type: string;
  readonly message: string;
  readonly verdicts: Readonly<Record<Verdict, string>>;
  readonly typesCaption: string;
  readonly path: string;
  readonly count: string;
  readonly last: string;
  readonly why: string;
  readonly open: string;
  readonly hashes: string;
  readonly pathsCaption: string;
  readonly erase: string;
  readonly eraseMeans: string;
  readonly erased: string;
}

const de: ShadowWords = {
  title: "Abgleich mit dem Nachfolger",
  sum: (equal, explained, open) => `${equal} gleich, ${explained} erklärt, ${open} offen`,
  nothingYet: "noch nichts verglichen",
  approved: (by, on, reference) => `Freigegeben von ${by} am ${on} (${reference})`,
  until: (date) => `läuft bis ${date}`,
  over: (date) => `endete am ${date}`,
  gone: "in der Brückendatei steht kein Abgleich mehr",
  type: "Nachrichtenart",
  message: "Nachricht",
  verdicts: {
    equal: "Gleich",
    explained: "Erklärt",
    open: "Offen",
    failed: "Ohne Antwort",
    dropped: "Ausgelassen",
    uncompared: "Nicht vergleichbar",
  },
  typesCaption: "Verglichene Antworten je Nachrichtenart",
  path: "Stelle",
  count: "Anzahl",
  last: "Zuletzt",
  why: "Erklärung",
  open: "offen",
  hashes: "Kennwerte alt / neu",
  pathsCaption: "Stellen, an denen sich Antworten unterschieden; offene zuerst",
  erase: "Abgleich löschen",
  eraseMeans: "Anzahlen, Stellen und Kennwerte werden gelöscht; wer das wann getan hat, bleibt stehen.",
  erased: "Der Abgleich ist gelöscht.",
};

const en: ShadowWords = {
  title: "Compared with the successor",
  sum: (equal, explained, open) => `${equal} equal, ${explained} explained, ${open} open`,
  nothingYet: "nothing compared yet",
  approved: (by, on, reference) => `Approved by ${by} on ${on} (${reference})`,
  until: (date) => `runs until ${date}`,
  over: (date) => `ended on ${date}`,
  gone: "the bridge file compares nothing any more",
  type: "Kind of message",
  message: "Message",
  verdicts: {
    equal: "Equal",
    explained: "Explained",
    open: "Open",
    failed: "No answer",
    dropped: "Left out",
    uncompared: "Not comparable",
  },
  typesCaption: "Compared answers by kind of message",
  path: "Place",
  count: "Count",
  last: "Last",
  why: "Explanation",
  open: "open",
  hashes: "Hashes old / new",
  pathsCaption: "Places where answers differed; open ones first",
  erase: "Erase the comparison",
  eraseMeans: "Counts, places and hashes are erased; who did that and when stays.",
  erased: "The comparison is erased.",
};

export const SHADOW_WORDS: Readonly<Record<Language, ShadowWords>> = { de, en };
