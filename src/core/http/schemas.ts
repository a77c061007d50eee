// JSON Schemas of what the admin API answers. fastify serializes by them, so a field that is not here cannot leave the
// process by accident.

export type Schema = { readonly [key: string]: unknown };

export const text: Schema = { type: "string" };
const integer: Schema = { type: "integer" };
const orNull = (type: string): Schema => ({ type: [type, "null"] });

export function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

const server = object({
  role: text,
  server: text,
  up: { type: "boolean" },
  since: orNull("string"),
  code: orNull("string"),
});

export const bridge = object({
  bridge: text,
  title: text,
  system: text,
  tags: list(text),
  lifecycle: text,
  paused: { type: "boolean" },
  drops: integer,
  records: integer,
  delivered: integer,
  skipped: integer,
  dead: integer,
  pending: integer,
  openDead: integer,
  oldestDead: orNull("string"),
  held: integer,
  spoolBytes: integer,
  attachments: {
    ...object({ waiting: integer, joined: integer, unassigned: integer }),
    type: ["object", "null"],
  },
  servers: list(server),
  trouble: orNull("string"),
  term: orNull("string"),
  expected: {
    ...object({ state: text, by: text, next: text, first: orNull("string"), drops: integer, records: integer }),
    type: ["object", "null"],
  },
});

export const drift = object({
  bridge: text,
  running: orNull("string"),
  disk: orNull("string"),
  changed: orNull("string"),
  why: orNull("string"),
  policy: object({ running: text, disk: orNull("string") }),
  settings: object({ file: text, changed: orNull("string") }),
  restored: {
    ...object({ at: text, backup: text, payload: { type: "boolean" }, head: integer }),
    type: ["object", "null"],
  },
});

export const drop = object({
  id: text,
  bridge: text,
  name: text,
  size: integer,
  sha256: text,
  state: text,
  records: orNull("integer"),
  delivered: integer,
  skipped: integer,
  dead: integer,
  pending: orNull("integer"),
  received: text,
  finished: orNull("string"),
  duplicateOf: orNull("string"),
  trouble: orNull("string"),
  settled: { type: "boolean" },
  answered: { type: "boolean" },
  payload: text,
});

export const attachment = object({
  id: text,
  bridge: text,
  name: text,
  size: integer,
  sha256: text,
  mediaType: text,
  state: text,
  messages: integer,
  received: text,
  duplicateOf: orNull("string"),
  settled: { type: "boolean" },
  payload: text,
});

export const deadLetter = object({
  id: text,
  bridge: text,
  drop: text,
  dropName: text,
  record: integer,
  last: integer,
  line: integer,
  stage: text,
  code: text,
  message: text,
  hint: text,
  attempts: integer,
  state: text,
  created: text,
  due: orNull("string"),
  erased: orNull("string"),
  closedBy: orNull("string"),
  closedReason: orNull("string"),
});

const cause: Schema = object({ code: text, message: text });

export const replayItem = object({
  id: text,
  bridge: text,
  outcome: text,
  before: cause,
  after: { anyOf: [cause, { type: "null" }] },
});

const against = object({ what: text, count: orNull("integer"), at: orNull("string"), until: orNull("string") });
const retirement: Schema = {
  ...object({
    allowed: { type: "boolean" },
    proposed: { type: "boolean" },
    days: integer,
    cycle: orNull("string"),
    silentSince: orNull("string"),
    observedFrom: orNull("string"),
    leftBefore: orNull("string"),
    against: list(against),
  }),
  type: ["object", "null"],
};
const milestone = object({
  by: text,
  goal: text,
  wanted: orNull("number"),
  measured: orNull("number"),
  state: text,
});

export const lifecycleRow = object({
  bridge: text,
  state: text,
  started: text,
  deprecated: text,
  sunset: text,
  daysLeft: integer,
  extended: { type: "boolean" },
  extensions: integer,
  owner: text,
  successor: orNull("string"),
  held: integer,
  overdue: { type: "boolean" },
  notbetriebUntil: orNull("string"),
  notMeasured: list(text),
  retirement,
  callers: integer,
  using: integer,
  knocking: integer,
  cycle: object({ name: orNull("string"), period: text }),
  closed: orNull("string"),
  successorShare: orNull("number"),
  milestones: list(milestone),
});

export const shadow: Schema = {
  anyOf: [
    object({
      bridge: text,
      active: { type: "boolean" },
      to: orNull("string"),
      until: orNull("string"),
      approval: { anyOf: [object({ by: text, on: text, reference: text }), { type: "null" }] },
      since: orNull("string"),
      types: list(
        object({
          type: text,
          equal: integer,
          explained: integer,
          open: integer,
          failed: integer,
          dropped: integer,
          uncompared: integer,
        }),
      ),
      differences: list(
        object({
          type: text,
          path: text,
          count: integer,
          last: text,
          reason: orNull("string"),
          ours: orNull("string"),
          theirs: orNull("string"),
        }),
      ),
    }),
    { type: "null" },
  ],
};

export const progress = object({
  bridge: text,
  probe: orNull("string"),
  last: orNull("string"),
  failing: { anyOf: [object({ since: text, message: text }), { type: "null" }] },
  successorShare: orNull("number"),
  measuredDays: integer,
  milestones: list(milestone),
  split: {
    anyOf: [object({ values: list(text), to: text, moved: integer, stayed: integer }), { type: "null" }],
  },
  trend: list(object({ date: text, share: orNull("number") })),
  days: list(object({ date: text, bridge: integer, successor: orNull("integer"), share: orNull("number") })),
});

export const notbetrieb = object({
  bridge: text,
  stage: integer,
  from: text,
  until: text,
  reason: text,
  ticket: text,
  uses: integer,
});

export const seenCaller = object({
  id: text,
  name: text,
  by: text,
  first: text,
  last: text,
  calls: integer,
  bridges: list(
    object({
      bridge: text,
      first: text,
      last: text,
      calls: integer,
      days: list(object({ date: text, calls: integer })),
    }),
  ),
});

export const problemSchema = object({ type: text, title: text, status: integer, detail: text, code: text });
