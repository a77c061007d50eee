// What the parts of mapping know of each other: formula compiler, template compiler, output schema.

import type { Node, Report, ScalarNode } from "../bridge/tree.ts";
import type { Position } from "../errors.ts";
import type { Scope, Value } from "../contract.ts";
import type { CellPlan } from "./formula/cell-plan.ts";
import type { Inside } from "./surely.ts";
import type { Straight } from "./template/straight.ts";
import type { StraightDocument } from "./template/straight-xml.ts";

/** A top-level name that a formula reads from the record. */
export interface UsedName {
  readonly name: string;
  readonly at: Position;
}

export interface CompiledFormula {
  /** The formula without its `=`. */
  readonly source: string;
  readonly at: Position;
  /** `item` is `$`. Throws BridgeError (stage map, code, position, record number from scope, types only). */
  readonly evaluate: (item: Value, scope: Scope) => Value;
  /** Top-level record names read when the item is the record; for "names are closed". */
  readonly names: readonly UsedName[];
  /** The same by columns alone, where the item is a record of cells; absent = it says more than that. */
  readonly cells?: CellPlan;
  /** It is `$group` and nothing else; absent = it says more, or something else. */
  readonly group?: boolean;
}

/**
 * Where the result of a formula goes, as far as attachments are concerned: `value` = it is written or computed with; `each` = its items
 * are walked over; `kept` = a value of map.let, or what map.attach takes; `condition` = only whether there is any.
 */
export type AttachmentRole = "value" | "each" | "kept" | "condition";

/** What a formula does with the files that were joined to its record. */
export interface AttachmentUse {
  /** It asks for them at all. */
  readonly asks: boolean;
  /** It may read their bytes (`.base64`). In doubt it does. */
  readonly content: boolean;
  /** Its result is attachments as $attachment gave them, and nothing of them was read yet. */
  readonly gives: boolean;
  /** Read on items, it may be their bytes, if the items are attachments. */
  readonly itemContent: boolean;
}

/** A place where `$attachment` can be called. */
export interface AttachmentPlace {
  readonly role: AttachmentRole;
  /** Names under map.let that are attachments as $attachment gave them. */
  readonly lets: ReadonlySet<string>;
  /** Told of every formula that is compiled here. */
  found(use: AttachmentUse, role: AttachmentRole): void;
}

export interface FormulaEnvironment {
  /** Names under map.let visible here, in slot order. */
  readonly lets: readonly string[];
  /** Names of the bridge's tables with their columns (undefined where the file could not be read). */
  readonly tables: ReadonlyMap<string, readonly string[] | undefined>;
  /** Extra variables of this place: reply, status, fault, request. */
  readonly variables: readonly string[];
  /** The record's top-level names where they are known before any data. */
  readonly fields: readonly string[] | undefined;
  readonly optional: readonly string[];
  /** Whether `$` here is the record (names are checked) or an item of an =each (open). */
  readonly itemIsRecord: boolean;
  /** All fields of the record are text (csv, fixed): comparing one with a number is a slip. */
  readonly textFields?: boolean;
  /** A text = why `$attachment` cannot be called here; absent = there is no message yet. */
  readonly attachments?: AttachmentPlace | string;
  readonly report: Report;
}

/** Compiles the text behind `=`; undefined after reporting findings. */
export type CompileFormula = (node: ScalarNode, environment: FormulaEnvironment) => CompiledFormula | undefined;

/** A message before encoding. */
export interface Mapped {
  /** The document as text; encoding to bytes is the encode stage's. For csv and fixed: one or more lines without line end. */
  readonly body: string;
}

/** `map.xml`, `map.json`, …: a template compiled to one function. */
export interface Template {
  /** undefined = the map is empty, the record is skipped. Throws BridgeError with stage map. */
  readonly render: (item: Value, scope: Scope) => string | undefined;
  readonly contentType: string;
  readonly names: readonly UsedName[];
  /** Header names of a csv template whose lines all have the same columns. */
  readonly columns?: readonly string[];
  /** Of what a writer makes: messages may stand one behind the other in one body. */
  readonly joins?: boolean;
  /** The same as `render`, for rows of cells and at once as bytes; absent = formulas need more than cells. */
  readonly straight?: Straight;
  /** The same for a document of its own, made of one row or many. */
  readonly document?: StraightDocument;
  /** The same: what `render` gave, for people to read. */
  readonly show?: (body: string) => string;
  /** What each line of what is shown means. */
  readonly explain?: (shown: string) => readonly string[];
  /** The template node and formula that made what stands at this path (`/gw:a/gw:b[2]/@c`), for findings of validators. */
  locate(path: string): { readonly at: Position; readonly formula: string | undefined } | undefined;
}

