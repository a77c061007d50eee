// The certificate of a bridge that was retired: what it was and did, who closed it, where the trail stood, signed by the appliance.
//
// A file has one form only (names sorted, indented by two, a line end), so that not a byte of it can differ. The signature is Ed25519
// over the same without `signature`, as canonical JSON (RFC 8785): two lines of any other tool verify it. Decision 19.

import { createHash, createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { canonicalJson, indentedJson } from "../../canonical-json.ts";
import type { Json } from "../../canonical-json.ts";
import { checkpointBytes } from "../../journal/store/trail.ts";
import type { AuditCheckpoint } from "../../journal/types.ts";
import type { BridgeReport } from "./report.ts";

export const CERTIFICATE = "steg-retirement";
const SIGNATURE_BYTES = 64;
export const MOST_CERTIFICATE = 1 << 20;

export type CertificateBody = BridgeReport & {
  readonly certificate: typeof CERTIFICATE;
  readonly version: 1;
  readonly appliance: {
    /** `sha256:` and the SHA-256 of the public key (SubjectPublicKeyInfo, DER) in hex. */
    readonly id: string;
    /** PEM, SubjectPublicKeyInfo, Ed25519. */
    readonly publicKey: string;
    readonly version: string;
  };
  readonly closed: {
    /** ISO 8601 in UTC, by the trusted clock. */
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    /** Before its sunset, because nobody used it. */
    readonly early: boolean;
  };
  /** The head of the trail behind the retirement, signed as a checkpoint of it; `at` in milliseconds. */
  readonly trail: AuditCheckpoint & { readonly [name: string]: Json };
  readonly issued: string;
};

export type Certificate = CertificateBody & { readonly signature: string };

/** The text that is signed, and then the file. */
export function signedText(body: CertificateBody): string {
  return canonicalJson(body);
}
export function certificateFile(body: CertificateBody, signature: string): string {
  return indentedJson({ ...body, signature });
}

/** `sha256:…` of a public key; throws where the text is no PEM of one. */
export function keyId(pem: string): string {
  return idOf(createPublicKey(pem));
}

function idOf(key: KeyObject): string {
  return `sha256:${createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex")}`;
}

export type CertificateVerdict =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly why: string };

const broken = (why: string): CertificateVerdict => ({ ok: false, why });

/** Whether the file is as it was signed. `expected`: the id of the appliance's key, from elsewhere; without it any key will do. */
export function verifyCertificate(bytes: Uint8Array, expected?: string): CertificateVerdict {
  if (bytes.length > MOST_CERTIFICATE) return broken("the file is too large for a certificate");
  const read = readForm(bytes);
  if (typeof read === "string") return broken(read);
  const { signature, ...body } = read;
  const fault = keyFault(read, expected) ?? signatureFault(body, signature, read.appliance.publicKey);
  return fault === undefined ? { ok: true, certificate: read } : broken(fault);
}

/** The certificate, or why it is none. */
function readForm(bytes: Uint8Array): Certificate | string {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return "the file is no JSON in UTF-8";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "the file is no certificate";
  const { certificate, version } = value as Partial<Certificate>;
  if (certificate !== CERTIFICATE) return "the file is no certificate of a retired bridge";
  if (version !== 1) return "the certificate is of a version that this steg does not know";
  try {
    if (indentedJson(value as Json) !== text) return "the file is not written as certificates are: somebody changed it";
  } catch {
    return "the file holds what no certificate does";
  }
  return hasShape(value) ? (value as Certificate) : "the certificate lacks what every certificate has";
}

const SHAPE: Readonly<Record<string, readonly string[]>> = {
  appliance: ["id", "publicKey", "version"],
  bridge: ["name", "title", "owner"],
  closed: ["at", "by", "reason"],
  trail: ["hash", "signature"],
  dates: ["started", "deprecated", "sunset", "end"],
};

/** As far as it is looked at or shown; what else stands there is as it was signed. */
function hasShape(value: object): boolean {
  const parts = value as Readonly<Record<string, unknown>>;
  const isWhole = Object.entries(SHAPE).every(([name, texts]) => {
    const part = parts[name];
    if (typeof part !== "object" || part === null) return false;
    return texts.every((key) => typeof (part as Readonly<Record<string, unknown>>)[key] === "string");
  });
  const trail = parts["trail"] as AuditCheckpoint;
  return (
    isWhole &&
    typeof parts["signature"] === "string" &&
    typeof parts["issued"] === "string" &&
    Number.isSafeInteger(trail.seq) &&
    Number.isSafeInteger(trail.at)
  );
}

function keyFault({ appliance, trail }: Certificate, expected: string | undefined): string | undefined {
  let key: KeyObject;
  try {
    key = createPublicKey(appliance.publicKey);
  } catch {
    return "its public key cannot be read";
  }
  if (key.asymmetricKeyType !== "ed25519") return "its public key is not for Ed25519";
  // One form of the key only, too: PEM bears blanks and texts around it.
  if (key.export({ type: "spki", format: "pem" }) !== appliance.publicKey)
    return "its public key is not written as keys are";
  if (idOf(key) !== appliance.id) return "the id of the appliance does not belong to its public key";
  if (expected !== undefined && expected !== appliance.id)
    return "it was signed by another appliance than the one named";
  const { seq, at, hash, signature } = trail;
  if (!isSigned(checkpointBytes({ seq, at, hash }), signature, key))
    return "the signature of the trail's head does not fit";
  return undefined;
}

function signatureFault(body: CertificateBody, signature: string, pem: string): string | undefined {
  const bytes = Buffer.from(signedText(body), "utf8");
  return isSigned(bytes, signature, createPublicKey(pem))
    ? undefined
    : "the signature does not fit: somebody changed it";
}

/** Base64 can be written in several ways; only one of them counts. */
function isSigned(bytes: Uint8Array, text: string, key: KeyObject): boolean {
  const signature = Buffer.from(text, "base64");
  if (signature.length !== SIGNATURE_BYTES || signature.toString("base64") !== text) return false;
  return verify(null, bytes, key, signature);
}
