// An open PDF: objects by reference, read only when somebody asks for one, so that what a form does not need costs nothing and cannot
// harm.

import { BridgeError } from "../../../core/errors.ts";
import type { Budget } from "./budget.ts";
import { type Crypt, cryptOf } from "./crypt.ts";
import { broken } from "./faults.ts";
import { unpack } from "./filters.ts";
import { type Decipher, lexerOf, nextInteger, nextValue, placeOf } from "./lexer.ts";
import { type Dict, isDict, isList, Name, type PdfValue, Ref, Stream } from "./values.ts";
import { bytesBehind, headOf, readXref } from "./xref.ts";

export interface PdfDocument {
  readonly trailer: Dict;
  readonly catalog: Dict;
  readonly budget: Budget;
  readonly isEncrypted: boolean;
  /** What a reference leads to; null for nothing, as for a reference to an object that does not exist. */
  resolve(value: PdfValue | undefined): PdfValue;
  dict(value: PdfValue | undefined): Dict | undefined;
  list(value: PdfValue | undefined): readonly PdfValue[];
  /** The text of a name, a string as it is in bytes, a number; undefined where it is none. */
  name(value: PdfValue | undefined): string | undefined;
  bytes(value: PdfValue | undefined): Uint8Array | undefined;
  number(value: PdfValue | undefined): number | undefined;
  /** The bytes of a stream, unpacked. */
  unpacked(stream: Stream): Uint8Array;
}

/** How far into a file the header may stand: mail gateways put lines before it. */
const HEADER_WITHIN = 1024;
/** References to references. */
const MOST_STEPS = 32;
/** Objects that are needed to read an object: a stream, its length, the stream which that lies in. */
const MOST_OPENING = 16;

/** Throws PDF_NOT_PDF, PDF_BROKEN, PDF_ENCRYPTED, PDF_LIMIT. */
export function openPdf(bytes: Uint8Array, budget: Budget): PdfDocument {
  const base = headerOf(bytes);
  const { entries, trailer } = readXref(bytes, base, budget);
  const known = new Map<number, PdfValue>();
  const opening = new Set<number>();
  const packs = new Map<number, Pack>();
  let crypt: Crypt | undefined;

  function load(number: number, generation: number): PdfValue {
    const held = known.get(number);
    if (held !== undefined) return held;
    const entry = entries.get(number);
    if (entry === undefined || entry.kind === "free") return null;
    if (entry.kind === "offset" && entry.generation !== generation) return null;
    if (opening.has(number) || opening.size === MOST_OPENING) throw broken("an object needs itself to be read");
    opening.add(number);
    const value = entry.kind === "offset" ? atOffset(number, generation, entry.offset) : inPack(number, entry);
    opening.delete(number);
    known.set(number, value);
    return value;
  }

  function atOffset(number: number, generation: number, offset: number): PdfValue {
    const strings: Decipher | undefined = crypt?.strings(number, generation);
    const lexer = lexerOf(bytes, base + offset, budget, { decipher: strings });
    const head = headOf(lexer);
    if (head?.number !== number || head.generation !== generation) {
      throw broken(`${placeOf(lexer, base + offset)}, expected the object that the cross-reference table names`);
    }
    const value = nextValue(lexer);
    const packed = isDict(value) ? bytesBehind(lexer, value, resolve) : undefined;
    if (!isDict(value) || !packed) return value;
    return new Stream(value, crypt ? crypt.stream(number, generation, value, packed) : packed);
  }

  function inPack(number: number, { stream }: { readonly stream: number }): PdfValue {
    const place = entries.get(stream);
    if (place?.kind !== "offset") throw broken("an object lies in a stream that does not exist");
    let pack = packs.get(stream);
    if (!pack) {
      const value = load(stream, place.generation);
      if (!(value instanceof Stream)) throw broken("an object lies in a stream that does not exist");
      pack = packOf(value, resolve, budget);
      packs.set(stream, pack);
    }
    const offset = pack.offsets.get(number);
    if (offset === undefined) throw broken("an object is missing in the stream that is to hold it");
    return nextValue(lexerOf(pack.bytes, offset, budget, { file: false }));
  }

  function resolve(value: PdfValue | undefined): PdfValue {
    let found = value ?? null;
    for (let step = 0; found instanceof Ref; step++) {
      if (step === MOST_STEPS) throw broken("references form a circle");
      found = load(found.number, found.generation);
    }
    return found;
  }

  const encrypt = resolve(trailer.get("Encrypt"));
  if (isDict(encrypt)) {
    const [id] = listOf(resolve(trailer.get("ID"))).map(resolve);
    crypt = cryptOf(encrypt, id instanceof Uint8Array ? id : new Uint8Array(0), resolve);
    // What was read so far was read as it stands: only the description of the encryption stays so.
    const own = trailer.get("Encrypt");
    for (const number of known.keys()) if (!(own instanceof Ref && own.number === number)) known.delete(number);
  }
  const catalog = resolve(trailer.get("Root"));
  if (!isDict(catalog)) throw broken("it has no catalogue");
  return {
    trailer,
    catalog,
    budget,
    isEncrypted: crypt !== undefined,
    resolve,
    dict: (value) => dictOf(resolve(value)),
    list: (value) => listOf(resolve(value)),
    name: (value) => nameOf(resolve(value)),
    bytes: (value) => bytesOf(resolve(value)),
    number: (value) => numberOf(resolve(value)),
    unpacked: (stream) => unpack(stream, resolve, budget),
  };
}

