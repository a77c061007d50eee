// What a schema surely allows, as far as writers can see to it while they write: the elements that may come next, and tests of texts that
// say yes only where there is no doubt. Whatever is not sure is a validator's to say.

import type { TextSpec, TextTest } from "./sure-texts.ts";
import type { QName } from "./types.ts";

export interface SureText {
  /** All of these hold. */
  readonly specs: readonly TextSpec[];
  /** The same as a function. */
  readonly test: TextTest;
  /** Entities may stand in it, each of them one character. */
  readonly entities: boolean;
}

export type Inside =
  | { readonly kind: "text"; readonly text: SureText; readonly attributes: Attributes }
  | { readonly kind: "elements"; readonly start: State; readonly attributes: Attributes }
  /** Nothing can surely be said. */
  | { readonly kind: "unsure" };

/** Attributes without namespace; of all others, and of types that are not sure, a validator is asked. */
export interface Attributes {
  readonly known: readonly Attribute[];
  /** Bits of those that have to be there. */
  readonly required: number;
}

export interface Attribute {
  /** ` name="` */
  readonly start: Uint8Array;
  readonly text: SureText;
}

export interface State {
  readonly next: readonly Step[];
  readonly mayEnd: boolean;
}

export interface Step {
  readonly name: QName;
  readonly inside: () => Inside;
  readonly to: State;
}

/** Absolute, of characters that no attribute escapes, and without a meaning of its own. */
export function isPlainNamespace(namespace: string): boolean {
  if (namespace.startsWith("http://www.w3.org/") && !namespace.endsWith("XMLSchema-instance")) return false;
  return /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$()*+,;=-]+$/.test(namespace);
}
