// What is carried through the writing of one element, and the texts that every part of it writes.

import type { Value } from "../../../core/contract.ts";
import { escapeAttribute, escapeText, fitsXml } from "../../shared/xml/escape.ts";
import { mismatch, type Place } from "./mismatch.ts";
import type { Plans } from "./plan.ts";
import { kindOf } from "./texts.ts";

export type Obj = { readonly [name: string]: Value };

/** Puts the content of a base64Binary element somewhere else, and says what stands there instead; undefined = leave it. */
export type Binary = (text: string, place: Place) => string | undefined;

export interface Writing {
  out: string;
  /** Prefixes that were made up on the way. */
  prefixes: number;
  /** Namespaces that are used, by index. */
  readonly used: boolean[];
  readonly plans: Plans;
  /** Keys and positions (from 0) on the way to where the writing is. */
  readonly path: Place;
  readonly binary: Binary | undefined;
  /** SOAP encoding: every element says its type (SOAP 1.1, 5.1). */
  readonly encoded: boolean;
}

export const DEPTH_LIMIT = 128;

export function use(writing: Writing, namespace: number): void {
  if (namespace >= 0) writing.used[namespace] = true;
}

export function plainText(writing: Writing, value: Value): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw mismatch(writing.path, `expected a text, not ${kindOf(value)}`);
  }
  return fitting(writing, String(value), escapeText);
}

export function fitting(writing: Writing, text: string, escape: (text: string) => string): string {
  if (!fitsXml(text)) throw mismatch(writing.path, "holds a character that XML cannot hold");
  return escape(text);
}

export function attributeValue(writing: Writing, text: string): string {
  return fitting(writing, text, escapeAttribute);
}

export function isObject(value: Value): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isNil(value: Obj): boolean {
  const nil = Object.hasOwn(value, "@xsi:nil") ? value["@xsi:nil"] : undefined;
  return nil === true || nil === "true" || nil === "1";
}
