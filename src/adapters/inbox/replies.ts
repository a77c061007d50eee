// What the inbox answers, as packets of SFTP version 3.

import {
  attributes,
  packetOf,
  Status,
  text,
  Type,
  uint32,
  uint64,
  type Attributes,
  type Field,
} from "../shared/ssh/wire.ts";
import type { Refusal } from "./refusal.ts";
import type { Seen } from "./upload.ts";

const FILE = 0o100_600;
const FOLDER = 0o040_700;

/** What OpenSSH's server says that it can, as far as it makes sense here. */
const EXTENSIONS: readonly (readonly [name: string, version: string])[] = [
  ["posix-rename@openssh.com", "1"],
  ["statvfs@openssh.com", "2"],
  ["fstatvfs@openssh.com", "2"],
  ["fsync@openssh.com", "1"],
  ["lsetstat@openssh.com", "1"],
  ["limits@openssh.com", "1"],
];

export const LONGEST_DATA = 255 * 1024;
const LONGEST_REQUEST = 256 * 1024;

export function versionPacket(): Buffer {
  return packetOf(Type.version, [uint32(3), ...EXTENSIONS.flatMap(([name, version]) => [text(name), text(version)])]);
}

export function statusPacket(id: number, { status, message }: Pick<Refusal, "status" | "message">): Buffer {
  return packetOf(Type.status, [uint32(id), uint32(status), text(message), text("en")]);
}

export function okPacket(id: number): Buffer {
  return statusPacket(id, { status: Status.ok, message: "" });
}

export function handlePacket(id: number, handle: Buffer): Buffer {
  return packetOf(Type.handle, [uint32(id), handle]);
}

export function dataPacket(id: number, bytes: Uint8Array): Buffer {
  return packetOf(Type.data, [uint32(id), bytes]);
}

export function attributesPacket(id: number, value: Attributes): Buffer {
  return packetOf(Type.attributes, [uint32(id), attributes(value)]);
}

export function limitsPacket(id: number, handles: number): Buffer {
  const limits = [LONGEST_REQUEST, LONGEST_DATA, LONGEST_DATA, handles].map(uint64);
  return packetOf(Type.extendedReply, [uint32(id), ...limits]);
}

export interface Filesystem {
  readonly quota: number;
  readonly free: number;
  readonly names: number;
  readonly freeNames: number;
}

const BLOCK = 4_096;

/** statvfs(3) as PROTOCOL of OpenSSH, section 4.4, has it: the user's quota looks like a disk. */
export function filesystemPacket(id: number, { quota, free, names, freeNames }: Filesystem): Buffer {
  const blocks = [quota, free, free].map((bytes) => Math.floor(Math.max(0, bytes) / BLOCK));
  const nosuid = 2;
  const values = [BLOCK, BLOCK, ...blocks, names, freeNames, freeNames, 0, nosuid, 255];
  return packetOf(Type.extendedReply, [uint32(id), ...values.map(uint64)]);
}

export interface Listed {
  readonly name: Buffer;
  readonly attributes: Attributes;
}

export function namesPacket(id: number, listed: readonly Listed[], user: string): Buffer {
  const fields = listed.flatMap(({ name, attributes: value }): Field[] => [
    name,
    longName(name, value, user),
    attributes(value),
  ]);
  return packetOf(Type.name, [uint32(id), uint32(listed.length), ...fields]);
}

export function fileAttributes({ size, modified }: Pick<Seen, "size" | "modified">): Attributes {
  const seconds = secondsOf(modified);
  return { size, owner: { user: 0, group: 0 }, mode: FILE, times: { accessed: seconds, modified: seconds } };
}

export function folderAttributes(modified: number): Attributes {
  const seconds = secondsOf(modified);
  return { size: BLOCK, owner: { user: 0, group: 0 }, mode: FOLDER, times: { accessed: seconds, modified: seconds } };
}

/** Times of version 3 are 32 bits without a sign. */
function secondsOf(milliseconds: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(milliseconds / 1_000)));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const HALF_A_YEAR = 182 * 86_400;

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** As `ls -l` prints it, in UTC: some clients read what they want to know from here. */
function longName(name: Buffer, { mode, size, times }: Attributes, user: string): Buffer {
  const seconds = times?.modified ?? 0;
  const date = new Date(seconds * 1_000);
  const isRecent = Math.abs(Date.now() / 1_000 - seconds) < HALF_A_YEAR;
  const when = isRecent
    ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
    : ` ${String(date.getUTCFullYear()).padStart(4, "0")}`;
  const day = `${MONTHS[date.getUTCMonth()] ?? ""} ${String(date.getUTCDate()).padStart(2)}`;
  const kind = mode === FOLDER ? "drwx------" : "-rw-------";
  const who = `${user.padEnd(8)} ${user.padEnd(8)}`;
  return Buffer.concat([Buffer.from(`${kind}    1 ${who} ${String(size ?? 0).padStart(8)} ${day} ${when} `), name]);
}
