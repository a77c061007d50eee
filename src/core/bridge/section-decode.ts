// `decode`: the codec, and the names that records have as far as they are known before any data.

import { createReadStream } from "node:fs";
import type { Codec } from "../contract.ts";
import { bindOptions } from "../options/bind.ts";
import { texts } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import type { AnyShape } from "../options/shape.ts";
import {
  boundAdapter,
  checkContext,
  checkSection,
  chosenAdapter,
  counting,
  outsideOf,
  reportThrown,
} from "./loading.ts";
import type { Loading } from "./loading.ts";
import { checkAdapter } from "./check-adapter.ts";
import { findingAt, finding } from "./finding.ts";
import { unpacking } from "../unpack/unpacking.ts";
import { decodeShape } from "./sections.ts";
import type { MapNode, Node } from "./tree.ts";
import type { Bound } from "./types.ts";

export interface Decoding {
  readonly bound: Bound<"codec"> | undefined;
  /** Name and options for encode, whose defaults mirror them. */
  readonly mirror: { readonly name: string; readonly options: unknown } | undefined;
  readonly fields: readonly string[] | undefined;
  readonly optional: readonly string[];
  readonly textFields: boolean;
  /** Names that the records of tests have, where the format itself does not list them (JSON, XML). */
  readonly seen?: readonly string[] | undefined;
}

/** Names of a record where nothing was decoded: there are none to read. */
const RAW: Decoding = { bound: undefined, mirror: undefined, fields: [], optional: [], textFields: false };
/** After findings nothing is known, so that names are not reported as well. */
const BROKEN: Decoding = { bound: undefined, mirror: undefined, fields: undefined, optional: [], textFields: false };

export async function loadDecode(loading: Loading, written: Node | undefined): Promise<Decoding> {
  if (!written) return RAW;
  const node = movedInside(loading, written);
  const { report, errors } = counting(loading.report);
  const checked = checkSection({ ...loading, report }, node, decodeShape(loading.adapters), "decode");
  const chosen = node.kind === "map" ? chosenAdapter(loading, node, "codec") : undefined;
  const options = checked?.kind === "object" && chosen ? checked.entries.get(chosen.adapter.name) : undefined;
  const inside = options?.kind === "object" ? options : undefined;
  const optional = [...texts(checked as CheckedObject | undefined, "optional"), ...texts(inside, "optional")];
  if (!chosen || !options || errors() > 0) return { ...BROKEN, optional };
  const { adapter, at } = chosen;
  checkAdapter(adapter, at, options, report);
  if (errors() > 0) return { ...BROKEN, optional };
  let codec: Codec;
  let bound: unknown;
  try {
    bound = bindOptions(options, outsideOf(loading));
    codec = unpacking((await adapter.build(bound, checkContext(loading))) as Codec);
  } catch (cause) {
    reportThrown(loading.report, cause, at);
    return { ...BROKEN, optional };
  }
  const { listed, seen } = codec.fields ? { listed: codec.fields } : await fieldsOfTests(loading, codec);
  return {
    bound: unpacked(boundAdapter<"codec">(loading, adapter, at, options)),
    mirror: { name: adapter.name, options: bound },
    textFields: codec.textOnly === true,
    fields: listed,
    optional,
    seen,
  };
}

/** What is decoded may come packed. */
function unpacked(bound: Bound<"codec">): Bound<"codec"> {
  return { ...bound, build: async (context) => unpacking(await bound.build(context)) };
}

/** `decode: { csv: …, empty: […] }` is the same as `decode: { csv: { …, empty: […] } }`, where the codec has the option. */
function movedInside(loading: Loading, node: Node): Node {
  if (node.kind !== "map") return node;
  const chosen = chosenAdapter(loading, node, "codec");
  const own = node.entries.find(({ key }) => key === chosen?.adapter.name);
  if (!chosen || own?.value.kind !== "map") return node;
  const options = propertiesOf(chosen.adapter.options as AnyShape);
  let inner: MapNode = own.value;
  const entries = node.entries.filter((entry) => {
    if ((entry.key !== "optional" && entry.key !== "empty") || !Object.hasOwn(options, entry.key)) return true;
    const twice = inner.entries.find(({ key }) => key === entry.key);
    if (twice) {
      const message = `decode.${entry.key} and decode.${chosen.adapter.name}.${entry.key} (line ${twice.keyAt.line}) say the same thing twice`;
      loading.report(
        finding("DUPLICATE_KEY", entry.keyAt, message, { hint: "keep one of them", length: entry.key.length }),
      );
    } else inner = { ...inner, entries: [...inner.entries, entry] };
    return false;
  });
  for (const entry of entries) {
    if (entry.key === "empty") {
      loading.report(
        findingAt("UNKNOWN_KEY", entry.value, `${chosen.adapter.name} knows no empty cells`, {
          hint: "leave empty out",
        }),
      );
    }
  }
  return { ...node, entries: entries.map((entry) => (entry.key === own.key ? { ...entry, value: inner } : entry)) };
}

function propertiesOf(shape: AnyShape): Readonly<Record<string, AnyShape>> {
  return shape.kind.type === "object" ? shape.kind.properties : {};
}

const MOST_SAMPLES = 50;
const MOST_SEEN = 100_000;

interface Names {
  /** Those of header lines. */
  readonly listed?: readonly string[] | undefined;
  /** Those that records have, where there are no header lines. */
  readonly seen?: readonly string[] | undefined;
}

/**
 * Names in the inputs of tests, together, because not every test shows every column. undefined where there is no test that can
 * be decoded.
 */
async function fieldsOfTests(loading: Loading, codec: Codec): Promise<Names> {
  const listed = new Set<string>();
  const seen = new Set<string>();
  let headers = false;
  let whole = true;
  for (const { input } of loading.folder.tests.slice(0, MOST_SAMPLES)) {
    const names = await firstNames(input, codec);
    headers ||= names.listed !== undefined;
    for (const name of names.listed ?? []) listed.add(name);
    whole &&= names.listed !== undefined || names.seen !== undefined;
    for (const name of names.seen ?? []) seen.add(name);
  }
  if (headers) return { listed: [...listed] };
  return whole && seen.size > 0 ? { seen: [...seen] } : {};
}

async function firstNames(input: string, codec: Codec): Promise<Names> {
  const abort = new AbortController();
  const stream = createReadStream(input);
  const seen = new Set<string>();
  let records = 0;
  try {
    const context = { signal: abort.signal, pinned: undefined, detected: () => {} };
    for await (const batch of codec.decode(stream, context)) {
      if (batch.fields) return { listed: batch.fields };
      for (const record of batch.records) for (const name of Object.keys(record)) seen.add(name);
      records += batch.records.length;
      // What lies behind may have more names.
      if (records > MOST_SEEN) return {};
    }
  } catch {
    // A test may hold a drop that cannot be decoded; steg test says whether that is what it expects.
  } finally {
    abort.abort();
    stream.destroy();
  }
  return { seen: [...seen] };
}
