// A server's no, with the folder it is about: what servers say themselves may hold the names of files, which may name people.

import { BridgeError } from "../../../core/errors.ts";

/** What rejects with SERVER_REFUSED tells the path, as the bridge's author wrote it. */
export async function atPath<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.code !== "SERVER_REFUSED") throw cause;
    const { stage, position, detail, facts, hint } = cause;
    const message = `${cause.message} (path ${JSON.stringify(path)})`;
    throw new BridgeError(cause.code, message, { stage, position, detail, facts, hint, cause });
  }
}
