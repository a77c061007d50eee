// What a listing says of a file, and what core remembers of it: hints that find it again after a restart.

import { createHash } from "node:crypto";
import { bytesOf, exactName } from "../names.ts";
import type { RemoteEntry } from "./server.ts";

/** What a file keeps while it is renamed, as far as servers tell. */
export interface Identity {
  readonly size: number;
  /** The server's clock; 0 where it does not tell. */
  readonly modified: number;
}

export function identityOf({ size, modified }: RemoteEntry): Identity {
  return { size, modified: Math.max(0, Math.trunc(modified ?? 0)) };
}

export function isSame(one: Identity, other: Identity): boolean {
  return one.size === other.size && one.modified === other.modified;
}

export function signatureOf({ size, modified }: Identity): string {
  return `${size} ${modified}`;
}

/** Tells one file from another of the same name, in the name of a claim. */
export function markOf(identity: Identity): string {
  return createHash("sha256").update(signatureOf(identity)).digest("hex").slice(0, 12);
}

/** Servers see paths as bytes; a slash parts them everywhere. */
export function joinRemote(folder: Buffer, name: Uint8Array): Buffer {
  if (folder.length === 0) return Buffer.from(name);
  const slash = folder.at(-1) === 0x2f ? "" : "/";
  return Buffer.concat([folder, Buffer.from(slash), name]);
}

export function hintOf(address: string, folder: Buffer, name: Buffer, identity: Identity): string {
  return `${address} ${exactName(folder)} ${exactName(name)} ${signatureOf(identity)}`;
}

/** Undefined where it is of another server or folder. */
export function readHint(
  address: string,
  folder: Buffer,
  hint: string,
): { readonly name: Buffer; readonly identity: Identity } | undefined {
  const [at, where, name, size, modified, more] = hint.split(" ");
  if (at !== address || where !== exactName(folder) || !name || more !== undefined) return undefined;
  if (![size, modified].every((each) => each !== undefined && /^\d{1,16}$/u.test(each))) return undefined;
  return { name: bytesOf(name), identity: { size: Number(size), modified: Number(modified) } };
}
