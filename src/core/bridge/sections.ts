// The grammar of the bridge file as shapes: from here come the check, the JSON Schema for editors and the reference page.
// The keys stand in the order in which the data travels.

import type { Adapter } from "../contract.ts";
import { lifecycleShape } from "../lifecycle/block.ts";
import { LEGAL_TERM } from "../lifecycle/legal-term.ts";
import { encodeOptions } from "../mapping/encode.ts";
import type { AnyShape } from "../options/shape.ts";
import { attachShape } from "./attach-shape.ts";
import { expectShape } from "./expecting.ts";
import { faceShapes } from "./face-shapes.ts";
import { probeShape } from "./section-probe.ts";
import { shadowShape } from "./section-shadow.ts";
import { splitShape } from "./section-split.ts";
import {
  boolean,
  bridgeFile,
  choice,
  duration,
  either,
  formula,
  integer,
  list,
  map,
  node,
  object,
  oneKeyBeside,
  pattern,
  required,
  size,
  text,
} from "../options/shape.ts";

type Shapes = Readonly<Record<string, AnyShape>>;

/** An adapter whatever its role and options are. */
export type AnyAdapter = Adapter<any, any>;

/** Lower-case words joined by hyphens: the name stands in paths, URLs and metrics. */
export const BRIDGE_NAME = /^[a-z](?:-?[a-z0-9]){0,62}$/;
/** Names behind `$`. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const VARIABLE_HINT = "names behind $ have letters without umlauts, digits and _, and do not begin with a digit";

const DAY = 86_400_000;

function adaptersOf(adapters: readonly AnyAdapter[], role: string): Shapes {
  const own = adapters.filter((adapter) => adapter.role === role);
  // Required only where it is chosen, so never in the list of choices.
  return Object.fromEntries(
    own.map(({ name, options, summary }) => [name, { ...options, required: false, doc: summary.replace(/\.$/, "") }]),
  );
}

/** Faces with the keys that core keeps to itself. */
function facesOf(adapters: readonly AnyAdapter[]): Shapes {
  const faces = adapters.filter((adapter) => adapter.role === "face");
  return Object.fromEntries(
    Object.entries(adaptersOf(faces, "face")).map(([name, shape]) => {
      const own = shape.kind.type === "object" ? shape.kind.properties : {};
      const later = faces.find((face) => face.name === name)?.later === true;
      const callback = later ? { callback: callbackShape(adapters) } : {};
      const properties = { ...own, ...faceShapes, ...callback };
      return [name, { ...shape, kind: { type: "object", properties } } as AnyShape];
    }),
  );
}

/** Where answers to accepted calls are sent: over HTTP, because that is what whoever calls here speaks. */
export function callbackShape(adapters: readonly AnyAdapter[]): AnyShape {
  const { inFlight, retry } = deliverBeside;
  return oneKeyBeside(
    adaptersOf(
      adapters.filter(({ name }) => name === "http"),
      "target",
    ),
    { inFlight: inFlight as AnyShape, retry: retry as AnyShape },
    "with async: where the answer is sent as well, once it is there; with deliver's options",
    { example: '{ http: { url: "https://portal.example/antworten/{$request.id}" } }' },
  );
}

/** What calls may have of their own in their cases, whatever the face. */
export function perCallShapes(adapters: readonly AnyAdapter[]): Shapes {
  return Object.assign({}, ...adapters.map(({ perCall }) => perCall ?? {})) as Shapes;
}

/** The answer that a caller waits for, beside the receipts of drops. */
export const callAnswerShapes: Shapes = {
  xml: node("the answer to a caller, an XML document; formulas see $reply, $status, $request"),
  json: node("the answer to a caller; formulas see $reply, $status, $request"),
  status: either(
    [integer("HTTP status", { least: 200, most: 599 }), formula("a formula that gives it")],
    "HTTP status",
    {
      example: "= $reply.neu ? 201 : 200",
    },
  ),
  headers: map(node("a text, or a formula"), "headers of the answer", {
    key: /^[a-z0-9-]{1,100}$/iu,
    keyHint: "letters, digits and hyphens",
    most: 50,
  }),
};

export const perShape = either(
  [
    choice(["record", "file"], "each record by itself, or all records of a file"),
    oneKeyBeside(
      {
        from: formula("a message begins at each record for which this is true", { example: "= SA = 'K'" }),
        group: formula("consecutive records with the same value are one message", { example: "= KUNDE" }),
        file: boolean("all records of a file"),
      },
      { most: size("longest input of one message", { default: "10MiB", least: 1024, most: 1024 ** 3 }) },
      "several records are one message",
    ),
  ],
  "which records are one message; without it each by itself",
  { example: "{ from: = SA = 'K' }" },
);

