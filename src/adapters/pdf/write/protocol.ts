// What travels between the writer and the thread that writes: everything checked and plain.

import type { FieldValue } from "../read/fields.ts";
import type { Failure } from "../read/protocol.ts";
import type { Option } from "../read/form-fields.ts";

/** A field and what it gets. `path` points into the template, for messages. */
export type Filling = {
  readonly name: string;
  readonly path: string;
  /** As decode.pdf reads it again. */
  readonly expected: FieldValue | undefined;
} & (
  | { readonly kind: "text"; readonly text: string }
  /** Name of the state in the file; undefined = off. */
  | { readonly kind: "state"; readonly state: string | undefined }
  | { readonly kind: "choice"; readonly chosen: readonly Option[] }
);

export interface Sheet {
  readonly title: string | undefined;
  readonly lines: readonly SheetLine[];
  readonly footer: string | undefined;
}

/** A line without label takes the whole width. */
export interface SheetLine {
  readonly label: string | undefined;
  readonly value: string;
  readonly path: string;
}

export interface Embedded {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly description: string | undefined;
  readonly relationship: "Alternative" | "Data" | "Source" | "Supplement" | "Unspecified";
}

export interface WriteJob {
  /** A form to fill in, or a sheet to make. The bytes are shared memory. */
  readonly form:
    | { readonly bytes: Uint8Array; readonly fillings: readonly Filling[]; readonly flatten: boolean }
    | undefined;
  readonly sheet: Sheet | undefined;
  readonly embed: readonly Embedded[];
  readonly title: string | undefined;
  /** Milliseconds: the file's dates. */
  readonly received: number;
  /** 32 hexadecimal digits: the file's identifier. */
  readonly id: string;
}

export type WriteAnswer = { readonly bytes: Uint8Array } | { readonly failure: Failure };
