// The one moment at which a schema comes from the network: an operator typed `steg schema add https://…`.

import { boundedBody } from "../bounded-body.ts";
import { BridgeError } from "../errors.ts";

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Bytes; default 128 MiB. */
  readonly most?: number;
  /** Milliseconds for all of it; default two minutes. */
  readonly timeout?: number;
  /** Plain http to this machine only; for tests and mirrors on localhost. */
  readonly allowLoopbackHttp?: boolean;
}

const REDIRECTS = 3;

function failed(message: string, detail?: string): BridgeError {
  return new BridgeError("SCHEMA_FETCH_FAILED", message, { stage: "validate", detail });
}

/** The body of a URL. Redirects are followed on the same host only. Throws SCHEMA_FETCH_FAILED. */
export async function download(address: string, options: DownloadOptions): Promise<Uint8Array> {
  const most = options.most ?? 128 * 1024 * 1024;
  const timeout = AbortSignal.timeout(options.timeout ?? 120_000);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    let url = checked(address, options);
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(url, {
        redirect: "manual",
        signal,
        headers: { accept: "application/zip, application/xml, */*" },
      });
      if (response.status < 300 || response.status >= 400) return await bodyOf(response, url, most);
      await response.body?.cancel();
      const next = new URL(response.headers.get("location") ?? "", url);
      if (redirects >= REDIRECTS) throw failed(`${url.origin} redirects more than ${REDIRECTS} times`);
      if (next.host !== url.host || next.protocol !== url.protocol) {
        throw failed(
          `${url.origin} redirects to ${next.origin}; look there first, and give that address if it is right`,
        );
      }
      url = next;
    }
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    if (options.signal.aborted) throw options.signal.reason;
    if (timeout.aborted) throw failed("the server took too long");
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw failed(`${new URL(address).origin} cannot be reached`, reason);
  }
}

function checked(address: string, options: DownloadOptions): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw failed("that is no URL");
  if (url.username !== "" || url.password !== "") throw failed("a URL with a user name or password is refused");
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol === "https:" || (options.allowLoopbackHttp === true && url.protocol === "http:" && loopback))
    return url;
  throw failed(`${url.protocol}// is refused, schemas come by https only`);
}

async function bodyOf(response: Response, url: URL, most: number): Promise<Uint8Array> {
  if (response.status !== 200 || response.body === null) throw failed(`${url.origin} answered ${response.status}`);
  const announced = Number(response.headers.get("content-length") ?? "0");
  const bytes = announced > most ? undefined : await boundedBody(response, most);
  if (bytes === undefined) throw failed(`the file is larger than ${Math.floor(most / 1024 / 1024)} MiB`);
  return bytes;
}
