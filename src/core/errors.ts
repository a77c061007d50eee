// The one error class of the product and the one table of its codes.
//
// A message says code, place and types and may be stored and logged. Values of a record stand only in `detail`,
// which is encrypted beside the payload and erased with it (docs: engine, promise 8).

export type Stage = "receive" | "decode" | "map" | "validate" | "encode" | "deliver" | "answer";

/** A place in a file of the bridge, counted from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CodeEntry {
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retry: boolean;
  /** What to do, in one sentence, for the person who meets this error first. */
  readonly hint: string;
}

/** Every code that can leave the process. Sorted by stage, then name; `docs/reference/errors.md` is generated from it. */
export const CODES = {
  // decode
  ENCODING_INVALID: {
    retry: false,
    hint: "The byte does not exist in the declared encoding; set decode.*.encoding to what the legacy system writes, or to detect.",
  },
  // map
  FORMULA_FAILED: { retry: false, hint: "steg try BRIDGE FILE --record N shows the formula's inputs." },
  // engine
  INTERNAL: { retry: false, hint: "This is a defect of Steg; STEG_LOG=debug shows the stack, please report it." },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

export interface BridgeErrorOptions {
  readonly stage?: Stage | undefined;
  /** Where in the bridge file (or a file beside it) the cause stands. */
  readonly position?: Position | undefined;
  /** Values and foreign texts; never logged, never stored in the clear. */
  readonly detail?: string | undefined;
  /** Overrides the table's hint where the place knows better. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export class BridgeError extends Error {
  readonly code: Code;
  readonly stage: Stage | undefined;
  readonly position: Position | undefined;
  readonly detail: string | undefined;
  readonly hint: string;

  constructor(code: Code, message: string, options: BridgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BridgeError";
    this.code = code;
    this.stage = options.stage;
    this.position = options.position;
    this.detail = options.detail;
    this.hint = options.hint ?? CODES[code].hint;
  }

  get retry(): boolean {
    return CODES[this.code].retry;
  }
}

/** `file:line:column`, the form that editors jump to. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** Anything thrown, as a BridgeError; a foreign text becomes detail, because it may carry values. */
export function asBridgeError(cause: unknown, stage?: Stage): BridgeError {
  if (cause instanceof BridgeError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new BridgeError("INTERNAL", "unexpected failure", { stage, detail, cause });
}
