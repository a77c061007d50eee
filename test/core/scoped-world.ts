// Two bridges of two municipalities, and operations that answer of both as the appliance does: by what is asked, and with names in hints.

import { BridgeError } from "../../src/core/errors.ts";
import { unknownBridge } from "../../src/core/operations/bridge-views.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import {
  unknownAct,
  unknownAlarm,
  unknownCertificate,
  unknownDrop,
  unknownLetter,
} from "../../src/core/operations/unknown.ts";
import { NOW, scene } from "./dashboard-scene.ts";
import {
  actView,
  afterSunset,
  extensionView,
  bridgeView,
  deadView,
  dropView,
  lifecycleRow,
  outlineView,
  progressView,
} from "./dashboard-views.ts";
import { auditView, certificateView, reportView } from "./nachweis-views.ts";

/** The own one is of adorf; of the other one nothing may be heard, and all of its texts hold this word. */
export const OWN = "farben";
export const FOREIGN = "fremdorf";
/** A name that nobody has. */
export const NOBODY = "nirgendwo";
export const ADORF = "kommune:adorf";

const NAMES = [OWN, FOREIGN];
const idOf = (kind: string, bridge: string): string => `${kind}-${bridge}-1`;
const each = <T>(make: (bridge: string) => T): readonly T[] => NAMES.map(make);

type Query = Readonly<Record<string, string | undefined>>;
type Answer = (query: Query) => unknown;

function ofBridge(all: readonly { readonly bridge: string | undefined }[]): Answer {
  return ({ bridge }) => all.filter((one) => bridge === undefined || one.bridge === bridge);
}

function byId(all: readonly { readonly id: string }[], unknown: () => BridgeError): Answer {
  return ({ id }) => {
    const found = all.find((one) => one.id === id);
    if (found === undefined) throw unknown();
    return found;
  };
}

function about(answer: (bridge: string) => unknown): Answer {
  return ({ bridge = "" }) => {
    if (!NAMES.includes(bridge)) throw unknownBridge(bridge, NAMES);
    return answer(bridge);
  };
}

const drops = each((bridge) => dropView({ bridge, id: idOf("drop", bridge), name: `${bridge}.csv`, dead: 1 }));
const letters = each((bridge) =>
  deadView({ bridge, id: idOf("dl", bridge), drop: idOf("drop", bridge), dropName: `${bridge}.csv` }),
);
const acts = each((bridge) => actView({ bridge, id: idOf("act", bridge), reason: `${bridge} doppelt` }));
const alarms = [
  ...each((bridge) => ({
    key: idOf("alarm", bridge),
    trouble: `${bridge}/stuck`,
    kind: "stuck" as const,
    bridge,
    since: NOW,
    told: null,
    takenOver: null,
  })),
  {
    key: "alarm-own",
    trouble: "/clock",
    kind: "clock" as const,
    bridge: null,
    since: NOW,
    told: null,
    takenOver: null,
  },
];
const certificates = each((bridge) => ({ ...certificateView(), bridge, title: bridge }));

const entries = [
  ...each((bridge) => ({ ...auditView(), bridge, facts: { bridge } })),
  { ...auditView(), bridge: undefined, event: "token.created", facts: { token: `token-${FOREIGN}` } },
];

