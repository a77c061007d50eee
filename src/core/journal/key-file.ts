// The master keys. Each drop has a key of its own, and the newest master key wraps it; older lines of the key file only
// unwrap. Appending a line is a rotation: the next start rewraps, and after it the older lines may go.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import { syncFile, syncFolder } from "../durable.ts";
import { KEY_BYTES } from "./seal.ts";

export interface MasterKey {
  readonly id: string;
  readonly key: Uint8Array;
}

export interface KeyRing {
  /** In the order of the file; the last one is the newest and wraps. */
  readonly keys: readonly MasterKey[];
  /** True when the newest key lies in the state folder itself, where a thief of the folder finds it. */
  readonly inState: boolean;
  /** A key file in the state folder that is needed no longer once everything is rewrapped. */
  readonly leftover: string | undefined;
}

const MOST_BYTES = 65_536;
const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):\s*(\S+)$/;
const HEX = /^[0-9a-fA-F]{64}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

function invalid(file: string, line: number, what: string): BridgeError {
  // The position says enough; the line itself is a secret.
  return new BridgeError("KEY_FILE_INVALID", `${file}:${line}: ${what}`, { position: { file, line, column: 1 } });
}

function parseKey(text: string): Uint8Array | undefined {
  if (HEX.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  if (!BASE64.test(text)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

/** Lines `id:key` with 32 bytes in hex or base64; blank lines and lines from `#` are comments. */
export function parseKeyFile(file: string, text: string): readonly MasterKey[] {
  const keys: MasterKey[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      throw invalid(file, index + 1, "expected id:key, the id of letters, digits, dot, dash and underscore");
    }
    const id = match[1];
    const key = parseKey(match[2]);
    if (key === undefined) throw invalid(file, index + 1, `key ${id} must be 32 bytes in hex or base64`);
    if (key.every((byte) => byte === key[0])) throw invalid(file, index + 1, `key ${id} is one byte repeated`);
    if (keys.some((known) => known.id === id)) throw invalid(file, index + 1, `key id ${id} stands twice`);
    keys.push({ id, key });
  }
  if (keys.length === 0) throw invalid(file, 1, "no key in this file");
  return keys;
}

/** Throws KEY_FILE_INVALID. */
export function readKeyFile(file: string, log: Log): readonly MasterKey[] {
  let text: string;
  try {
    const stat = statSync(file);
    if (stat.size > MOST_BYTES) throw invalid(file, 1, `a key file has at most ${MOST_BYTES} bytes`);
    if ((stat.mode & 0o077) !== 0) log("warn", "keys.readable-by-others", { file });
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw new BridgeError("KEY_FILE_INVALID", `${file}: cannot be read (${code})`, { cause });
  }
  return parseKeyFile(file, text);
}

function makeKeyFile(dir: string, file: string): void {
  // The random id never clashes with the ids of a key file that comes later.
  const id = `state-${randomBytes(4).toString("hex")}`;
  const text = `# The key of this state folder. Move this line to a file outside and name it in STEG_KEY_FILE.\n${id}:${randomBytes(KEY_BYTES).toString("base64")}\n`;
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  syncFile(file);
  syncFolder(dir);
}

/** STEG_KEY_FILE may name the file in the state folder, by whatever path; it must not be taken for a leftover then. */
function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

/**
 * The keys of this state: those of STEG_KEY_FILE, or of a file that is made in the state folder on the first start
 * (`fresh`: there is no journal yet).
 */
export function loadKeys(dir: string, keyFile: string | undefined, fresh: boolean, log: Log): KeyRing {
  const own = join(dir, "keys");
  const inside = existsSync(own) ? readKeyFile(own, log) : [];
  if (keyFile !== undefined && !isSameFile(own, keyFile)) {
    const outside = readKeyFile(keyFile, log);
    const older = inside.filter((key) => outside.every((other) => other.id !== key.id));
    return { keys: [...older, ...outside], inState: false, leftover: inside.length > 0 ? own : undefined };
  }
  if (inside.length === 0) {
    if (!fresh) {
      throw new BridgeError("KEY_MISSING", `no key file is named, and none lies in ${dir}, whose journal needs one`, {
        hint: "Name the key file in STEG_KEY_FILE again.",
      });
    }
    makeKeyFile(dir, own);
    return { keys: readKeyFile(own, log), inState: true, leftover: undefined };
  }
  return { keys: inside, inState: true, leftover: undefined };
}
