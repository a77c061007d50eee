// Certificates made at test time by the openssl command: an authority, servers of several kinds, a client.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Authority {
  readonly ca: Buffer;
  /** Path of the authority's certificate. */
  readonly caFile: string;
  /** A certificate signed by this authority. `days` below 1 has expired. */
  issue(name: string, options?: { readonly names?: string; readonly days?: number }): Pair;
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "ignore"] });
}

/** Makes an authority in `folder`, which the test owns and removes. */
export function makeAuthority(folder: string): Authority {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=Pruefstelle",
  );
  return {
    ca: readFileSync(at("ca.pem")),
    caFile: at("ca.pem"),
    issue(name, { names = "DNS:localhost,IP:127.0.0.1", days = 1 } = {}) {
      openssl("req", ...newKey, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`), "-subj", `/CN=${name}`);
      writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`);
      const term =
        days > 0 ? ["-days", String(days)] : ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"];
      const signed = ["-in", at(`${name}.csr`), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
      const out = ["-out", at(`${name}.pem`), "-extfile", at(`${name}.ext`)];
      try {
        openssl("x509", "-req", ...signed, ...out, ...term);
      } catch (cause) {
        if (days > 0) throw cause;
        // OpenSSL before 3.4 cannot name a term for x509 -req; a negative number of days ends before it began.
        openssl("x509", "-req", ...signed, ...out, "-days", "-1");
      }
      return { cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) };
    },
  };
}
