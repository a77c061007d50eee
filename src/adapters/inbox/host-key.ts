// The key that the inbox shows. Made once and kept in the state, because its clients pin it: whoever moves the state moves the key.

import { generateKeyPairSync } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import { BridgeError } from "../../core/errors.ts";
import { errorCode, publish, syncFolder, unless, writeAll } from "../shared/atomic.ts";
import { fingerprintOf } from "../shared/ssh/fingerprint.ts";
import { asOpenssh } from "../shared/ssh/key.ts";

export interface HostKey {
  /** In OpenSSH's form: a secret. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, as known_hosts has it behind the name. */
  readonly publicKey: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

const NAME = "host_key";

/** Addresses that open at the same time have one key, and one of them makes it. */
const making = new Map<string, Promise<HostKey>>();

/** Makes the key where there is none; the folder exists. Throws INBOX_HOST_KEY. */
export function hostKeyIn(folder: string): Promise<HostKey> {
  let key = making.get(folder);
  if (!key) {
    key = readOrMake(folder).finally(() => making.delete(folder));
    making.set(folder, key);
  }
  return key;
}

async function readOrMake(folder: string): Promise<HostKey> {
  const path = join(folder, NAME);
  try {
    const text = (await unless("ENOENT", readFile(path, "utf8"))) ?? (await makeKey(folder, path));
    return hostKeyOf(text, path);
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    throw unusable(`the host key ${path} cannot be read or made (${errorCode(cause) ?? "unknown"})`, cause);
  }
}

async function makeKey(folder: string, path: string): Promise<string> {
  const text = asOpenssh(generateKeyPairSync("ed25519").privateKey);
  await write(`${path}.new`, text, 0o600);
  // Never over another one: the key that clients may know stays.
  if ((await publish(`${path}.new`, path)) === "exists")
    throw unusable(`the host key ${path} was made by somebody else`);
  const { publicKey } = hostKeyOf(text, path);
  await write(`${path}.pub`, `${publicKey} steg\n`, 0o644);
  await syncFolder(folder);
  return text;
}

async function write(path: string, text: string, mode: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const handle = await open(path, flags, mode);
  try {
    await writeAll(handle, Buffer.from(text));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hostKeyOf(text: string, path: string): HostKey {
  const parsed = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key || key instanceof Error || !("type" in key) || !key.isPrivateKey())
    throw unusable(`the host key ${path} is no private key in OpenSSH's form`);
  const blob = key.getPublicSSH();
  return {
    privateKey: text,
    publicKey: `${key.type} ${blob.toString("base64")}`,
    fingerprint: fingerprintOf(blob),
  };
}

function unusable(message: string, cause?: unknown): BridgeError {
  return new BridgeError("INBOX_HOST_KEY", message, { stage: "receive", cause });
}
