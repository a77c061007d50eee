// Notifications in words, German and English. They hold no values of records, no names of persons, no addresses of servers.

import { saidOf } from "../http/dashboard/trouble-words.ts";
import { count, day, local, moment, weekday } from "../http/dashboard/format.ts";
import { WORDS } from "../http/dashboard/words.ts";
import type { Language } from "../http/pages/docs-words.ts";
import type { Trouble } from "../alarms/troubles.ts";
import type { Item, ItemKind } from "./item.ts";
import { oneLine } from "./plain.ts";

/** What is the matter, and what else there is to know, a line each. */
export interface Told {
  readonly headline: string;
  readonly lines: readonly string[];
}

const de = {
  bridge: "Brücke",
  appliance: "Dieses Gerät",
  since: (when: string) => `Alarm seit ${when}`,
  due: (when: string) => `Frist: ${when}`,
  records: (n: string, are: string) => `${n} Sätze ${are}`.trim(),
  stages: {
    begun: "Übernimmt ihn niemand, kommt er morgen wieder und geht auch an die Vertretung.",
    escalated: "Seit einem Tag hat ihn niemand übernommen; die Vertretung ist benachrichtigt.",
    repeated: "Noch hat ihn niemand übernommen.",
  },
  over: (was: string) => `War gestört, ist vorbei: ${was}`,
  overFrom: (from: string, to: string) => `Von ${from} bis ${to}, während einer Wartung`,
  sunset: (days: number, shown: string) => (days === 1 ? "Endet morgen" : `Endet in ${shown} Tagen`),
  sunsetAt: (when: string) => `Ende: ${when}, 10:00. Danach werden Aufrufe abgelehnt und Dateien gehalten.`,
  successor: (name: string) => `Nachfolger: ${name}`,
  noSuccessor: "Einen Nachfolger gibt es nicht.",
  notbetrieb: {
    begun: "Notbetrieb begonnen",
    confirmed: "Notbetrieb bestätigt, zweite Stufe",
    ended: "Notbetrieb beendet",
  },
  open: (when: string) => `Geöffnet bis ${when}`,
  wasOpen: (when: string) => `War geöffnet bis ${when}`,
  reason: (code: string, uses: string) =>
    `Grund: ${code}; bisher ${uses}-mal geöffnet. Wer es war, steht im Prüfprotokoll.`,
  erasure: "Inhalt von Klärfällen wird gelöscht",
  erasureWhen: (records: string, when: string) =>
    `${records} Sätze, die ersten am ${when}. Danach lassen sie sich nicht mehr zustellen.`,
  test: "Probe: Benachrichtigungen kommen an",
  testMeans: "Diese Nachricht wurde von Hand ausgelöst. Es ist nichts zu tun.",
  more: (n: string) => `und ${n} weitere`,
  several: (n: string) => `${n} Meldungen`,
  foot: "Nachricht eines Geräts; Antworten liest niemand.",
};

const en: typeof de = {
  bridge: "Bridge",
  appliance: "This appliance",
  since: (when) => `Alarm since ${when}`,
  due: (when) => `Due: ${when}`,
  records: (n, are) => `${n} records ${are}`.trim(),
  stages: {
    begun: "If nobody takes it over, it comes again tomorrow and goes to the deputy, too.",
    escalated: "Nobody has taken it over for a day; the deputy is told.",
    repeated: "Nobody has taken it over yet.",
  },
  over: (was) => `Was disturbed, is over: ${was}`,
  overFrom: (from, to) => `From ${from} to ${to}, during maintenance`,
  sunset: (days, shown) => (days === 1 ? "Ends tomorrow" : `Ends in ${shown} days`),
  sunsetAt: (when) => `End: ${when}, 10:00. From then on calls are refused and files are held.`,
  successor: (name) => `Successor: ${name}`,
  noSuccessor: "There is no successor.",
  notbetrieb: {
    begun: "Emergency opening begun",
    confirmed: "Emergency opening confirmed, second stage",
    ended: "Emergency opening ended",
  },
  open: (when) => `Open until ${when}`,
  wasOpen: (when) => `Was open until ${when}`,
  reason: (code, uses) => `Reason: ${code}; opened ${uses} times so far. Who it was stands in the audit trail.`,
  erasure: "Payload of dead letters will be erased",
  erasureWhen: (records, when) => `${records} records, the first on ${when}. They cannot be delivered afterwards.`,
  test: "Test: notifications get through",
  testMeans: "Somebody asked for this message. There is nothing to do.",
  more: (n) => `and ${n} more`,
  several: (n) => `${n} messages`,
  foot: "Sent by an appliance; nobody reads answers.",
};

export const NOTIFY_WORDS: Readonly<Record<Language, typeof de>> = { de, en };

const MOST_TEXT = 120;

type Tells = {
  readonly [K in ItemKind]: (item: Item & { readonly kind: K }, language: Language) => Told;
};

const TELLS: Tells = {
  alarm({ stage, trouble, since }, language) {
    const words = NOTIFY_WORDS[language];
    const { what, due = "", recordsAre = "" } = troubleIn(trouble, language);
    const { records } = trouble;
    return {
      headline: what,
      lines: [
        words.since(when(language, since)),
        ...(due === "" ? [] : [words.due(due)]),
        ...(records === undefined ? [] : [words.records(count(language, records), recordsAre)]),
        words.stages[stage],
      ],
    };
  },
  over({ was, since, until }, language) {
    const { over, overFrom } = NOTIFY_WORDS[language];
    return { headline: over(was[language]), lines: [overFrom(when(language, since), when(language, until))] };
  },
  sunset({ end, days, successor }, language) {
    const words = NOTIFY_WORDS[language];
    const date = `${weekday(language, end)} ${day(language, end)}`;
    return {
      headline: words.sunset(days, count(language, days)),
      lines: [
        words.sunsetAt(date),
        successor === null ? words.noSuccessor : words.successor(oneLine(successor, MOST_TEXT)),
      ],
    };
  },
  notbetrieb({ stage, until, reason, uses }, language) {
    const words = NOTIFY_WORDS[language];
    const at = when(language, until);
    const lines = [stage === "ended" ? words.wasOpen(at) : words.open(at), words.reason(reason, count(language, uses))];
    return { headline: words.notbetrieb[stage], lines };
  },
  erasure({ records, first }, language) {
    const words = NOTIFY_WORDS[language];
    return { headline: words.erasure, lines: [words.erasureWhen(count(language, records), day(language, first))] };
  },
  test(_item, language) {
    const { test, testMeans } = NOTIFY_WORDS[language];
    return { headline: test, lines: [testMeans] };
  },
};

export function tell(item: Item, language: Language): Told {
  // One function per kind, each for its own: the compiler cannot follow that through the table.
  const say = TELLS[item.kind] as (item: Item, language: Language) => Told;
  const { headline, lines } = say(item, language);
  return { headline: oneLine(headline, MOST_TEXT), lines };
}

/** What is wrong, without its detail: that holds addresses of servers. Names of files and options stay, which are the author's. */
export function troubleIn(trouble: Trouble, language: Language): ReturnType<typeof saidOf> {
  return saidOf(trouble, "", { words: WORDS[language], language });
}

/** `Mo 22.11.2027 06:12`: whoever reads a mail does so on another day. */
function when(language: Language, time: number): string {
  const text = local(time);
  return `${weekday(language, text)} ${moment(language, text, "")}`;
}