function dictOf(value: PdfValue): Dict | undefined {
  return value instanceof Stream ? value.dict : isDict(value) ? value : undefined;
}
function listOf(value: PdfValue): readonly PdfValue[] {
  return isList(value) ? value : [];
}
function nameOf(value: PdfValue): string | undefined {
  return value instanceof Name ? value.text : undefined;
}
function bytesOf(value: PdfValue): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
function numberOf(value: PdfValue): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Index of `%PDF-`. */
function headerOf(bytes: Uint8Array): number {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEADER_WITHIN));
  const at = start.indexOf("%PDF-");
  if (at !== -1) return at;
  const found = bytes.length === 0 ? "it is empty" : `it begins as ${kindOf(start)}`;
  throw new BridgeError("PDF_NOT_PDF", `the file is no PDF: ${found}`, { stage: "decode" });
}

function kindOf(start: Buffer): string {
  const text = start.toString("latin1").trimStart().toLowerCase();
  if (text.startsWith("<!doctype html") || text.startsWith("<html")) return "a web page";
  if (text.startsWith("<")) return "XML";
  if (text.startsWith("pk\u0003\u0004")) return "a ZIP archive or an office document";
  if (start[0] === 0xff && start[1] === 0xd8) return "a JPEG image";
  if (text.startsWith("ii*\0") || text.startsWith("mm\0*")) return "a TIFF image";
  return "something else";
}

// ── object streams ──────────────────────────────────────────────────────────────────────────────────────────────

interface Pack {
  readonly bytes: Uint8Array;
  readonly offsets: ReadonlyMap<number, number>;
}

/** ISO 32000-1, 7.5.7: numbers and offsets first, then the objects. */
function packOf(stream: Stream, resolve: (value: PdfValue | undefined) => PdfValue, budget: Budget): Pack {
  const bytes = unpack(stream, resolve, budget);
  const count = numberOf(resolve(stream.dict.get("N"))) ?? 0;
  const first = numberOf(resolve(stream.dict.get("First"))) ?? 0;
  // A number and an offset each; what is no count at all is beyond every limit, too.
  budget.values(Math.max(0, count) * 2);
  const lexer = lexerOf(bytes, 0, budget, { file: false });
  const offsets = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const number = nextInteger(lexer);
    offsets.set(number, first + nextInteger(lexer));
  }
  return { bytes, offsets };
}