export interface TemplateEnvironment extends FormulaEnvironment {
  readonly compileFormula: CompileFormula;
  readonly schema: OutputSchema | undefined;
  /** For json templates, a formula alone and records that go out as they are: what the target's JSON Schema says. */
  readonly json?: JsonShape | undefined;
}

export type CompileTemplate = (node: Node, environment: TemplateEnvironment) => Template | undefined;

// ── what a target schema says, as far as templates and static checks need it ────────────────────────────────────

export interface QName {
  readonly namespace: string;
  readonly local: string;
}

/** A simple type with all facets of its derivation. */
export interface TextType {
  /** For people: `xs:date`, `din91379:datatypeC`. */
  readonly name: string;
  /** Every literal that is not allowed gets a reason (`"x" is not in the list: A, B, C …`); undefined = fine. */
  refuse(text: string): string | undefined;
  readonly enumeration: readonly string[] | undefined;
}

export interface ElementDeclaration {
  readonly name: QName;
  readonly required: boolean;
  readonly many: boolean;
  /** Alternatives of one xs:choice share a number; required then means "one of them". */
  readonly choice: number | undefined;
  /** Resolved lazily: schemas are recursive. */
  content(): ElementContent;
}

export interface ElementContent {
  readonly typeName: string;
  /** In schema order, references, groups, extensions resolved, substitution group members as entries of their own. */
  readonly children: readonly ElementDeclaration[];
  readonly attributes: readonly {
    readonly name: QName;
    readonly required: boolean;
    readonly type: TextType;
    readonly fixed?: string;
    readonly default?: string;
  }[];
  /** Type of the text; undefined where text is not allowed. */
  readonly text: TextType | undefined;
  /** xs:any or anyAttribute: unknown names may stand here. */
  readonly open: boolean;
  /** Content that must not be re-ordered (a repeating choice or sequence): keep the template's order. */
  readonly orderFree: boolean;
}

export interface OutputSchema {
  /** Global element declaration; undefined if there is none of that name. */
  root(name: QName): ElementDeclaration | undefined;
  readonly roots: readonly QName[];
  /** Content of a named type, for elements that carry xsi:type. */
  type?(name: QName): ElementContent | undefined;
}

export type JsonType = "string" | "number" | "boolean" | "null" | "list" | "object";

/** What a JSON Schema says about one place, as far as templates and static checks need it. */
export interface JsonShape {
  /** Kinds of values that are allowed; undefined = the schema does not say. */
  readonly types: ReadonlySet<JsonType> | undefined;
  /** Names an object must have. */
  readonly required: ReadonlySet<string>;
  /** Names the schema describes. */
  readonly properties: readonly string[];
  /** Names that are not described may not stand here (additionalProperties: false). */
  readonly closed: boolean;
  /** Resolved lazily: schemas are recursive. undefined = the schema says nothing about it. */
  property(name: string): JsonShape | undefined;
  item(): JsonShape | undefined;
  /** Texts of the list of allowed values; undefined where there is none or where it holds more than texts. */
  readonly enumeration: readonly string[] | undefined;
  /** For constants of a template: why the value is not allowed here; undefined = fine. */
  refuse(value: Value): string | undefined;
}

export interface ValidationFinding {
  /** `/gw:a/gw:b[2]/gw:c`, with the prefixes of the document; or a JSON pointer. */
  readonly path: string;
  /** The path for messages, where names in it may come from data: those that the schema does not name are `*`. */
  readonly shown?: string;
  /** Rule or kind, without values: `element not expected here`, `value is not in the list of gw:rechtsform`. */
  readonly message: string;
  /** The validator's own words, may carry values. */
  readonly detail: string;
  /** Of Schematron: the id of the rule that is broken. */
  readonly rule?: string;
  /** The rule could not be computed on this message, and counts as broken. */
  readonly undecided?: true;
  /** Only an error keeps the message back; absent = error. */
  readonly level?: "error" | "warning" | "information";
}

export interface Validator {
  /** Errors first; none of them = valid. Synchronous; at most 20 errors, and as many of what is none. */
  validate(body: string): readonly ValidationFinding[];
  /**
   * What a document with this root surely may hold: whoever sees to it while writing need not ask. undefined = nothing is sure, or too few
   * were validated yet for it to be worth finding out. Absent = it never knows.
   */
  readonly surely?: (root: QName) => Inside | undefined;
  dispose(): void;
}
