// Dates of a bridge as events of a calendar, in German: clerks subscribe to it. What takes effect at an hour stands at that hour, a
// milestone stands for its day.

import { createHash } from "node:crypto";
import type { RunningOut } from "../../alarms/types.ts";
import { DEFAULT_ZONE, germanDate, isoIn, localMoment, takesEffect } from "../dates.ts";
import type { LifecycleOutline } from "../outline.ts";

export interface CalendarEvent {
  /** The same for as long as the bridge has this date, wherever it moves to. */
  readonly uid: string;
  /** How often it was moved by extensions (RFC 5545, section 3.8.7.4). */
  readonly sequence: number;
  readonly zone: string;
  /** `2027-11-16` for a day, `2027-11-16T10:00` for local time; `to` only where it lasts. */
  readonly from: string;
  readonly to?: string;
  /** Milliseconds since 1970; of a day its 10:00. */
  readonly at: number;
  readonly summary: string;
  readonly description: string;
  readonly category: "Abkündigung" | "Ende" | "Meilenstein" | "Testabschaltung" | "Ablauf";
  readonly url: string | null;
  /** Days before it at which people are reminded. */
  readonly alarms: readonly number[];
}

/** Ends need money and contracts, so they are told of a year ahead; what is smaller a month. */
const FAR = [365, 180, 90, 30, 7, 1];
const NEAR = [30, 7, 1];

export function lifecycleEvents(outline: LifecycleOutline): readonly CalendarEvent[] {
  const all = [...endEvents(outline), ...milestones(outline), ...brownouts(outline), ...runningOut(outline)];
  // A bridge that was closed early has no dates any more.
  const { retired } = outline;
  return retired === null ? all : all.filter(({ at }) => at <= Date.parse(retired));
}

function endEvents(outline: LifecycleOutline): readonly CalendarEvent[] {
  const { title, deprecated, sunset, end, extensions } = outline;
  const ends = `Die Brücke endet am ${germanDate(end)} um 10:00.`;
  const events = [
    eventOf(outline, "deprecated", {
      from: `${deprecated}T10:00`,
      summary: `Läuft aus: ${title}`,
      says: `Von jetzt an läuft die Brücke aus. ${ends}`,
      category: "Abkündigung",
      alarms: FAR,
    }),
    eventOf(outline, "end", {
      from: `${end}T10:00`,
      summary: `Ende: ${title}`,
      says: `${ends} Danach werden Aufrufe abgelehnt und Dateien gehalten, nicht zugestellt.`,
      category: "Ende",
      alarms: FAR,
      sequence: extensions,
    }),
  ];
  if (sunset === end) return events;
  const first = eventOf(outline, "first-sunset", {
    from: `${sunset}T10:00`,
    summary: `Erstes Ende, verlängert: ${title}`,
    says: `Hier sollte die Brücke zuerst enden. ${ends}`,
    category: "Ende",
    alarms: [],
  });
  return [...events, first];
}

function milestones(outline: LifecycleOutline): readonly CalendarEvent[] {
  const seen = new Map<string, number>();
  return outline.plan.map(({ by, goal }) => {
    const count = seen.get(goal) ?? 0;
    seen.set(goal, count + 1);
    return eventOf(outline, `milestone ${goal} ${count}`, {
      from: by,
      summary: `Meilenstein: ${goal} (${outline.title})`,
      says: `Bis zum ${germanDate(by)} ist geplant: ${goal}.`,
      category: "Meilenstein",
      alarms: NEAR,
    });
  });
}

function brownouts(outline: LifecycleOutline): readonly CalendarEvent[] {
  return outline.brownouts.map(({ from, to }) =>
    eventOf(outline, `brownout ${from}`, {
      from: timed(from),
      to: timed(to),
      summary: `Testabschaltung: ${outline.title}`,
      says: "In dieser Zeit werden Aufrufe mit 503 abgewiesen, damit auffällt, wer noch umstellen muss. Dateien werden verarbeitet.",
      category: "Testabschaltung",
      alarms: NEAR,
    }),
  );
}

const RUNS_OUT: Readonly<Record<RunningOut["of"], readonly [summary: string, says: string]>> = {
  certificate: ["Zertifikat läuft ab", "Danach scheitern Verbindungen, die es brauchen."],
  exception: ["Ausnahme endet", "Danach wird die Brückendatei abgelehnt, wenn die Ausnahme noch darin steht."],
  support: ["Wartung des Altverfahrens endet", "Danach hilft sein Hersteller nicht mehr."],
};

function runningOut(outline: LifecycleOutline): readonly CalendarEvent[] {
  return outline.runningOut.map((end) =>
    eventOf(outline, `${end.of} ${end.what}`, runsOut(end, outline.title, outline.timezone)),
  );
}

function runsOut({ of, what, until }: RunningOut, whose: string, zone: string): Said {
  const [summary, says] = RUNS_OUT[of];
  return {
    from: until.includes("T") ? isoIn(Date.parse(until), zone).slice(0, 16) : until,
    summary: `${summary}: ${what} (${whose})`,
    says: `${summary}: ${what}. ${says}`,
    category: "Ablauf",
    alarms: NEAR,
  };
}

/** What of the appliance itself runs out. */
export function ownEvents(ends: readonly RunningOut[]): readonly CalendarEvent[] {
  return ends.map((end): CalendarEvent => {
    const { says, ...rest } = runsOut(end, "Steg", DEFAULT_ZONE);
    const hash = createHash("sha256").update(`${end.of}\0${end.what}`).digest("hex").slice(0, 16);
    return {
      ...rest,
      uid: `${end.of}-${hash}@steg`,
      sequence: 0,
      zone: DEFAULT_ZONE,
      at: momentOf(rest.from, DEFAULT_ZONE),
      description: says,
      url: null,
    };
  });
}

function momentOf(from: string, zone: string): number {
  return from.includes("T") ? localMoment(from, zone) : takesEffect(from, zone);
}

/** A date alone means its 10:00. */
function timed(text: string): string {
  return text.includes("T") ? text : `${text}T10:00`;
}

interface Said extends Pick<CalendarEvent, "from" | "to" | "summary" | "category" | "alarms"> {
  readonly says: string;
  readonly sequence?: number;
}

function eventOf(outline: LifecycleOutline, what: string, said: Said): CalendarEvent {
  const { says, sequence = 0, ...rest } = said;
  const { bridge, started, timezone: zone, successor } = outline;
  // `started` cannot be moved without an extension, so a bridge of the same name years later is another.
  const hash = createHash("sha256").update(`${bridge}\0${started}\0${what}`).digest("hex").slice(0, 16);
  return {
    ...rest,
    uid: `${bridge}-${what.replace(/ .*/s, "")}-${hash}@steg`,
    sequence,
    zone,
    at: momentOf(said.from, zone),
    description: [says, ...about(outline)].join("\n"),
    url: successor?.guide ?? successor?.url ?? null,
  };
}

function about({ bridge, successor, owner }: LifecycleOutline): readonly string[] {
  const lines = [`Brücke: ${bridge}`];
  if (successor === null) lines.push("Einen Nachfolger gibt es nicht.");
  else {
    lines.push(`Nachfolger: ${successor.title}${successor.url === null ? "" : ` (${successor.url})`}`);
    if (successor.guide !== null) lines.push(`Anleitung: ${successor.guide}`);
  }
  return [...lines, `Zuständig: ${owner.name}, ${owner.email}`];
}