export const codesShape = map(
  either(
    [
      bridgeFile("file of the table", { example: "codes/rechtsform.csv" }),
      object({
        file: required(bridgeFile("file of the table", { example: "codes/partner.csv" })),
        key: text("column of the key, where it is not the first"),
      }),
    ],
    "a table: CSV with a header line, or Genericode",
  ),
  "tables for $code and $row: the first column is the key, the second the value",
  { key: VARIABLE_NAME, keyHint: VARIABLE_HINT, most: 200, example: "{ rechtsform: codes/rechtsform.csv }" },
);

const letShape = map(node("formula"), "values computed once per message, used as $name", {
  key: VARIABLE_NAME,
  keyHint: VARIABLE_HINT,
  most: 200,
  example: "{ ort: \"= $join([PLZ, ORT], ' ')\" }",
});

const ownTemplates: Shapes = {
  xml: node("an XML document: keys are elements, @ attributes, = formulas"),
  json: node("a JSON document"),
  csv: node("one line of cells, columns in order"),
  fixed: node("one line of fixed length: { length: …, fields: { NAME: { at: [1, 30], value: = X } } }"),
};

function templatesOf(adapters: readonly AnyAdapter[]): Shapes {
  return { ...ownTemplates, ...adaptersOf(adapters, "writer") };
}

/** What a map can write; one of them stands there. */
export function templateNames(adapters: readonly AnyAdapter[]): readonly string[] {
  return Object.keys(templatesOf(adapters));
}

const attachFrom = "attachments, or names of some; absent = none";
export const MOST_ATTACH_RULES = 100;

/** What each message takes along; checked where its formulas are compiled, which see the files that others cannot. */
export const mapAttachItem = either(
  [
    formula(`${attachFrom}; they keep their names`, { example: "= $attachment()" }),
    object({
      name: pattern("name", "name under which it goes; without it its own; $n counts what from gives", {
        example: "antrag.pdf",
      }),
      from: required(formula(attachFrom, { example: "= $attachment('*_EH.pdf')" })),
    }),
  ],
  "one file, or several",
  { example: "= $attachment()" },
);

const mapAttachShape = list(mapAttachItem, "files that go with the message (needs receive.attach)", {
  single: true,
  most: MOST_ATTACH_RULES,
  example: "[{ name: antrag.pdf, from: \"= $attachment('*_EH.pdf')\" }]",
});

export function mapShape(adapters: readonly AnyAdapter[]): AnyShape {
  const beside = { codes: codesShape, let: letShape, per: perShape, attach: mapAttachShape };
  return either(
    [
      formula("one formula that makes the message as JSON"),
      oneKeyBeside(templatesOf(adapters), beside, "a template", { none: true }),
    ],
    "records -> messages; without it the record as JSON, or the bytes where nothing was decoded",
    { example: "{ json: { name: = FIRMA } }" },
  );
}

/** In a case: tables and the borders of messages are the same for all cases. */
export function caseMapShape(adapters: readonly AnyAdapter[]): AnyShape {
  return either(
    [
      formula("one formula that makes the message as JSON"),
      oneKeyBeside(templatesOf(adapters), { let: letShape, attach: mapAttachShape }, "a template", { none: true }),
    ],
    "as map; let adds to the one above, attach replaces it",
  );
}

const rulesFile = (): AnyShape => bridgeFile("Schematron rules", { catalog: true, example: "rules/rechnung.sch" });

const rulesWithChoice = (): AnyShape =>
  object(
    {
      rules: required(rulesFile()),
      phase: text("phase of the rules; without it their own default, `#ALL` for all patterns", { most: 200 }),
      levels: map(
        choice(["error", "warning", "information"], "only an error keeps the message back"),
        "what rules weigh here, by their id, whatever the rules say themselves",
        { example: "{ BR-DE-21: error }" },
      ),
    },
    "",
    { example: "{ rules: rules/rechnung.sch, levels: { BR-DE-21: error } }" },
  );

