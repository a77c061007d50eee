// One request and its answer over undici's dispatch interface: no streams are made for answers of some bytes, and it says
// whether the request had begun to be written when something failed — the difference between "surely not" and "unsure".

import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { onAbort } from "../../../core/on-abort.ts";

export interface Request {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Uint8Array | null;
  /** Longest answer that is wanted whole, in bytes; a longer one is `cut` there. Absent = 64 KiB of it are kept. */
  readonly most?: number;
}

/** A body of pieces; its length stands among the headers. */
export interface LongRequest extends Omit<Request, "body"> {
  readonly body: AsyncIterable<Uint8Array>;
  /** Milliseconds in which some of the body has to go out, or the answer to come behind it. */
  readonly idle: number;
}

export type Exchange =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** At most as much as is kept, see `Request.most`. */
      readonly body: Buffer;
      /** The answer is longer than that. */
      readonly cut: boolean;
    }
  | {
      readonly kind: "failure";
      /** Bytes of the request may have reached the target. */
      readonly sent: boolean;
      readonly reason: "timeout" | "aborted" | "error";
      /** Status, where the answer broke off behind its header. */
      readonly status: number | undefined;
      readonly cause: unknown;
      /** Milliseconds that were too short, where it was a time-out. */
      readonly within: number;
    };

/** Bytes of an answer's body that are kept where nobody wants more. */
const KEPT = 64 * 1024;
/** Bytes that are read and thrown away to keep the connection; beyond them it is given up. */
const DRAINED = 256 * 1024;

/** Never rejects. Everything together takes at most `timeout` milliseconds. Redirects are not followed. */
export function exchange(
  agent: Dispatcher,
  request: Request | LongRequest,
  timeout: number,
  signal: AbortSignal,
): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let controller: Dispatcher.DispatchController | undefined;
  let stopHearing: (() => void) | undefined;
  let finished = false;
  let sent = false;
  let status: number | undefined;
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  let length = 0;
  const { most } = request;
  const kept = most ?? KEPT;

  function finish(result: Exchange): void {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    watch?.stop();
    stopHearing?.();
    resolve(result);
  }
  function fail(reason: "timeout" | "aborted" | "error", cause: unknown, within = timeout): void {
    finish({ kind: "failure", sent, reason, status, cause, within });
  }
  function answered(): void {
    finish({ kind: "answer", status: status ?? 0, headers, body: bodyOf(chunks, kept), cut: length > kept });
  }
  function giveUp(reason: "timeout" | "aborted", within?: number): void {
    const cause = new Error(reason);
    fail(reason, cause, within);
    controller?.abort(cause);
  }
  const aborted = (): void => giveUp("aborted");
  const timer = setTimeout(giveUp, timeout, "timeout");
  const watch = "idle" in request ? watchIdle(request, (idle) => giveUp("timeout", idle)) : undefined;
  if (signal.aborted) {
    aborted();
    return promise;
  }
  stopHearing = onAbort(signal, aborted);

  // Its types leave out that undici takes iterables; unlike a stream, one has no event that nobody listens to any more. Its own time-out
  // comes behind ours, which says how long it was.
  const options = (
    watch ? { ...request, ...watch, headersTimeout: timeout + 1_000 } : request
  ) as Dispatcher.DispatchOptions;
  agent.dispatch(options, {
    onRequestStart(started) {
      controller = started;
      // It waited for a connection until nobody waited for it any more: nothing is written.
      if (finished) started.abort(new Error("too late"));
      else sent = true;
    },
    onResponseStart(_controller, code, fields) {
      if (code < 200) return;
      status = code;
      headers = fields;
    },
    onResponseData(current, chunk) {
      if (length < kept) chunks.push(chunk);
      length += chunk.length;
      if (length <= (most ?? DRAINED) || finished) return;
      answered();
      current.abort(new Error("the answer is too long"));
    },
    onResponseEnd: answered,
    onResponseError: (_controller, cause) => fail("error", cause),
  });
  return promise;
}

/** Notes when pieces go out; whoever waits too long for the next one, or for the answer behind the last, is told. */
function watchIdle(
  { body, idle }: LongRequest,
  tooLong: (idle: number) => void,
): { readonly body: AsyncIterable<Uint8Array>; readonly stop: () => void } {
  const timer = setTimeout(tooLong, idle, idle);
  async function* watched(): AsyncIterable<Uint8Array> {
    for await (const piece of body) {
      timer.refresh();
      yield piece;
    }
    timer.refresh();
  }
  return { body: watched(), stop: () => clearTimeout(timer) };
}

function bodyOf(chunks: readonly Buffer[], kept: number): Buffer {
  if (chunks.length === 1 && (chunks[0] as Buffer).length <= kept) return chunks[0] as Buffer;
  return Buffer.concat(chunks).subarray(0, kept);
}
