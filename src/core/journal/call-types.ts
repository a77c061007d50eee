// Calls that were accepted, as the journal knows them. Each is a drop; beside it stand who may ask for it and what became of it.

/** What is entered with the drop, in the same transaction. */
export interface NewCall {
  /** UUID: the last part of its Location. */
  readonly id: string;
  readonly caller: string;
  /** The caller's Idempotency-Key; kept as an HMAC. */
  readonly key: string | undefined;
  /** The same for the same request, so that another one under the same key is recognised. */
  readonly request: string;
}

export interface CallFilter {
  readonly bridge: string;
  readonly caller: string;
  readonly id: string;
}

export interface CallKey {
  readonly bridge: string;
  readonly caller: string;
  readonly key: string;
  readonly request: string;
}

export interface KnownCall {
  readonly id: string;
  /** It asked for the same. */
  readonly same: boolean;
}

export interface AcceptedCall {
  readonly id: string;
  readonly drop: string;
  readonly received: number;
  /** There is work to do; a call that failed and is tried again by people is not open. */
  readonly open: boolean;
  readonly answer: { readonly failed: boolean; readonly stored: number } | undefined;
}

/** Which answer of a call has gone out. */
export interface CalledBack {
  readonly drop: string;
  /** `answer.stored` of it. */
  readonly stored: number;
}

/** What a caller hears when it asks for the result. */
export interface KeptAnswer {
  /** It hears a problem. */
  readonly failed: boolean;
  /** As calls/kept-end.ts writes it. */
  readonly bytes: Uint8Array;
}