export const validateShape = object(
  {
    xsd: list(
      bridgeFile("XML Schema", { catalog: true, example: "schemas/gewerbe-2.0.xsd" }),
      "XML Schema; with several each must hold",
      {
        single: true,
        most: 20,
        example: "schemas/gewerbe-2.0.xsd",
      },
    ),
    schematron: list(
      either([rulesFile(), rulesWithChoice()], "Schematron rules, alone or with a phase and levels of their own"),
      "Schematron (ISO/IEC 19757-3) with XPath 1.0 to 3.1; with several each must hold",
      { single: true, most: 20, example: "rules/rechnung.sch" },
    ),
    jsonSchema: bridgeFile("JSON Schema (2020-12)", { catalog: true, example: "schemas/antrag.json" }),
  },
  "is the message what the standard says?",
);

const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const deliverBeside: Shapes = {
  batch: object(
    {
      records: integer("messages per batch", { least: 1, most: 100_000 }),
      drop: boolean("one batch per drop"),
      at: text(
        "local time at which a term ends: its growing file gets its name; with records or drop beside it, or a target without growing files, drops wait until then",
        {
          pattern: TIME_OF_DAY,
          patternHint: 'a time of day ("22:00")',
          example: '"22:00"',
        },
      ),
      every: duration("the same, so long after the first message of the file, or the first drop that waits", {
        least: 1_000,
        most: 7 * DAY,
      }),
    },
    "several messages as one delivery; without it one at a time",
    { example: "{ records: 500 }" },
  ),
  inFlight: integer("deliveries under way at the same time", { default: 8, least: 1, most: 1_024 }),
  retry: object(
    {
      first: duration("pause before the second attempt; it doubles from then on", {
        default: "1s",
        least: 1,
        most: DAY,
      }),
      most: duration("longest pause", { default: "5m", least: 1, most: 7 * DAY }),
      attempts: integer("attempts before a message counts as stuck", { default: 8, least: 1, most: 1_000 }),
    },
    "how often and how patiently a delivery is tried again",
  ),
  outcomes: list(
    object({
      when: required(
        formula("decides on the answer: $reply, $status, $fault", { example: "= $reply.returncode = '99'" }),
      ),
      as: required(choice(["delivered", "refused", "retry"], "what the answer means")),
      status: integer("status that is told to a caller", { least: 200, most: 599 }),
      detail: formula("what the dead letter says", { example: "= $fault.text" }),
    }),
    "what a target's answer means, where the defaults do not fit; the first that fits wins",
    { most: 100 },
  ),
};

const cases = (adapters: readonly AnyAdapter[]): AnyShape =>
  list(
    object({
      call: text("the call that this case is for, of a bridge that is called", {
        example: "GET /einwohner/{id}",
        most: 500,
      }),
      ...perCallShapes(adapters),
      when: formula("true = this case; without it always", { example: "= STATUS = 'X'" }),
      skip: text("why records of this case are not sent", { example: "storniert", most: 500 }),
      map: caseMapShape(adapters),
      validate: validateShape,
      encode: encodeOptions,
      deliver: deliverShape(adapters, true, true),
      answer: answerShape(adapters),
    }),
    "which record goes which way: the first case that fits wins, what a case does not say is inherited, none = dead letter",
    { most: 1_000, example: "[{ when: = STATUS = 'X', skip: storniert }]" },
  );

export function receiveShape(adapters: readonly AnyAdapter[]): AnyShape {
  return required(
    oneKeyBeside(
      { ...adaptersOf(adapters, "source"), ...facesOf(adapters) },
      { attach: attachShape(adapters) },
      "where the legacy side is taken from: exactly one source, or one face that is called",
    ),
  );
}

const EITHER_PLACE = "; may also stand beside the codec";

export function decodeShape(adapters: readonly AnyAdapter[]): AnyShape {
  const beside: Shapes = {
    optional: list(text("name of a field"), `fields that may lack although formulas read them${EITHER_PLACE}`, {
      example: "[TELEFON]",
    }),
    empty: list(text("value"), `values that mean the same as a blank cell${EITHER_PLACE}`, { example: '["00000000"]' }),
  };
  return oneKeyBeside(
    adaptersOf(adapters, "codec"),
    beside,
    "bytes -> records; without it the bytes go through as they are",
  );
}

/** Options of which none must stand there: a case adds to those of the top level, or the other way round. */
function inParts(shapes: Shapes): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      if (shape.kind.type !== "object") return [name, shape];
      const properties = Object.entries(shape.kind.properties).map(
        ([key, each]) => [key, { ...each, required: false }] as const,
      );
      return [name, { ...shape, kind: { type: "object", properties: Object.fromEntries(properties) } }];
    }),
  );
}