export function useTwoMunicipalities(): void {
  scene.tags = { [OWN]: [ADORF], [FOREIGN]: ["kommune:bdorf"] };
  const bridges = each((bridge) =>
    bridgeView({
      bridge,
      title: `Amt ${bridge}`,
      system: `Alt-${bridge}`,
      tags: scene.tags[bridge] ?? [],
      lifecycle: "sunset",
      servers: [{ role: "target", server: `${bridge}.example:443`, up: false, since: NOW, code: "X" }],
      trouble: `stuck at ${bridge}`,
      held: 1,
    }),
  );
  const acting = about(() => ({ until: NOW, dismissed: 1 }));
  const letterAct: Answer = (query) => byId(letters, unknownLetter)(query);
  const answers: Partial<Record<keyof Operations, Answer>> = {
    bridges: (query) => {
      if (query["bridge"] !== undefined) about(() => undefined)(query);
      return ofBridge(bridges)(query);
    },
    drops: ofBridge(drops),
    drop: byId(drops, unknownDrop),
    attachments: ofBridge(
      each((bridge) => ({ id: idOf("file", bridge), bridge, name: `${bridge}.pdf`, state: "joined" })),
    ),
    dead: ofBridge(letters),
    deadLetter: byId(letters, unknownLetter),
    deadDetail: (query) => (letterAct(query), "RF = UGH"),
    replay: () => ({ items: [], changed: [], versions: [] }),
    dismiss: () => ({ dismissed: 1 }),
    callers: ({ bridge }) =>
      [
        { id: "token:beide", bridges: NAMES },
        { id: "token:fremdorfer", bridges: [FOREIGN] },
      ]
        .map(({ id, bridges: called }) => ({
          id,
          name: id.slice(6),
          by: "token",
          first: "2027-01-01T00:00:00Z",
          last: NOW,
          calls: 4_321,
          bridges: called.map((name) => ({ bridge: name, first: NOW, last: NOW, calls: 17, days: [] })),
        }))
        .filter((caller) => bridge === undefined || caller.bridges.some((one) => one.bridge === bridge)),
    progress: about(() => progressView({})),
    shadow: about(() => null),
    lifecycle: () => ({
      rows: each((bridge) => lifecycleRow({ bridge, state: "sunset", owner: `Fachdienst ${bridge}` })),
      alarm: null,
      now: NOW,
    }),
    outlines: () => ({ bridges: each((bridge) => outlineView({ bridge, title: `Amt ${bridge}` })), now: NOW }),
    alarms: () => ({
      alarms,
      channels: [],
      runningOut: each((bridge) => ({ bridge, of: "support", what: `Alt-${bridge}`, until: "2027-12-01" })),
    }),
    takeOver: ({ key }) => {
      const found = alarms.find((one) => one.key === key);
      if (found === undefined) throw unknownAlarm();
      return found;
    },
    acts: () => acts,
    confirmAct: byId(acts, unknownAct),
    withdrawAct: byId(acts, unknownAct),
    askForAct: about(() => acts[0]),
    afterSunset: about((bridge) => afterSunset({ bridge })),
    extension: about((bridge) => extensionView({ bridge })),
    notbetrieb: acting,
    notbetriebConfirm: acting,
    notbetriebEnd: acting,
    pause: acting,
    resume: acting,
    retire: about((bridge) => certificates.find((one) => one.bridge === bridge)),
    shadowErase: acting,
    certificates: () => ({ appliance: { id: "sha256:00", publicKey: "" }, items: certificates }),
    certificate: ({ bridge }) => {
      const found = certificates.find((one) => one.bridge === bridge);
      if (found === undefined) throw unknownCertificate();
      return found;
    },
    report: about(() => reportView()),
    audit: ofBridge(entries),
    auditVerify: () => ({ entries: 4_711, head: "ab", broken: null }),
    tokens: () => [{ name: FOREIGN, role: "viewer", tags: [], created: NOW, createdBy: "x" }],
    snapshot: () => ({ document: { bridges: NAMES }, tag: "ab" }),
  };
  scene.answers = { ...scene.answers, ...answers };
}

/** A path with its parameters filled in, for a bridge. */
export function addressOf(path: string, bridge: string): string {
  const kind = path.includes("vorgaenge") ? "act" : /klaerfaelle|dead-letters/.test(path) ? "dl" : "drop";
  return path
    .replace(":bridge", bridge)
    .replace(":id", idOf(kind, bridge))
    .replace(":key", idOf("alarm", bridge))
    .replace(":name", bridge)
    .replace(":kind", path.startsWith("/klaerfaelle") ? "dismiss" : "erase-held");
}

/** What only looks; anything else that was asked for is an act. */
export const READS: ReadonlySet<string> = new Set(
  "bridges lifecycle outlines drops drop attachments dead deadLetter callers progress shadow certificates certificate report audit acts afterSunset extension policy drift alarms".split(
    " ",
  ),
);
