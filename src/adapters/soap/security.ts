// How the bridge shows who it is within the envelope: WS-Security 1.0/1.1 with UsernameToken (profile 1.1), timestamp,
// and a signature with an X.509 certificate (token profile 1.1) over body, timestamp and user.
//
// Signatures of answers are not checked: who answers is known by TLS.

import { createHash, createPrivateKey, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { escapeText } from "../shared/xml/escape.ts";
import { BridgeError } from "../../core/errors.ts";
import { canonicalParts } from "./c14n.ts";
import {
  BASE64,
  DSIG,
  EXCLUSIVE,
  PASSWORD_DIGEST,
  PASSWORD_TEXT,
  SHA1,
  SHA256,
  WSSE,
  WSU,
  X509,
} from "./security-names.ts";

export interface UserToken {
  readonly user: string;
  readonly password: string;
  /** A digest of the password with a number used once, instead of the password. */
  readonly digest: boolean;
}

export interface Signer {
  readonly key: KeyObject;
  /** DER, base64. */
  readonly certificate: string;
  readonly algorithm: "sha256" | "sha1";
}

export interface Security {
  readonly user: UserToken | undefined;
  readonly signer: Signer | undefined;
  readonly timestamp: boolean;
  /** Milliseconds for which a timestamp holds. */
  readonly lifetime: number;
}

/** Throws OPTION_UNUSABLE: OpenSSL's words may show parts of what was read. */
export function openSigner(
  cert: Uint8Array,
  key: string,
  passphrase: string | undefined,
  algorithm: Signer["algorithm"],
): Signer {
  try {
    const certificate = new X509Certificate(Buffer.from(cert));
    const opened = createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) });
    if (!certificate.checkPrivateKey(opened)) throw new Error("another key");
    if (opened.asymmetricKeyType !== "rsa" && opened.asymmetricKeyType !== "ec") throw new Error("another kind");
    return { key: opened, certificate: certificate.raw.toString("base64"), algorithm };
  } catch {
    const message =
      "deliver.soap: auth.certificate cannot be read as PEM, its parts do not belong together, or the passphrase is wrong; RSA and EC keys sign";
    throw new BridgeError("OPTION_UNUSABLE", message, { stage: "deliver" });
  }
}

/** Nobody who makes a value can know them, and have an element of his own taken for what is signed. */
const own = randomBytes(8).toString("hex");
const BODY = `body-${own}`;
const TIMESTAMP = `timestamp-${own}`;
const USER = `user-${own}`;
const TOKEN = `token-${own}`;
/** Replaced by the signature once there is what it signs; nothing in a message can be written like it. */
const PLACE = "<?steg-signature?>";

/** Attributes of the body that a signature refers to. */
export function bodyAttributes(security: Security | undefined): string {
  return security?.signer === undefined ? "" : ` wsu:Id="${BODY}" xmlns:wsu="${WSU}"`;
}

/** The header as XML. `soap` is the prefix of the envelope. */
export function securityHeader(security: Security, now = new Date()): string {
  const { user, signer, timestamp, lifetime } = security;
  const created = now.toISOString();
  let inner = "";
  if (timestamp || signer !== undefined) {
    const expires = new Date(now.getTime() + lifetime).toISOString();
    inner += `<wsu:Timestamp wsu:Id="${TIMESTAMP}"><wsu:Created>${created}</wsu:Created><wsu:Expires>${expires}</wsu:Expires></wsu:Timestamp>`;
  }
  if (user !== undefined) inner += userToken(user, created);
  if (signer !== undefined) {
    inner += `<wsse:BinarySecurityToken wsu:Id="${TOKEN}" EncodingType="${BASE64}" ValueType="${X509}">${signer.certificate}</wsse:BinarySecurityToken>${PLACE}`;
  }
  return `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" soap:mustUnderstand="1">${inner}</wsse:Security>`;
}

/** Base64(SHA-1(nonce + created + password)), UsernameToken profile 1.1, section 3.1. */
function userToken({ user, password, digest }: UserToken, created: string): string {
  const nonce = randomBytes(16);
  const secret = digest
    ? createHash("sha1").update(nonce).update(created).update(password).digest("base64")
    : escapeText(password);
  const type = digest ? PASSWORD_DIGEST : PASSWORD_TEXT;
  const once = digest
    ? `<wsse:Nonce EncodingType="${BASE64}">${nonce.toString("base64")}</wsse:Nonce><wsu:Created>${created}</wsu:Created>`
    : "";
  return `<wsse:UsernameToken wsu:Id="${USER}"><wsse:Username>${escapeText(user)}</wsse:Username><wsse:Password Type="${type}">${secret}</wsse:Password>${once}</wsse:UsernameToken>`;
}

/** The envelope with its signature. */
export function signed(envelope: string, { signer, user }: Security): string {
  if (signer === undefined) return envelope;
  const at = envelope.indexOf(PLACE);
  const parts = canonicalParts(envelope.slice(0, at) + envelope.slice(at + PLACE.length));
  const isOld = signer.algorithm === "sha1";
  const references = [TIMESTAMP, ...(user === undefined ? [] : [USER]), BODY].map((id) => {
    const digest = createHash(signer.algorithm)
      .update(parts.get(id) ?? "")
      .digest("base64");
    return `<ds:Reference URI="#${id}"><ds:Transforms><ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${isOld ? SHA1 : SHA256}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  });
  // Written in canonical form at once: what is signed is what stands there.
  const info = `<ds:SignedInfo xmlns:ds="${DSIG}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${methodOf(signer)}"></ds:SignatureMethod>${references.join("")}</ds:SignedInfo>`;
  // XML Signature has the two numbers of an EC signature side by side (RFC 4050, 3.3), not as ASN.1.
  const value = sign(signer.algorithm, Buffer.from(info), { key: signer.key, dsaEncoding: "ieee-p1363" });
  const keyInfo = `<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#${TOKEN}" ValueType="${X509}"/></wsse:SecurityTokenReference></ds:KeyInfo>`;
  const signature = `<ds:Signature xmlns:ds="${DSIG}">${info}<ds:SignatureValue>${value.toString("base64")}</ds:SignatureValue>${keyInfo}</ds:Signature>`;
  return envelope.slice(0, at) + signature + envelope.slice(at + PLACE.length);
}

function methodOf({ key, algorithm }: Signer): string {
  if (key.asymmetricKeyType === "ec") return `http://www.w3.org/2001/04/xmldsig-more#ecdsa-${algorithm}`;
  return algorithm === "sha1" ? `${DSIG}rsa-sha1` : "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
}
