// Messages → parcels: one each, or batches of consecutive messages with one way and one destination.

import type { Enclosure, Parcel } from "../contract.ts";
import type { Spool } from "../journal/types.ts";
import type { Way } from "../bridge/types.ts";
import { idempotencyKey } from "./identity.ts";
import type { Message } from "./map-unit.ts";

/** A parcel that still knows its messages, so that a refused batch can be halved. */
export interface Lot {
  readonly way: Way;
  readonly messages: readonly Message[];
  readonly first: number;
  readonly last: number;
}

export function lotOf(way: Way, messages: readonly Message[]): Lot {
  return { way, messages, first: (messages[0] as Message).unit.first, last: (messages.at(-1) as Message).unit.last };
}

/** Halves by number of messages; the same halves on every attempt. */
export function halves(lot: Lot): readonly [Lot, Lot] {
  const middle = lot.messages.length >> 1;
  return [lotOf(lot.way, lot.messages.slice(0, middle)), lotOf(lot.way, lot.messages.slice(middle))];
}

/** XML documents cannot be joined: there each message is a parcel of its own, whatever `deliver.batch` says. */
export function isBatched(way: Way): boolean {
  return way.deliver.batch !== undefined && way.encode.single !== true;
}

export function textOf(lot: Lot): string {
  const { encode } = lot.way;
  if (!isBatched(lot.way)) return encode.aloneHead + (lot.messages[0] as Message).body + encode.aloneTail;
  return encode.head + lot.messages.map((message) => message.body).join(encode.between) + encode.tail;
}

function bytesOf(lot: Lot): Uint8Array {
  const [first] = lot.messages;
  // Documents stand alone in their bodies, and XML is UTF-8.
  return first?.bytes ?? lot.way.encode.toBytes(textOf(lot));
}

/** Where the bytes of enclosures lie. */
export type Payloads = Pick<Spool, "read">;

/** Throws BridgeError (stage encode) where a character does not exist in the target's encoding. */
export function parcelOf(
  lot: Lot,
  drop: string,
  identity: string,
  generation: number,
  spool: Payloads,
  traceparent?: string,
): Parcel {
  const { encode } = lot.way;
  const enclosures = enclosuresOf(lot, spool);
  return {
    first: lot.first,
    last: lot.last,
    messages: lot.messages.length,
    body: bytesOf(lot),
    contentType: isBatched(lot.way) ? encode.batchContentType : encode.contentType,
    key: idempotencyKey(identity, lot.first, lot.last, generation),
    ...(enclosures.length > 0 && { enclosures }),
    scope: (lot.messages[0] as Message).scope,
    drop,
    traceparent,
  };
}

const NONE: readonly Enclosure[] = [];

/** Batches have none: receive.attach and deliver.batch exclude each other. */
function enclosuresOf({ messages }: Lot, spool: Payloads): readonly Enclosure[] {
  const named = messages.length === 1 ? messages[0]?.enclosures : undefined;
  if (!named) return NONE;
  return named.map(({ name, attachment }) => ({
    name,
    mediaType: attachment.mediaType,
    size: attachment.size,
    sha256: attachment.sha256,
    open: (signal) => spool.read(attachment.id, signal),
  }));
}
