// The JSON Schema of a snapshot: what the admin API publishes, and what a fleet takes from appliances that may be anybody's by now. Every
// text, list and number has its limit, and every word that pages look up is one of those they know.

import type { Cause, Notable } from "../http/dashboard/facts.ts";
import type { RunningOut } from "../alarms/types.ts";
import type { LifecycleOutline } from "../lifecycle/outline.ts";
import type { LifecycleRow } from "../lifecycle/state-report.ts";
import type { BridgeView, ExpectedView, ServerView } from "../operations/operations.ts";
import { MOST_TAGS } from "../tags.ts";
import {
  MOST_BRIDGES,
  MOST_CAUSES,
  MOST_EARLIER,
  MOST_NOTABLE,
  MOST_TEXT,
  MOST_WITHIN,
  type Snapshot,
} from "./snapshot.ts";

type Schema = { readonly [key: string]: unknown };

const text: Schema = { type: "string", maxLength: MOST_TEXT };
const flag: Schema = { type: "boolean" };
const count: Schema = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const days: Schema = { type: "integer", minimum: -100_000, maximum: 100_000 };
/** A name within a path: of a bridge. */
const name: Schema = { type: "string", minLength: 1, maxLength: 200 };
const hash: Schema = { type: "string", pattern: "^[0-9a-f]{64}$" };
/** Ed25519 over the lines of a checkpoint, or over the document. */
const signature: Schema = { type: "string", pattern: "^[A-Za-z0-9+/]{86}==$" };
const date: Schema = { type: "string", format: "date" };
/** RFC 3339 as ECMAScript reads it: no leap seconds, no other signs for T and Z. */
const time: Schema = {
  type: "string",
  format: "date-time",
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$",
};
/** `2027-10-05T10:00` or a day, in the bridge's zone. */
const localTime: Schema = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}(T([01]\\d|2[0-3]):[0-5]\\d)?$" };

/** `kommune:musterstadt`: more of it is nobody's to look up. */
const tag: Schema = { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}:[^\\s,+=:][^,+=]{0,99}$" };

const word = (...values: readonly string[]): Schema => ({ type: "string", enum: values });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const list = (items: Schema, maxItems: number): Schema => ({ type: "array", items, maxItems });

/** All of them have to be there. */
function all<K extends string>(properties: Readonly<Record<K, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties) };
}

/**
 * Every member of a view has its place here: what is not described is left out by a fleet, whatever the type says.
 * Later versions may add members; what a view shows of a bridge is shown as nothing where an earlier one lacks it.
 */
function some(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: "object", properties, required };
}

const dropState = word("open", "done", "duplicate", "held", "handed-over", "refused", "erased");
const lifecycle = ["planned", "active", "deprecated", "extended", "sunset", "notbetrieb", "retired"];

const server = all({
  role: word("source", "target", "receipts"),
  server: text,
  up: flag,
  since: orNull(time),
  code: orNull(text),
} satisfies Record<keyof ServerView, Schema>);

const expected = all({
  state: word("waiting", "here", "late", "missing", "small", "large"),
  by: time,
  next: time,
  first: orNull(time),
  drops: count,
  records: count,
} satisfies Record<keyof ExpectedView, Schema>);

const view = some(
  {
    bridge: name,
    title: text,
    system: text,
    tags: list(tag, MOST_TAGS * 2),
    lifecycle: word(...lifecycle, "refused"),
    paused: flag,
    drops: count,
    records: count,
    delivered: count,
    skipped: count,
    dead: count,
    pending: count,
    openDead: count,
    oldestDead: orNull(time),
    held: count,
    spoolBytes: count,
    attachments: orNull(all({ waiting: count, joined: count, unassigned: count })),
    servers: list(server, MOST_WITHIN),
    trouble: orNull(text),
    term: orNull(text),
    expected: orNull(expected),
  } satisfies Record<keyof BridgeView, Schema>,
  ["bridge", "lifecycle"],
);

