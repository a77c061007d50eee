// Private keys in the forms that people have them: OpenSSH's, PEM, PuTTY's (read by ssh2), and PKCS #8, which is what openssl writes
// today and ssh2 does not read.

import { createPrivateKey, type KeyObject } from "node:crypto";
import ssh2, { type ParsedKey } from "ssh2";
import { BridgeError } from "../../../core/errors.ts";

export function openKey(text: string, passphrase: string | undefined): ParsedKey {
  const isEncryptedPkcs8 = text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (isEncryptedPkcs8 && passphrase === undefined) throw locked(passphrase);
  if (isEncryptedPkcs8 || text.includes("-----BEGIN PRIVATE KEY-----")) return openPkcs8(text, passphrase);
  const parsed = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | undefined) : (parsed as ParsedKey | Error);
  if (key && !(key instanceof Error)) {
    if (key.isPrivateKey()) return key;
    throw unusable("privateKey holds a public key");
  }
  if (/passphrase/iu.test(key?.message ?? "")) throw locked(passphrase);
  throw unusable("privateKey holds no private key in a form that is known: OpenSSH's, PEM or PuTTY's");
}

function openPkcs8(text: string, passphrase: string | undefined): ParsedKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: "pem", ...(passphrase !== undefined && { passphrase }) });
  } catch {
    // What OpenSSL says is never repeated: it differs between versions, and the key is a secret.
    throw passphrase === undefined ? unusable("privateKey holds a damaged key") : locked(passphrase);
  }
  const type = key.asymmetricKeyType;
  if (type === "ed25519") return openKey(asOpenssh(key), undefined);
  if (type === "rsa") return openKey(String(key.export({ type: "pkcs1", format: "pem" })), undefined);
  if (type === "ec") return openKey(String(key.export({ type: "sec1", format: "pem" })), undefined);
  throw unusable("privateKey is of a kind that SSH does not use");
}

/** An Ed25519 key in the form of OpenSSH (PROTOCOL.key), not encrypted. */
export function asOpenssh(key: KeyObject): string {
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const [open, secret] = [Buffer.from(x, "base64url"), Buffer.from(d, "base64url")];
  const blob = Buffer.concat([string("ssh-ed25519"), string(open)]);
  const inner = Buffer.concat([Buffer.alloc(8), blob, string(Buffer.concat([secret, open])), string("")]);
  const filling = Uint8Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, at) => at + 1);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    string("none"),
    string("none"),
    string(""),
    Buffer.from([0, 0, 0, 1]),
    string(blob),
    string(Buffer.concat([inner, filling])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/gu) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

/** RFC 4251, section 5. */
function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function locked(passphrase: string | undefined): BridgeError {
  if (passphrase === undefined) return unusable("privateKey is encrypted and passphrase is missing");
  return unusable("passphrase does not open privateKey");
}

function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", message);
}
