// The certificate that the admin side and the faces show is read again when its file is another one: nobody has to restart for it.

import { dirname } from "node:path";
import type { Log } from "../core/contract.ts";
import type { HttpServer } from "../core/http/server.ts";
import { signOf, type Signs } from "../core/reload/signs.ts";
import { watchSigns } from "../core/reload/watch.ts";
import type { Settings } from "../core/settings.ts";

/** Until the signal. What cannot be read leaves the certificate as it is. */
export async function renewTls(
  { tls }: Pick<Settings, "tls">,
  http: Pick<HttpServer, "renewTls">,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  if (tls === undefined) return;
  const files = [tls.cert, tls.key, ...(tls.clientCa === undefined ? [] : [tls.clientCa])];
  const look = async (): Promise<Signs> =>
    new Map(await Promise.all(files.map(async (file) => [file, await signOf(file)] as const)));
  const onError = (cause: unknown): void => log("warn", "tls.not-watched", { why: String(cause) });
  const changed = (): Promise<void> => {
    try {
      http.renewTls();
      log("info", "tls.renewed", { file: tls.cert });
    } catch (cause) {
      // OpenSSL's texts name no secrets.
      log("error", "tls.not-renewed", { file: tls.cert, why: cause instanceof Error ? cause.message : "unknown" });
    }
    return Promise.resolve();
  };
  const folders = (): readonly string[] => files.map((file) => dirname(file));
  await watchSigns({ folders, look, changed, onError }, await look(), signal);
}
