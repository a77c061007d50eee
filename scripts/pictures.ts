// node scripts/pictures.ts: the pictures of the dashboard in docs/pictures, made by Debian's Chromium from pages with invented bridges. To be
// run after a page has changed; they are looked at before they are committed.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createServer } from "../src/core/http/server.ts";
import { OPERATION_NAMES, type Operations, type Role } from "../src/core/operations/operations.ts";
import type { TokenBook } from "../src/core/operations/tokens.ts";
import {
  actView,
  afterSunset,
  bridgeView,
  deadView,
  dropView,
  extensionView,
  lifecycleRow,
} from "../test/core/dashboard-views.ts";
import { startBrowser } from "../test/peers/browser.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const FOLDER = fileURLToPath(new URL("../docs/pictures/", import.meta.url));

const TITLES = ["Rückmeldungen", "Gewerbeanmeldungen", "Hundesteuer", "Wohngeld", "Kita-Beiträge", "Mahnläufe"];
const name = (at: number): string => `bruecke-${at}`;
const down = [
  {
    role: "target" as const,
    server: "kasse.example:443",
    up: false,
    since: "2027-11-22T04:12:00Z",
    code: "TARGET_DOWN",
  },
];
const bridges = TITLES.map((title, at) =>
  bridgeView({
    bridge: name(at),
    title,
    openDead: at === 1 ? 14 : 0,
    oldestDead: at === 1 ? "2027-11-19T09:00:00Z" : null,
    ...(at === 0 && { lifecycle: "sunset", held: 4 }),
    ...(at === 2 && { lifecycle: "deprecated" }),
    ...(at === 3 && { servers: down, pending: 3_180, trouble: "waiting for kasse.example:443: TARGET_DOWN" }),
  }),
);
const rows = TITLES.map((_title, at) =>
  lifecycleRow({
    bridge: name(at),
    owner: at % 2 === 0 ? "Fachdienst Bürgerdienste" : "Fachdienst Gewerbe",
    sunset: at === 2 ? "2028-01-18" : "2028-11-14",
    ...(at === 0 && { state: "sunset", sunset: "2027-11-18", daysLeft: -4, overdue: true, held: 4 }),
    ...(at === 2 && { state: "deprecated", daysLeft: 57 }),
    ...(at === 4 && { deprecated: "2027-12-14" }),
  }),
);
const held = [96, 141, 58, 117].map((records, at) => ({
  id: `d-${at}`,
  name: `rueckmeldung_${at + 1}.csv`,
  received: `2027-11-${18 + at}T18:02:00+01:00`,
  size: 4_096,
  records,
  due: at < 2 ? "2027-11-23T00:00:00+01:00" : "2027-11-26T00:00:00+01:00",
  erased: "2028-02-16T18:02:00+01:00",
}));
const about = { kind: "overdue" as const, bridge: name(0), since: "2027-11-22T06:00:00+01:00", told: null };
const answers: Partial<Record<keyof Operations, unknown>> = {
  bridges,
  drops: [5, 4, 3, 1].map((at) =>
    dropView({
      id: `e-${at}`,
      bridge: name(at),
      name: `tag_${at}.csv`,
      ...(at === 1 ? { records: 140, delivered: 126, dead: 14 } : { dead: 0 }),
      received: `2027-11-22T06:${at}1:00+01:00`,
    }),
  ),
  dead: [
    deadView({
      bridge: name(1),
      drop: "e-1",
      dropName: "tag_1.csv",
      record: 3,
      last: 16,
      due: "2027-11-24T00:00:00+01:00",
    }),
  ],
  lifecycle: { rows, alarm: null, now: NOW },
  alarms: {
    alarms: [{ ...about, key: "a1", trouble: `${name(0)}/overdue`, takenOver: null }],
    channels: [],
    runningOut: [{ bridge: name(3), of: "certificate", what: "kasse.pem", until: "2027-12-20" }],
  },
  outlines: { bridges: [], now: NOW },
  acts: [
    actView({ bridge: name(0), count: 4 }),
    actView({
      id: "act-2",
      kind: "extend",
      bridge: name(2),
      count: 84,
      to: "2028-04-11",
      reason: "Die Abnahme ist verschoben",
      ticket: "INC-4711",
    }),
  ],
  afterSunset: afterSunset({ bridge: name(0), held, heldAll: held.length, twoPersons: true }),
  extension: extensionView({
    bridge: name(0),
    end: "2027-11-18",
    days: null,
    refused: { code: "LIFECYCLE_EXTENSION", message: "the end has passed" },
  }),
  callers: [],
};
const names = [...OPERATION_NAMES, "signed"] as const;
const operations = Object.fromEntries(names.map((one) => [one, async () => answers[one]])) as unknown as Operations;
const tokens = {
  authenticate: async (token: string) => ({ name: "m.brandt", role: token as Role }),
  holds: async () => true,
} as unknown as TokenBook;

const PICTURES = [
  ["lage", "/", "light", 1_440],
  ["lage-dunkel", "/", "dark", 1_440],
  ["lage-schmal", "/", "light", 360],
  ["notbetrieb", `/notbetrieb/${name(0)}`, "light", 1_440],
  ["zu-zweit", "/notbetrieb", "light", 1_440],
] as const;

/** Whoever clones the repository clones them, each version of them. */
const MOST_BYTES = 200_000;

function keep(file: string, bytes: Uint8Array): void {
  if (bytes.length > MOST_BYTES)
    throw new Error(`docs/pictures/${file}.png has ${bytes.length} bytes, at most ${MOST_BYTES} are wanted`);
  writeFileSync(`${FOLDER}${file}.png`, bytes);
}

const log = (): void => undefined;
const ready = (): boolean => true;
const server = createServer({
  operations,
  tokens,
  log,
  version: "1",
  tls: undefined,
  ready,
  zoneOf: () => "Europe/Berlin",
});
const base = await server.listen({ port: 0, host: "127.0.0.1" });
const browser = await startBrowser();
try {
  mkdirSync(FOLDER, { recursive: true });
  const page = await browser.newPage();
  await page.goto(base);
  await page.type("#token", "operator");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  for (const [file, path, theme, width] of PICTURES) {
    await page.setViewport({ width, height: 800 });
    await page.goto(`${base}${path}?theme=${theme}`);
    // The page that the switch led to is the one without it.
    await page.goto(`${base}${path}`);
    keep(file, await page.screenshot({ fullPage: true }));
  }
  await page.goto(`${base}/`);
  const printed = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  // The first sheet, as poppler sees it.
  const sheet = execFileSync("pdftoppm", ["-png", "-singlefile", "-r", "110", "-"], { input: printed });
  keep("lage-papier", sheet);
} finally {
  await browser.close();
  await server.close();
}
