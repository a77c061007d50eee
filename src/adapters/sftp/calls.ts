// One call to a server: it ends with its signal, after its time, or with a failure that names the server and what was tried.

import { BridgeError } from "../../core/errors.ts";
import { onAbort } from "../../core/on-abort.ts";
import { asFailure, unreachable } from "./failure.ts";

/** Waits for an answer, but not beyond the call's end; what is not waited for any more may come or fail unheard. */
export type Until = <T>(work: Promise<T>) => Promise<T>;

export interface Calls {
  run<T>(doing: string, path: Buffer, signal: AbortSignal, work: (until: Until) => Promise<T>): Promise<T>;
  stream<T>(
    doing: string,
    path: Buffer,
    signal: AbortSignal,
    work: (until: Until) => AsyncIterable<T>,
  ): AsyncGenerator<T>;
}

interface Call {
  readonly until: Until;
  /** Aborted when the call is over before its work is. */
  readonly signal: AbortSignal;
  end(): void;
}

export function createCalls(address: string, totalTimeout: number): Calls {
  function begin(doing: string, signal: AbortSignal): Call {
    const ending = new AbortController();
    // Not Promise.race with one promise of the end: that would hold every piece of a file until the call is over.
    const waiting = new Set<(reason: Error) => void>();
    const finish = (reason: Error): void => {
      ending.abort(reason);
      for (const reject of waiting) reject(reason);
      waiting.clear();
    };
    const stop = (): void => finish(signal.reason as Error);
    const timer = setTimeout(
      () => finish(unreachable(address, `took longer than ${totalTimeout / 1_000} s to ${doing}`)),
      totalTimeout,
    ).unref();
    if (signal.aborted) stop();
    const stopHearing = onAbort(signal, stop);
    return {
      signal: ending.signal,
      until: (work) =>
        new Promise((resolve, reject) => {
          if (ending.signal.aborted) reject(ending.signal.reason as Error);
          else waiting.add(reject);
          work.then(resolve, reject).finally(() => waiting.delete(reject));
        }),
      end() {
        clearTimeout(timer);
        stopHearing();
      },
    };
  }

  /** The end's own reason goes through as it is. */
  function failureOf(cause: unknown, ended: AbortSignal, doing: string, path: Buffer): unknown {
    if (ended.aborted && cause === ended.reason) return cause;
    return cause instanceof BridgeError ? cause : asFailure(cause, address, doing, path);
  }

  return {
    async run(doing, path, signal, work) {
      signal.throwIfAborted();
      const call = begin(doing, signal);
      try {
        return await work(call.until);
      } catch (cause) {
        throw failureOf(cause, call.signal, doing, path);
      } finally {
        call.end();
      }
    },
    async *stream(doing, path, signal, work) {
      signal.throwIfAborted();
      const call = begin(doing, signal);
      try {
        yield* work(call.until);
      } catch (cause) {
        throw failureOf(cause, call.signal, doing, path);
      } finally {
        call.end();
      }
    },
  };
}
