// A client of the inbox that says exactly what a test wants said: sessions of our own, and raw ones.

import { readFileSync } from "node:fs";
import { connect as connectOnce, type Connection } from "../../src/adapters/sftp/connect.ts";
import { loginOf } from "../../src/adapters/sftp/login.ts";
import type { Session } from "../../src/adapters/sftp/session.ts";
import { Flag } from "../../src/adapters/shared/ssh/wire.ts";
import { optionsFor } from "./openssh.ts";

export interface Access {
  readonly port: number;
  readonly hostKey: string;
  /** Path of the private key. */
  readonly key: string;
  readonly user?: string;
  readonly password?: string;
}

const never = new AbortController().signal;

export function connectTo(access: Access, connectTimeout = 5_000): Promise<Connection> {
  const { port, hostKey, key, user = "kasse", password } = access;
  const options = optionsFor({ port, user, hostKey, key: readFileSync(key, "utf8") });
  const login = loginOf(password === undefined ? options : { ...options, privateKey: undefined, password });
  return connectOnce({ login, jump: undefined, connectTimeout, timeout: 30_000, keepalive: true }, never);
}

export const NEW = Flag.write | Flag.create | Flag.truncate;
export const RESUME = Flag.write | Flag.create;

const PIECE = 32 * 1024;

/** Everything from here on, several writes at a time, as clients do. */
export async function writeFrom(session: Session, handle: Buffer, body: Uint8Array, from = 0): Promise<void> {
  for (let at = from; at < body.length; at += PIECE * 16) {
    const pieces = Array.from({ length: 16 }, (_, turn) => at + turn * PIECE).filter((place) => place < body.length);
    await Promise.all(pieces.map((place) => session.write(handle, place, body.subarray(place, place + PIECE))));
  }
}

export async function put(session: Session, name: string | Buffer, body: Uint8Array): Promise<void> {
  const handle = await session.open(Buffer.from(name as string), NEW);
  await writeFrom(session, handle, body);
  await session.closeHandle(handle);
}