const share: Schema = { type: "number", minimum: 0, maximum: 1 };
const milestone = all({
  by: date,
  goal: text,
  wanted: orNull(share),
  measured: orNull(share),
  state: word("declared", "open", "reached", "late", "missed", "unmeasured"),
});

const row = some(
  {
    bridge: name,
    state: word(...lifecycle),
    started: date,
    deprecated: date,
    sunset: date,
    daysLeft: days,
    extended: flag,
    extensions: count,
    owner: text,
    successor: orNull(text),
    held: count,
    overdue: flag,
    notbetriebUntil: orNull(time),
    notMeasured: list(date, MOST_WITHIN),
    callers: count,
    using: count,
    knocking: count,
    cycle: all({ name: orNull(text), period: { type: "string", pattern: "^P[0-9YMWD]{2,20}$" } }),
    closed: orNull(time),
    successorShare: orNull(share),
    milestones: list(milestone, MOST_WITHIN),
    retirement: { type: "null" },
  } satisfies Record<keyof LifecycleRow, Schema>,
  ["bridge", "state", "started", "deprecated", "sunset", "daysLeft", "owner"],
);

const outline = all({
  bridge: name,
  title: text,
  timezone: { type: "string", maxLength: 64 },
  state: word(...lifecycle),
  started: date,
  deprecated: date,
  sunset: date,
  end: date,
  daysLeft: days,
  extensions: count,
  retired: orNull(time),
  plan: list(all({ by: date, goal: text }), MOST_WITHIN),
  brownouts: list(all({ from: localTime, to: localTime }), MOST_WITHIN),
  owner: all({ name: text, email: text }),
  successor: orNull(all({ title: text, url: orNull(text), guide: orNull(text) })),
  runningOut: list(
    all({
      bridge: orNull(name),
      of: word("certificate", "exception", "support"),
      what: text,
      until: { anyOf: [date, time] },
    } satisfies Record<keyof RunningOut, Schema>),
    MOST_WITHIN,
  ),
} satisfies Record<keyof LifecycleOutline, Schema>);

const cause = all({
  bridge: name,
  stage: word("receive", "decode", "map", "validate", "encode", "deliver", "answer"),
  code: text,
  reason: text,
  message: text,
  records: count,
  letters: count,
  oldest: time,
  erased: orNull(time),
  due: orNull(time),
  first: text,
} satisfies Record<keyof Cause, Schema>);

const notable = all({
  bridge: name,
  name: text,
  state: dropState,
  trouble: orNull(text),
  records: orNull(count),
  received: time,
  open: count,
} satisfies Record<Exclude<keyof Notable, "id">, Schema>);

export const snapshotSchema: Schema = all({
  snapshot: { const: 1 },
  appliance: all({
    id: { type: "string", pattern: "^[0-9a-f]{32}$" },
    publicKey: { type: "string", pattern: "^[A-Za-z0-9+/]{59}=$" },
  }),
  version: { type: "string", maxLength: 64 },
  at: time,
  policy: hash,
  alarm: orNull(all({ kind: word("ahead", "behind"), by: { type: "number", minimum: 0, maximum: 1e15 } })),
  bridges: list(
    all({
      view,
      row: orNull(row),
      outline: orNull(outline),
      mapping: orNull(hash),
      callers: all({ count, last: orNull(time) }),
    }),
    MOST_BRIDGES,
  ),
  today: all({
    date,
    came: list(all({ bridge: name, state: dropState, drops: count }), 1_000),
    capped: flag,
    notable: list(notable, MOST_NOTABLE),
  }),
  causes: list(cause, MOST_CAUSES),
  grouped: flag,
  left: all({ bridges: count, causes: count, notable: count }),
  audit: all({
    seq: count,
    at: { type: "integer", minimum: 0, maximum: 8.64e15 },
    hash,
    signature,
    earlier: list(all({ seq: count, hash }), MOST_EARLIER + 1),
  }),
  signature,
} satisfies Record<keyof Snapshot, Schema>);
