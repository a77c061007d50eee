// What check.ts makes of YAML: everything is known and compiled, nothing is resolved yet. bind.ts makes values of it.

import type { Position } from "../errors.ts";
import type { Node, Report, ScalarNode } from "../bridge/tree.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import type { AnyShape } from "./shape.ts";

/** A piece of a text that is known once the adapter is built, or once there is a record. */
export type CheckedPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "formula"; readonly formula: CompiledFormula }
  | { readonly type: "env"; readonly name: string }
  | { readonly type: "file"; readonly path: string };

interface At {
  readonly at: Position;
}

export type Checked =
  | ({ readonly kind: "value"; readonly value: string | number | boolean } & At)
  /** With values from outside; `refuse` says why the resolved text is not allowed. */
  | ({
      readonly kind: "outside";
      readonly parts: readonly CheckedPart[];
      readonly path: string;
      refuse(text: string): string | undefined;
    } & At)
  | ({
      readonly kind: "pattern";
      readonly parts: readonly CheckedPart[];
      readonly place: "url" | "path" | "name" | "text";
      readonly path: string;
      /** As written, without values. */
      readonly source: string;
    } & At)
  | ({ readonly kind: "formula"; readonly formula: CompiledFormula } & At)
  | ({ readonly kind: "list"; readonly items: readonly Checked[] } & At)
  | ({ readonly kind: "object"; readonly entries: ReadonlyMap<string, Checked> } & At)
  | ({ readonly kind: "node"; readonly node: Node } & At);

export type CheckedObject = Extract<Checked, { kind: "object" }>;

/** A weaker option that is allowed until a date. */
export interface GrantedException {
  /** `deliver.http.url` */
  readonly option: string;
  readonly reason: string;
  readonly approvedBy: string;
  readonly until: string;
  readonly at: Position;
}

/** What the check asks of its surroundings. Paths are `receive.folder.settle`. */
export interface CheckEnvironment {
  readonly report: Report;
  /** ISO date: exceptions end. */
  readonly today: string;
  /** Whether `${env:…}` and `${file:…}` may stand here. */
  readonly outside: boolean;
  /** Compiles a formula of the option at this path; undefined after findings. */
  compile(node: ScalarNode, path: string): CompiledFormula | undefined;
  /** Why a file of the bridge cannot be used; undefined = it can. */
  refuseFile(path: string, catalog: boolean): string | undefined;
  /** Where else an unknown key is known: `receive.folder`. */
  elsewhere(key: string, path: string): readonly string[];
  /** Keys that exist in the language of bridge files but not in this version: why, and what there is instead. */
  unavailable(path: string, known: readonly string[]): string | undefined;
  granted?(exception: GrantedException): void;
}

export type CheckOption = (
  node: Node,
  shape: AnyShape,
  path: string,
  environment: CheckEnvironment,
) => Checked | undefined;

/** A value of a checked object as its shape says; where it is not given, what stands for it. */
export function plain<T extends string | number | boolean>(
  object: CheckedObject | undefined,
  key: string,
  otherwise?: T,
): T | undefined {
  const checked = object?.entries.get(key);
  return checked?.kind === "value" ? (checked.value as T) : otherwise;
}

export function part(object: CheckedObject | undefined, key: string): CheckedObject | undefined {
  const checked = object?.entries.get(key);
  return checked?.kind === "object" ? checked : undefined;
}

export function items(object: CheckedObject | undefined, key: string): readonly Checked[] {
  const checked = object?.entries.get(key);
  return checked?.kind === "list" ? checked.items : [];
}

/** The formula behind a key. */
export function formulaOf(object: CheckedObject | undefined, key: string): CompiledFormula | undefined {
  const checked = object?.entries.get(key);
  return checked?.kind === "formula" ? checked.formula : undefined;
}

/** The YAML node behind a key of kind node. */
export function nodeOf(object: CheckedObject | undefined, key: string): Node | undefined {
  const checked = object?.entries.get(key);
  return checked?.kind === "node" ? checked.node : undefined;
}

/** A list of texts. */
export function texts(object: CheckedObject | undefined, key: string): readonly string[] {
  return items(object, key).flatMap((item) =>
    item.kind === "value" && typeof item.value === "string" ? [item.value] : [],
  );
}
