// What stands at the top of every bridge file of the tests: its life, around today, so that they are right in every year.

const DAY = 86_400_000;
/** Where the bridges are: their day begins an hour or two before the one of UTC. */
const BERLIN = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin", dateStyle: "short" });
export const inDays = (days: number): string => {
  // Counted in days of the calendar, whatever the hour and the season.
  const today = Date.parse(`${BERLIN.format(Date.now())}T00:00Z`);
  return new Date(today + days * DAY).toISOString().slice(0, 10);
};

export interface Dates {
  readonly started: string;
  readonly deprecated: string;
  readonly sunset: string;
}

export const RUNNING: Dates = { started: inDays(-300), deprecated: inDays(200), sunset: inDays(500) };
export const DEPRECATED: Dates = { started: inDays(-300), deprecated: inDays(-30), sunset: inDays(300) };
export const ENDED: Dates = { started: inDays(-800), deprecated: inDays(-500), sunset: inDays(-250) };
export const PLANNED: Dates = { started: inDays(30), deprecated: inDays(200), sunset: inDays(500) };

/** Every day of the week may be a bridge's last: what is tested does not depend on today. */
export const POLICY = `policy: 1
endDays:
  weekdays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
  holidays: true
`;

export interface HeadChoice {
  /** Absent = the file has none. */
  readonly title?: string;
  readonly dates?: Dates;
  /** As in the file: `{ title: …, url: … }`. */
  readonly successor?: string;
  /** More lines of the lifecycle, indented. */
  readonly more?: string;
}

/** All that stands before what the bridge receives, with a line break at its end. */
export function headOf(name: string, choice: HeadChoice = {}): string {
  const { title, dates = RUNNING, more } = choice;
  const { successor = '{ title: Neues Verfahren, url: "https://neu.example/api" }' } = choice;
  return `steg: 1
bridge: ${name}
${title === undefined ? "" : `title: ${title}\n`}lifecycle:
  legacy: { system: Alt 1 }
  owner: { name: Fachdienst Muster, email: muster@stadt.example, deputy: it@stadt.example }
  reason: Das Altverfahren kann nur Dateien.
  personalData: VVT-1
  successor: ${successor}
  plan:
    - { by: ${dates.deprecated}, goal: Testbetrieb }
  started: ${dates.started}
  deprecated: ${dates.deprecated}
  sunset: ${dates.sunset}
${more === undefined ? "" : `${more}\n`}`;
}
