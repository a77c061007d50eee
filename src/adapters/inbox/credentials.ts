// What a user logs in with, as the bridge file and the files beside it say.

import ssh2, { type ParsedKey } from "ssh2";
import type { AdapterContext } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Credentials } from "./login.ts";
import type { UserOptions } from "./options.ts";

const LEAST_RSA_BYTES = 256;
const KINDS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/** Throws OPTION_UNUSABLE for a file that holds no key. */
export function credentialsOf(user: string, options: UserOptions, context: AdapterContext): Credentials {
  const files = options.publicKeys ?? [];
  const keys = files.flatMap((file) => keysIn(Buffer.from(context.readBridgeFile(file)).toString("utf8"), file, user));
  const { password, passwordHash } = options;
  if (password === "") throw unusable(user, "password", "the password is empty");
  return { keys, password, passwordHash };
}

function keysIn(text: string, file: string, user: string): readonly ParsedKey[] {
  const lines = text.split(/\r?\n/u).entries();
  const keys: ParsedKey[] = [];
  for (const [at, line] of lines) {
    if (/^\s*(?:#.*)?$/u.test(line)) continue;
    const why = (what: string): BridgeError => unusable(user, "publicKeys", `${file}, line ${at + 1}: ${what}`);
    if (line.includes("PRIVATE KEY"))
      throw why("a private key; it belongs to the client alone, here goes the one in .pub");
    const parsed = ssh2.utils.parseKey(line.trim());
    const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | undefined) : (parsed as ParsedKey | Error);
    if (!key || key instanceof Error)
      throw why("no public key as ssh-keygen writes it (kind, key, comment; no options before it)");
    if (!KINDS.includes(key.type)) throw why(`a key of the kind ${key.type}, which is not safe any more`);
    if (key.type === "ssh-rsa" && key.getPublicSSH().length < LEAST_RSA_BYTES)
      throw why("an RSA key of less than 2048 bits");
    keys.push(key);
  }
  if (keys.length === 0) throw unusable(user, "publicKeys", `${file} holds no key`);
  return keys;
}

function unusable(user: string, option: string, message: string): BridgeError {
  const place = `sftp.users.${user}.${option}`;
  return new BridgeError("OPTION_UNUSABLE", `receive.inbox.${place}: ${message}`, {
    stage: "receive",
    facts: { option: place },
  });
}
