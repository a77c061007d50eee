// A growing file on a server: written under a temporary name at the pipeline's pace, named when it is complete.
//
//   growing ──sync──▶ growing (token = name and length)  ──finish──▶ named
//
// Reopened with a token:   the temporary file is there     → cut to the token's length, growing
//                          only the final one is there     → named; what is written again must be what stands there
//                          neither                         → TARGET_GONE: somebody has taken it, nobody knows how far
// Tokens are committed with the progress, so the bytes behind the last token are written again after a crash. Small pieces are gathered:
// each write to a server costs several answers.

import { createHash } from "node:crypto";
import type { Appender } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { joinRemote } from "./entry.ts";
import type { NameCode } from "./name-code.ts";
import type { Pool } from "./pool.ts";
import { standsThere } from "./reading.ts";
import type { FileServer } from "./server.ts";
import { growingTrouble, partName, readGrowingToken, type GrowingPlace, type GrowingToken } from "../growing-file.ts";

export interface RemoteAppenderRequest extends GrowingPlace {
  readonly pool: Pool;
  readonly names: NameCode;
}

/** Temporary files that an appender of this process has open: two writers in one file would mix. */
const openParts = new Set<string>();
const GATHER = 1024 * 1024;

interface File {
  readonly pool: Pool;
  readonly temporary: Buffer;
  readonly final: Buffer;
  readonly part: string;
  readonly name: string;
  readonly kept: string | undefined;
  readonly shown: string;
  readonly signal: AbortSignal;
  release(): void;
}

export async function openRemoteAppender(request: RemoteAppenderRequest): Promise<Appender> {
  const { pool, names, folder, kept, shown, signal } = request;
  signal.throwIfAborted();
  const token = request.token === undefined ? undefined : readGrowingToken(request.token);
  const name = token?.name ?? request.name;
  const part = token?.part ?? partName(request);
  const base = names.bytes(folder);
  const [temporary, final] = [joinRemote(base, Buffer.from(part)), joinRemote(base, names.bytes(name))];
  const key = `${pool.address} ${temporary.toString("latin1")}`;
  if (openParts.has(key)) throw growingTrouble("TARGET_BUSY", `another drop writes the same file of ${shown}`, name);
  openParts.add(key);
  const release = (): void => void openParts.delete(key);
  const file: File = { pool, temporary, final, part, name, kept, shown, signal, release };
  try {
    const isGrowing = await pool.use((server) => (token ? cut(server, file, token) : begin(server, file)), signal);
    return isGrowing ? growing(file, token?.length ?? 0) : await named(file, token as GrowingToken);
  } catch (cause) {
    release();
    throw cause;
  }
}

async function begin(server: FileServer, file: File): Promise<true> {
  if (await server.look(file.final, file.signal)) {
    throw growingTrouble("TARGET_EXISTS", `the folder of ${file.shown} has a file of this name already`, file.name);
  }
  await server.write(file.temporary, Buffer.alloc(0), undefined, file.signal);
  return true;
}

/** False = the temporary file is not there. */
async function cut(server: FileServer, file: File, { length }: GrowingToken): Promise<boolean> {
  const there = await server.look(file.temporary, file.signal);
  if (!there) return false;
  if (there.kind !== "file" || there.size < length) {
    const message = `the unfinished file in the folder of ${file.shown} is shorter than what was made durable`;
    throw growingTrouble("TARGET_GONE", message, file.name);
  }
  if (there.size > length) await server.write(file.temporary, Buffer.alloc(0), length, file.signal);
  return true;
}

function growing(file: File, from: number): Appender {
  const { pool, signal } = file;
  let length = from;
  let gathered: Uint8Array[] = [];
  let waiting = 0;
  let state: "open" | "named" | "closed" = "open";

  /** A write that failed half-way is made again at the same place, which cuts what it left. */
  async function flush(): Promise<void> {
    if (waiting === 0) return;
    const body = gathered.length === 1 ? (gathered[0] as Uint8Array) : Buffer.concat(gathered);
    gathered = [body];
    await pool.use((server) => server.write(file.temporary, body, length, signal), signal);
    length += body.length;
    gathered = [];
    waiting = 0;
  }

  function token(): string {
    return JSON.stringify({ part: file.part, name: file.name, length, folder: file.kept } satisfies GrowingToken);
  }

  function mustBeOpen(): void {
    if (state === "open") return;
    throw new BridgeError("INTERNAL", "written to a growing file that is finished", { stage: "deliver" });
  }

  return {
    async write(body) {
      mustBeOpen();
      // What failed before goes first, so that nothing of this piece is kept where its caller hears of a failure.
      if (waiting + body.length > GATHER) await flush();
      gathered.push(Buffer.from(body));
      waiting += body.length;
    },
    async sync() {
      if (state === "named") return token();
      mustBeOpen();
      await flush();
      return token();
    },
    async finish() {
      if (state === "named") return;
      mustBeOpen();
      await flush();
      await pool.use((server) => publish(server, file, length), signal);
      state = "named";
    },
    close() {
      if (state !== "closed") file.release();
      state = "closed";
      return Promise.resolve();
    },
  };
}

/** Where the answer of an earlier attempt was lost, the file has its name already. */
async function publish(server: FileServer, file: File, length: number): Promise<void> {
  const end = await server.rename(file.temporary, file.final, file.signal);
  if (end === "done") return;
  const there = await server.look(file.final, file.signal);
  if (end === "gone") {
    if (there?.kind === "file" && there.size === length) return;
    throw growingTrouble("TARGET_GONE", `the unfinished file in the folder of ${file.shown} is gone`, file.name);
  }
  const same =
    there?.kind === "file" &&
    there.size === length &&
    (await sumOf(server, file.final, file.signal)) === (await sumOf(server, file.temporary, file.signal));
  if (!same)
    throw growingTrouble("TARGET_EXISTS", `the folder of ${file.shown} has a file of this name already`, file.name);
  await server.remove(file.temporary, file.signal);
}

async function sumOf(server: FileServer, path: Buffer, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of server.read(path, 0, signal)) hash.update(piece);
  return hash.digest("hex");
}

/** The file had its name before the crash: what comes again is compared, and nothing is written. */
async function named(file: File, token: GrowingToken): Promise<Appender> {
  const { pool, signal } = file;
  const there = await pool.use((server) => server.look(file.final, signal), signal);
  if (there?.kind !== "file" || there.size < token.length) {
    throw growingTrouble("TARGET_GONE", `the unfinished file in the folder of ${file.shown} is gone`, file.name);
  }
  const { size } = there;
  let at = token.length;
  let isOpen = true;
  const other = (): BridgeError =>
    growingTrouble(
      "TARGET_EXISTS",
      `the folder of ${file.shown} has a file of this name with other content`,
      file.name,
    );
  return {
    async write(body) {
      if (!(await pool.use((server) => standsThere(server, file.final, at, body, signal), signal))) throw other();
      at += body.length;
    },
    sync: () => Promise.resolve(JSON.stringify({ ...token, length: at } satisfies GrowingToken)),
    finish: () => (at === size ? Promise.resolve() : Promise.reject(other())),
    close() {
      if (isOpen) file.release();
      isOpen = false;
      return Promise.resolve();
    },
  };
}
