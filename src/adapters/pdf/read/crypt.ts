// The standard security handler (ISO 32000-1, 7.6, and ISO 32000-2 for AES-256) with the empty user password: what every viewer opens
// without asking. Whoever needs a password, or a key that is in a certificate, is refused.

import { createDecipheriv, createHash } from "node:crypto";
import { BridgeError } from "../../../core/errors.ts";
import { broken } from "./faults.ts";
import { fileKey } from "./crypt-key.ts";
import { rc4 } from "./rc4.ts";
import { type Dict, isDict, Name, type PdfValue } from "./values.ts";

export interface Crypt {
  /** Of the object with this number and generation. */
  strings(number: number, generation: number): ((bytes: Uint8Array) => Uint8Array) | undefined;
  stream(number: number, generation: number, dict: Dict, bytes: Uint8Array): Uint8Array;
}

type Method = "none" | "rc4" | "aes-128" | "aes-256";

type Resolve = (value: PdfValue | undefined) => PdfValue;

/** `id` is the first part of the trailer's ID. Throws PDF_ENCRYPTED where the empty password does not open it. */
export function cryptOf(encrypt: Dict, id: Uint8Array, resolve: Resolve): Crypt {
  const at = (key: string): PdfValue => resolve(encrypt.get(key));
  const handler = at("Filter");
  if (!(handler instanceof Name) || handler.text !== "Standard")
    throw locked("with a certificate or a method of its own");
  const version = Number(at("V") ?? 0);
  const methods = methodsOf(version, at, resolve);
  const key = fileKey(encrypt, id, resolve, version);
  if (key === undefined) throw locked("with a password");
  const open = (method: Method, number: number, generation: number, bytes: Uint8Array): Uint8Array =>
    decipher(method, key, number, generation, bytes);
  const isPlainMetadata = at("EncryptMetadata") === false;
  return {
    strings(number, generation) {
      if (methods.strings === "none") return undefined;
      return (bytes) => open(methods.strings, number, generation, bytes);
    },
    stream(number, generation, dict, bytes) {
      const type = resolve(dict.get("Type"));
      const typed = type instanceof Name ? type.text : "";
      // What tells where objects lie cannot be encrypted itself.
      if (typed === "XRef" || (typed === "Metadata" && isPlainMetadata)) return bytes;
      const own = ownFilter(dict, resolve);
      return open(own === undefined ? methods.streams : methods.named(own), number, generation, bytes);
    },
  };
}

function locked(how: string): BridgeError {
  return new BridgeError("PDF_ENCRYPTED", `the PDF is encrypted ${how}`, { stage: "decode" });
}

interface Methods {
  readonly strings: Method;
  readonly streams: Method;
  named(filter: string): Method;
}

function methodsOf(version: number, at: (key: string) => PdfValue, resolve: Resolve): Methods {
  if (version === 1 || version === 2) return { strings: "rc4", streams: "rc4", named: () => "none" };
  if (version !== 4 && version !== 5) throw locked("in a way that no standard describes");
  const filters = at("CF");
  const named = (name: string): Method => {
    if (name === "Identity") return "none";
    const filter = isDict(filters) ? resolve(filters.get(name)) : null;
    const method = isDict(filter) ? resolve(filter.get("CFM")) : null;
    const text = method instanceof Name ? method.text : "";
    const known: Readonly<Record<string, Method>> = { None: "none", V2: "rc4", AESV2: "aes-128", AESV3: "aes-256" };
    const found = Object.hasOwn(known, text) ? known[text] : undefined;
    if (found === undefined) throw locked("in a way that no standard describes");
    return found;
  };
  const chosen = (key: string): Method => {
    const name = at(key);
    return named(name instanceof Name ? name.text : "Identity");
  };
  return { strings: chosen("StrF"), streams: chosen("StmF"), named };
}

/** A stream may name a filter of its own: `/Filter [/Crypt …] /DecodeParms [<< /Name /Identity >> …]`. */
function ownFilter(dict: Dict, resolve: Resolve): string | undefined {
  const filter = resolve(dict.get("Filter"));
  const first = Array.isArray(filter) ? resolve(filter[0] as PdfValue) : filter;
  if (!(first instanceof Name) || first.text !== "Crypt") return undefined;
  const given = resolve(dict.get("DecodeParms"));
  const parameters = Array.isArray(given) ? resolve(given[0] as PdfValue) : given;
  const name = isDict(parameters) ? resolve(parameters.get("Name")) : null;
  return name instanceof Name ? name.text : "Identity";
}

/** Algorithm 1 and 1.A. */
function decipher(method: Method, key: Uint8Array, number: number, generation: number, bytes: Uint8Array): Uint8Array {
  if (method === "none") return bytes;
  if (method === "aes-256") return aes("aes-256-cbc", key, bytes);
  const salt = [
    number & 0xff,
    (number >> 8) & 0xff,
    (number >> 16) & 0xff,
    generation & 0xff,
    (generation >> 8) & 0xff,
  ];
  const hash = createHash("md5").update(key).update(Uint8Array.from(salt));
  if (method === "aes-128") hash.update("sAlT", "latin1");
  const own = hash.digest().subarray(0, Math.min(16, key.length + 5));
  return method === "rc4" ? rc4(own, bytes) : aes("aes-128-cbc", own, bytes);
}

/** The first 16 bytes are the start, the last ones padding. */
function aes(algorithm: "aes-128-cbc" | "aes-256-cbc", key: Uint8Array, bytes: Uint8Array): Uint8Array {
  // An empty string is written as nothing at all by some.
  if (bytes.length === 0) return bytes;
  try {
    const cipher = createDecipheriv(algorithm, key, bytes.subarray(0, 16));
    return Buffer.concat([cipher.update(bytes.subarray(16)), cipher.final()]);
  } catch {
    throw broken("an encrypted part cannot be decrypted");
  }
}