/** `partly`: some of the target's options stand elsewhere. */
export function deliverShape(adapters: readonly AnyAdapter[], none: boolean, partly = false): AnyShape {
  const targets = adaptersOf(adapters, "target");
  return oneKeyBeside(
    partly ? inParts(targets) : targets,
    { ...deliverBeside, split: splitShape(targets) },
    "where the standard side takes it: exactly one target",
    { none },
  );
}

/** What answers in the drop's own format, with the place that core looks at. */
function acknowledgersOf(adapters: readonly AnyAdapter[]): Shapes {
  const path = text("folder of the source's own server that answers go to; without it where the receipts go", {
    example: "/quittung",
    most: 1_024,
  });
  return Object.fromEntries(
    Object.entries(adaptersOf(adapters, "acknowledger")).map(([name, shape]) => {
      const own = shape.kind.type === "object" ? shape.kind.properties : {};
      return [name, { ...shape, kind: { type: "object", properties: { ...own, path } } } as AnyShape];
    }),
  );
}

export function answerShape(adapters: readonly AnyAdapter[]): AnyShape {
  const faces = adapters.some(({ role }) => role === "face");
  return oneKeyBeside(
    { ...adaptersOf(adapters, "receipts"), ...acknowledgersOf(adapters) },
    faces ? callAnswerShapes : {},
    "what the legacy side hears back: receipts of drops, may be several; or the answer to a caller",
    { several: true, none: true },
  );
}

export const orderShape = either(
  [
    choice(["none", "strict"], "as fast as it goes, or one after the other"),
    object({ by: required(formula("records with the same value stay in order", { example: "= KUNDE" })) }),
  ],
  "whether messages are delivered in the order of the records",
  { default: "none", example: "{ by: = KUNDE }" },
);

/** Options of the bridge as a whole. */
export const generalShapes = {
  steg: required(choice(["1"], "version of this format", { example: "1" })),
  bridge: required(
    text("name of the bridge, as its folder", {
      pattern: BRIDGE_NAME,
      patternHint: "lower-case letters, digits and single hyphens, beginning with a letter",
      example: "gewerbeanmeldung",
    }),
  ),
  title: text("what people call it", { most: 200, example: "Gewerbeanmeldungen aus dem Altverfahren" }),
  timezone: text("IANA time zone of dates and times", { default: "Europe/Berlin" }),
} satisfies Shapes;

export const engineShapes = {
  order: orderShape,
  onDead: choice(
    ["hold", "pass"],
    "with an order: whether successors wait for a dead letter; hold unless order is none",
  ),
  onDoubt: choice(
    ["resend", "ask"],
    "a delivery whose effect is unknown, where the target ignores keys: send it again, or ask people",
    {
      default: "resend",
    },
  ),
  expect: expectShape,
  deadline: text(
    "legal term of what comes, by which clearing is sorted: calendar days and longer (P3D, P1M) or working days (3 workdays), from the day after receipt; a last day on a Saturday, Sunday or public holiday moves to the next working day (§ 193 BGB)",
    { pattern: LEGAL_TERM, patternHint: "a period such as P3D or P1M, or 3 workdays", example: "3 workdays" },
  ),
  retention: object(
    {
      payload: duration("how long payloads stay after the answer", { default: "7d", most: 3_650 * DAY }),
      dead: duration("how long payloads with open dead letters stay at most", { default: "30d", most: 3_650 * DAY }),
      held: duration("how long held drops stay", { default: "90d", most: 3_650 * DAY }),
    },
    "when payloads are erased",
  ),
  spool: object(
    {
      most: size("what may wait for the target; beyond it nothing more is taken", {
        default: "10GiB",
        least: 1024 ** 2,
      }),
    },
    "the bridge's share of the disk",
  ),
} satisfies Shapes;

/** All top-level keys in their order. */
export function sectionShapes(adapters: readonly AnyAdapter[]): Shapes {
  return {
    ...generalShapes,
    lifecycle: lifecycleShape,
    receive: receiveShape(adapters),
    decode: decodeShape(adapters),
    cases: cases(adapters),
    map: mapShape(adapters),
    validate: validateShape,
    encode: encodeOptions,
    deliver: deliverShape(adapters, true),
    answer: answerShape(adapters),
    ...engineShapes,
    probe: probeShape(adapters),
    shadow: shadowShape(adapters),
  };
}

/** The bridge file as one shape. */
export function bridgeShape(adapters: readonly AnyAdapter[]): AnyShape {
  return object(sectionShapes(adapters), "one legacy interface, for a limited time");
}
