// Bytes from the server and to it, over one data connection each.

import { PassThrough } from "node:stream";
import { onAbort } from "../../core/on-abort.ts";
import type { Control } from "./control.ts";
import { beginTransfer, type Transfer } from "./data.ts";
import { CutError, isRefusal } from "./faults.ts";

const HELD = 1024 * 1024;
/** Small, so that a slow line is told from a dead one: each of them is progress. */
const SLICE = 16 * 1024;
/** How long the control connection may take to say why the data connection ended. */
const WORD = 500;

/** What a command sends, from an offset on, until the server says that it was all. A reader that stops early ends the transfer. */
export async function* download(
  control: Control,
  command: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const transfer = await beginTransfer(control, command, from, signal);
  const { socket } = transfer;
  const pieces = new PassThrough({ highWaterMark: HELD });
  const end = (cause: Error): void => void pieces.destroy(cause);
  const watch = guard(transfer, control, signal, end, () => (socket.isPaused() ? undefined : socket.bytesRead));
  socket.on("error", (cause) => void wordOf(transfer, cause).then(end));
  socket.on("close", () => {
    if (!socket.readableEnded) void wordOf(transfer, new CutError("the data connection was cut")).then(end);
  });
  let whole = false;
  try {
    await orEnded(transfer.ready, pieces);
    socket.pipe(pieces);
    for await (const piece of pieces) yield piece as Buffer;
    watch.rest();
    transfer.passed();
    await transfer.done;
    whole = true;
  } finally {
    watch.end();
    pieces.destroy();
    if (whole) socket.destroy();
    else await transfer.abandon();
  }
}

/** Sends bytes and resolves when the server says that it has all. */
export async function upload(
  control: Control,
  command: string,
  from: number,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const transfer = await beginTransfer(control, command, from, signal);
  const { socket } = transfer;
  const { promise: broken, reject: end } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  let sent = 0;
  let isOurTurn = false;
  const watch = guard(transfer, control, signal, end, () => (isOurTurn ? undefined : sent));
  socket.on("error", (cause) => void wordOf(transfer, cause).then(end));
  // Nothing comes from there; but without reading its end is not seen.
  socket.resume();
  let whole = false;
  try {
    await Promise.race([transfer.ready, broken]);
    isOurTurn = true;
    for await (const bytes of body) {
      isOurTurn = false;
      for (let at = 0; at < bytes.length; at += SLICE) {
        const slice = bytes.subarray(at, at + SLICE);
        await Promise.race([new Promise<void>((resolve) => void socket.write(slice, () => resolve())), broken]);
        sent += slice.length;
      }
      isOurTurn = true;
    }
    isOurTurn = false;
    socket.end();
    await Promise.race([new Promise((resolve) => socket.once("finish", resolve)), broken]);
    watch.rest();
    transfer.passed();
    await Promise.race([transfer.done, broken]);
    whole = true;
  } finally {
    watch.end();
    if (whole) socket.destroy();
    else await transfer.abandon();
  }
}

/** What the server says about a data connection that ended badly, where it says something soon; else the failure itself. */
async function wordOf(transfer: Transfer, cause: Error): Promise<Error> {
  const { promise: late, resolve } = Promise.withResolvers<Error>();
  const timer = setTimeout(() => resolve(cause), WORD);
  const word = transfer.done.then(
    () => cause,
    (said: Error) => (isRefusal(said) ? said : cause),
  );
  return await Promise.race([word, late]).finally(() => clearTimeout(timer));
}

interface Guard {
  /** No data is expected any more. */
  rest(): void;
  end(): void;
}

/** Ends a transfer with the signal, with the server's refusal, or when the count stands still; undefined = it may stand. */
function guard(
  transfer: Transfer,
  control: Control,
  signal: AbortSignal,
  end: (cause: Error) => void,
  count: () => number | undefined,
): Guard {
  const { stall } = control.access;
  const step = Math.max(10, Math.min(250, Math.floor(stall / 8)));
  let before: number | undefined;
  let idle = 0;
  const timer = setInterval(() => {
    const now = count();
    // Ticks, not time: a busy process of ours is not the server's silence.
    idle = now === undefined || now !== before ? 0 : idle + step;
    before = now;
    if (idle < stall) return;
    clearInterval(timer);
    const cause = new CutError(`no byte came or went for ${stall} ms`);
    end(cause);
    // Whether the other side still lives nobody knows, so it is not asked for a last word.
    control.fail(cause);
  }, step);
  const stop = (): void => end(signal.reason as Error);
  if (signal.aborted) stop();
  const stopHearing = onAbort(signal, stop);
  transfer.done.catch(end);
  return {
    rest: () => clearInterval(timer),
    end() {
      clearInterval(timer);
      stopHearing();
    },
  };
}

/** A stream that was destroyed before it was read rejects nobody; this does. */
async function orEnded(ready: Promise<void>, pieces: PassThrough): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => pieces.once("error", reject));
  failed.catch(() => undefined);
  if (pieces.errored) throw pieces.errored;
  await Promise.race([ready, failed]);
}
