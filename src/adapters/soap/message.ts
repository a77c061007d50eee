// A parcel's JSON → the envelope, and what goes beside it.

import type { Enclosure, Parcel, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { envelopeText } from "./envelope.ts";
import { HEADERS } from "./operations.ts";
import { contentId, type OutPart, partOfBytes, partOfEnclosure } from "./related.ts";
import { bodyAttributes, type Security, securityHeader, signed } from "./security.ts";
import { mismatch, Mismatch, type Place } from "./value/mismatch.ts";
import type { ElementPlan, Plans } from "./value/plan.ts";
import { writeElement } from "./value/write.ts";
import { isObject, type Obj } from "./value/writing.ts";
import { XOP } from "./wsdl/names.ts";
import type { SoapOperation } from "./wsdl/operation.ts";

export interface Outgoing {
  readonly envelope: Buffer;
  readonly parts: readonly OutPart[];
  /** Bytes were taken out of the envelope, so that it is XOP. */
  readonly xop: boolean;
}

export interface Writer {
  readonly plans: Plans;
  readonly security: Security | undefined;
  readonly mtom: boolean;
}

/** Base64 shorter than this costs less in the envelope than in a part of its own. */
const WORTH = 1_024;
/** Files that are put into the envelope itself. */
const INLINE_LIMIT = 32 * 1024 * 1024;

/** Throws BridgeError (stage deliver). */
export async function outgoing(
  parcel: Parcel,
  operation: SoapOperation,
  addressing: readonly string[],
  writer: Writer,
  signal: AbortSignal,
): Promise<Outgoing> {
  const { plans, security, mtom } = writer;
  const value = messageOf(parcel);
  const files = new Map((parcel.enclosures ?? []).map((file) => [`cid:${file.name}`, file]));
  const named = new Set<string>();
  const inline = mtom || files.size === 0 ? undefined : await contents(files, value, signal);
  const parts: OutPart[] = [];

  const binary = (text: string, place: Place): string | undefined => {
    const file = files.get(text);
    if (file !== undefined) {
      named.add(text);
      const content = inline?.get(text);
      return content ?? include(partOfEnclosure(contentId(file.name, parts.length), file));
    }
    if (text.startsWith("cid:")) throw mismatch(place, "refers to a file that does not go with the message", text);
    if (!mtom || text.length < WORTH) return undefined;
    return include(partOfBytes(contentId("binary", parts.length), Buffer.from(text, "base64")));
  };
  function include(part: OutPart): string {
    parts.push(part);
    return `<xop:Include xmlns:xop="${XOP}" href="cid:${encodeURI(part.id)}"/>`;
  }

  const { encoded } = operation.input;
  const options = { binary: files.size > 0 || mtom ? binary : undefined, encoded };
  const { body, headers } = checked(() => {
    const [content, blocks] = split(value, operation, plans);
    const element = operation.input.body && plans.element(operation.input.body);
    return {
      body: element === undefined ? emptyBody(content, operation) : writeElement(plans, element, content, options),
      headers: blocks.map(([plan, block]) => writeElement(plans, plan, block)),
    };
  });
  const xop = parts.length > 0;
  for (const [name, file] of files)
    if (!named.has(name)) parts.push(partOfEnclosure(contentId(file.name, parts.length), file));
  if (parts.length > 0 && security?.signer !== undefined) {
    throw unfit("a signed message with files beside it is not sent: what lies in parts would not be signed");
  }
  const all = [...(security === undefined ? [] : [securityHeader(security)]), ...addressing, ...headers];
  const { version } = operation;
  const plain = envelopeText({ version, headers: all, body, bodyAttributes: bodyAttributes(security), encoded });
  return { envelope: Buffer.from(security === undefined ? plain : signed(plain, security)), parts, xop };
}

function unfit(message: string, detail?: string): BridgeError {
  return new BridgeError("SCHEMA_INVALID", message, { stage: "deliver", detail });
}

function checked<T>(write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof Mismatch) throw unfit(cause.message, cause.detail);
    throw cause;
  }
}

// ── the message ─────────────────────────────────────────────────────────────────────────────────────────────────

function messageOf({ body, messages }: Parcel): Value {
  if (messages !== 1) throw unfit("a batch is no message of SOAP; deliver one at a time");
  if (body.length === 0) return {};
  try {
    return parseExact(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch {
    throw unfit("the message is no JSON; deliver.soap takes map.json");
  }
}

/** Digits that a number of JavaScript would not keep: long ones, zeros behind the point, exponents. */
const INEXACT = /\d{16}|\.\d*0(?!\d)|\d[eE]|\.\d{15}|\d\.\d{8,}|-0/;

/** JSON whose numbers keep the digits that they were written with: 12.50 becomes the text "12.50". */
export function parseExact(text: string): Value {
  if (!INEXACT.test(text)) return JSON.parse(text) as Value;
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_key, value, context) => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    return String(value) === context.source ? value : context.source;
  }) as Value;
}

type Blocks = readonly (readonly [ElementPlan, Value])[];

/** Headers lie in the message under a key of their own. */
function split(value: Value, operation: SoapOperation, plans: Plans): readonly [Value, Blocks] {
  if (!isObject(value) || !Object.hasOwn(value, HEADERS)) return [value, []];
  const { [HEADERS]: given, ...content } = value;
  if (given === undefined || given === null) return [content, []];
  if (!isObject(given)) throw mismatch([HEADERS], "expected an object");
  const declared = new Map(operation.input.headers.map((header) => [header.name, header.element]));
  for (const name of Object.keys(given)) {
    if (!declared.has(name)) {
      const names = [...declared.keys()].join(", ") || "none";
      throw mismatch([HEADERS], `holds a header that ${operation.name} does not have; it has ${names}`, name);
    }
  }
  const blocks: (readonly [ElementPlan, Value])[] = [];
  // In the order of the WSDL.
  for (const [name, element] of declared) {
    const plan = plans.element(element);
    const block = Object.hasOwn(given, name) ? given[name] : undefined;
    if (plan !== undefined && block !== undefined && block !== null) blocks.push([plan, block]);
  }
  return [isText(content) ? content["#text"] : content, blocks];
}

function isText(content: Obj): boolean {
  const keys = Object.keys(content);
  return keys.length === 1 && keys[0] === "#text";
}

function emptyBody(content: Value, operation: SoapOperation): string {
  if (isObject(content) && Object.keys(content).some((key) => content[key] !== undefined)) {
    throw mismatch([operation.name], "has an empty body; nothing can be said in it");
  }
  return "";
}

// ── files in the envelope ───────────────────────────────────────────────────────────────────────────────────────

/** Base64 of the files that the message names, where they are not sent as parts. */
async function contents(
  files: ReadonlyMap<string, Enclosure>,
  value: Value,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const wanted = [...files].filter(([name]) => holds(value, name));
  const size = wanted.reduce((sum, [, file]) => sum + file.size, 0);
  if (size > INLINE_LIMIT)
    throw unfit("files of more than 32 MiB are not put into an envelope; with mtom: true they go beside it");
  for (const [name, file] of wanted) {
    const pieces: Uint8Array[] = [];
    for await (const piece of partOfEnclosure("", file).pieces(signal)) pieces.push(Buffer.from(piece));
    found.set(name, Buffer.concat(pieces).toString("base64"));
  }
  return found;
}

function holds(value: Value, text: string): boolean {
  if (typeof value === "string") return value === text;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value as { readonly [name: string]: Value }).some((item) => holds(item, text));
}
