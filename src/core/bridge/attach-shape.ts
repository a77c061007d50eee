// `receive.attach` as a shape: what the source of the drops says in short, or a source of its own.

import type { AnyShape } from "../options/shape.ts";
import { duration, integer, oneKeyBeside, pattern, required, text } from "../options/shape.ts";
import type { AnyAdapter } from "./sections.ts";

type Shapes = Readonly<Record<string, AnyShape>>;

const DAY = 86_400_000;

/** Of a source: what decides how its files are taken, whatever their folder. Each may differ for attachments. */
export const ATTACH_OPTIONS = ["settle", "marker", "after", "archive"] as const;

/** An option as another one that is taken from elsewhere where it is not written here. */
function inherited(shape: AnyShape): AnyShape {
  const { default: _, required: __, ...rest } = shape;
  return { ...rest, required: false };
}

function propertiesOf({ options }: AnyAdapter): Shapes {
  const { kind } = options as AnyShape;
  return kind.type === "object" ? kind.properties : {};
}

/** Sources of files: those that have patterns for names, and those that have folders, too. */
export function takesFiles(adapter: AnyAdapter, from: "files" | "path" = "files"): boolean {
  const known = propertiesOf(adapter);
  return adapter.role === "source" && Object.hasOwn(known, "files") && Object.hasOwn(known, from);
}

/** `receive.attach`: options of the files' source in short, or a source of its own, without what `files` of attach says. */
export function attachShape(adapters: readonly AnyAdapter[]): AnyShape {
  const files = adapters.filter((adapter) => takesFiles(adapter));
  const folders = files.find((adapter) => takesFiles(adapter, "path"));
  const known = folders ? propertiesOf(folders) : {};
  const taking = ATTACH_OPTIONS.flatMap((name) => {
    const shape = known[name];
    const more = name === "settle" ? "; written here, these files need no marker" : "";
    const doc = `${shape?.doc}; as at the source of the drops if left out${more}`;
    return shape === undefined ? [] : [[name, { ...inherited(shape), doc }] as const];
  });
  const sources = files.map((adapter) => {
    const { files: _, ...properties } = propertiesOf(adapter);
    const kind = { type: "object" as const, properties };
    return [
      adapter.name,
      { ...adapter.options, kind, required: false, doc: `${adapter.summary.slice(0, -1)}, as receive.${adapter.name}` },
    ] as const;
  });
  return oneKeyBeside(
    Object.fromEntries(sources),
    {
      path: text("folder of the attachments at the same source; otherwise attach names a source of its own", {
        example: "/pdf",
      }),
      files: required(
        pattern("text", "names of a record's files: formulas in braces, and * ? [a-z] between them", {
          example: '"{KUNDE}_{NUMMER}_*.pdf"',
        }),
      ),
      least: integer("so many files belong to a record at least; 0: those that are there, and no waiting", {
        default: 1,
        least: 0,
        most: 1_000,
      }),
      wait: duration("how long after the receipt of its drop a record waits for them before it is a dead letter", {
        default: "1h",
        least: 1_000,
        most: 30 * DAY,
      }),
      ...Object.fromEntries(taking),
    },
    "files that come beside the records, before or after them, and belong to them by their names",
    { none: true, example: '{ path: /pdf, files: "{KUNDE}_*.pdf" }' },
  );
}
