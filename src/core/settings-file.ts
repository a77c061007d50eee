// steg.yaml beside the mappings: the settings' names in camelCase, `tls:` with `cert`, `key`, `clientCa`; and what it says of bridges.

import { readFileSync } from "node:fs";
import type { Node, Pair } from "yaml";
import { BridgeError } from "./errors.ts";
import type { Position } from "./errors.ts";
import { nearest } from "./options/nearest.ts";
import { MOST_TAGS, sorted, tagFault, type TagSettings } from "./tags.ts";

const SECTIONS: ReadonlySet<string> = new Set(["tls", "jwt", "oidc", "webhook", "mail", "otlp"]);
const BRIDGES = "bridges";
const MOST_SETTINGS_FILE = 65_536;

export interface SettingsFile {
  readonly path: string;
  /** Lists of tags as one text, with commas between. */
  readonly values: ReadonlyMap<string, { readonly text: string; readonly origin: string }>;
  readonly bridges: TagSettings["bridges"];
}

type Yaml = typeof import("yaml");
type Value = Node | null;
type At = (node: Node | null | undefined) => Position;

/** `known`: keys that may stand there, dotted. SETTING_INVALID, FILE_UNREADABLE */
export async function readSettingsFile(path: string, known: readonly string[]): Promise<SettingsFile> {
  const values = new Map<string, { text: string; origin: string }>();
  const source = textOf(path);
  if (source === undefined) return { path, values, bridges: new Map() };
  const yaml = await import("yaml");
  const { LineCounter, isScalar, parseDocument } = yaml;
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, logLevel: "silent" });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file: path, line, column: col };
  };
  const at: At = (node) => place(node?.range?.[0] ?? 0);
  const problem = document.errors[0];
  if (problem !== undefined)
    throw new BridgeError("SETTING_INVALID", `${path} is not valid YAML`, { position: place(problem.pos[0]) });
  let bridges: TagSettings["bridges"] = new Map();
  const visit = (node: Value, prefix: string): void => {
    for (const { key, value } of pairsOf(yaml, node, prefix === "" ? "steg.yaml" : prefix.slice(0, -1), at)) {
      if (!isScalar(key)) continue;
      const name = prefix + String(key.value);
      if (SECTIONS.has(name)) visit(value, `${name}.`);
      else if (name === BRIDGES) bridges = bridgesOf(yaml, value, at);
      else if (!known.includes(name)) throw unknownKey(name, [...known, BRIDGES], at(key));
      else if (name === "tags" && !isScalar(value))
        values.set(name, { text: tagsAt(yaml, value, name, at).join(), origin: `${path}:${at(key).line} (${name})` });
      else if (!isScalar(value) || value.value === null)
        throw new BridgeError("SETTING_INVALID", `${name} must be text`, { position: at(key) });
      else values.set(name, { text: value.source ?? "", origin: `${path}:${at(key).line} (${name})` });
    }
  };
  visit(document.contents, "");
  return { path, values, bridges };
}

/** undefined = there is none. */
function textOf(path: string): string | undefined {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new BridgeError("FILE_UNREADABLE", `${path} cannot be read`, { cause });
  }
  if (source.length > MOST_SETTINGS_FILE) throw new BridgeError("SETTING_INVALID", `${path} is larger than 64 KiB`);
  return source;
}

/** Of a map; nothing of what is left empty. */
function pairsOf({ isMap, isScalar }: Yaml, node: Value, name: string, at: At): readonly Pair<Node, Value>[] {
  if (isMap(node)) return node.items as unknown as readonly Pair<Node, Value>[];
  if (node === null || (isScalar(node) && node.value === null)) return [];
  throw new BridgeError("SETTING_INVALID", `${name} must be a map of settings`, { position: at(node) });
}

/** `bridges: { gewerbe: { tags: [ "kommune:neustadt" ] } }` */
function bridgesOf(yaml: Yaml, node: Value, at: At): TagSettings["bridges"] {
  const found = new Map<string, { tags: readonly string[]; at: Position }>();
  for (const { key, value } of pairsOf(yaml, node, BRIDGES, at)) {
    if (!yaml.isScalar(key)) continue;
    const bridge = String(key.value);
    const path = `${BRIDGES}.${bridge}`;
    for (const inner of pairsOf(yaml, value, path, at)) {
      const name = yaml.isScalar(inner.key) ? `${path}.${String(inner.key.value)}` : path;
      if (name !== `${path}.tags`) throw unknownKey(name, [`${path}.tags`], at(inner.key));
      found.set(bridge, { tags: tagsAt(yaml, inner.value, name, at), at: at(key) });
    }
  }
  return found;
}

/** A list of tags, each with its own place in an error. */
function tagsAt({ isSeq, isScalar }: Yaml, node: Value, name: string, at: At): readonly string[] {
  if (!isSeq(node))
    throw new BridgeError("SETTING_INVALID", `${name} must be a list of tags: [ "kommune:musterstadt" ]`, {
      position: at(node),
    });
  const tags = (node.items as readonly Value[]).map((item) => {
    const fault = isScalar(item) ? tagFault(String(item.value)) : 'a tag is text, in quotes: "kommune:musterstadt"';
    if (fault !== undefined) throw new BridgeError("SETTING_INVALID", `${name}: ${fault}`, { position: at(item) });
    return String((item as { readonly value?: unknown }).value);
  });
  if (tags.length > MOST_TAGS)
    throw new BridgeError("SETTING_INVALID", `${name} has more than ${MOST_TAGS} tags`, { position: at(node) });
  return sorted(tags);
}

function unknownKey(name: string, known: readonly string[], position: Position): BridgeError {
  const near = nearest(name, known);
  return new BridgeError("SETTING_INVALID", `${name} is no setting`, {
    position,
    ...(near !== undefined && { hint: `Did you mean ${near}?` }),
  });
}
