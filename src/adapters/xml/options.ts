// What a bridge file can say about an XML document.

import { BridgeError } from "../../core/errors.ts";
import { choice, type Infer, list, map, object, required, size, text } from "../../core/options/shape.ts";
import { ENCODINGS, type Encoding } from "../shared/encodings/names.ts";
import { type Naming, prefixesOf } from "../shared/xml/naming.ts";
import type { Step } from "../shared/xml/picker.ts";

export const options = required(
  object({
    record: required(
      text(
        "path of the elements that are the records, from the root; a step without prefix matches in every namespace, one with a prefix of namespaces only there",
        {
          example: "/antraege/antrag",
          pattern: /^(\/[^/:\s]+(:[^/:\s]+)?)+$/,
          patternHint: "a path such as /antraege/antrag",
        },
      ),
    ),
    namespaces: map(text("namespace"), "prefixes used in record and, with names: prefixed, in the records", {
      example: '{ a: "urn:example:antrag" }',
      most: 100,
    }),
    names: choice(
      ["local", "prefixed"],
      "names of elements and attributes in records: local = without namespace, and two of one name but different namespaces side by side are a dead letter; prefixed = those of namespaces with their prefix there. xsi: and xml: attributes always have theirs",
      { default: "local" },
    ),
    lists: list(
      text("path below the record", { example: "positionen/position" }),
      "elements that are a list even where they occur once; others are a list where they occur more than once",
      { example: "[positionen/position]" },
    ),
    doctype: choice(
      ["refuse", "ignore"],
      "what becomes of a document with a DOCTYPE: ignore skips one that only names a DTD elsewhere, as cXML has it; the DTD is never fetched, nothing of it holds. One that declares anything itself is refused always",
      { default: "refuse" },
    ),
    encoding: choice(
      ENCODINGS,
      "overrules what the document declares; without it byte order mark, declaration, else utf-8",
    ),
    most: size("longest record, in characters", { default: "10MiB", least: 1024, most: 256 * 1024 * 1024 }),
  }),
);
export type Options = Infer<typeof options>;

export interface Plan extends Naming {
  readonly path: readonly Step[];
  /** Path as written, for messages. */
  readonly record: string;
  readonly encoding: Encoding | undefined;
  readonly most: number;
  readonly ignoresDoctype: boolean;
}

/** Options that each are right but do not go together: OPTION_UNUSABLE. */
export function planOf(options: Options): Plan {
  const namespaces = new Map(Object.entries(options.namespaces ?? {}));
  const path = options.record
    .split("/")
    .slice(1)
    .map((step): Step => {
      const [prefix, local] = step.includes(":") ? step.split(":") : [undefined, step];
      if (!local) throw unusable("record must be a path such as /antraege/antrag");
      if (prefix === undefined) return { local, uri: undefined };
      const uri = namespaces.get(prefix);
      if (uri === undefined) throw unusable(`record uses the prefix ${prefix}, which namespaces does not declare`);
      return { local, uri };
    });
  if (path.length === 0) throw unusable("record must be a path such as /antraege/antrag");
  const { record, encoding, most, names, doctype } = options;
  const prefixes = prefixesOf(namespaces, names, unusable);
  const ignoresDoctype = doctype === "ignore";
  return { path, record, prefixes, lists: new Set(options.lists ?? []), encoding, most, ignoresDoctype };
}

function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.xml: ${message}`);
}
