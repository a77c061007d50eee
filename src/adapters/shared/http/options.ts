// What a bridge file says of any server that is reached over HTTP: how it is trusted, how long it may take.

import { boolean, bridgeFile, choice, duration, integer, secret } from "../../../core/options/shape.ts";

export const tlsShapes = {
  ca: bridgeFile("certificates of the authority that signed the server's, PEM; then only these are trusted"),
  cert: bridgeFile("certificate that the bridge shows, PEM"),
  key: secret("private key of cert, PEM", { example: "${file:/run/secrets/client.key}" }),
  passphrase: secret("opens the key"),
  tls: choice(["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"], "oldest version of TLS that may be spoken", {
    default: "TLSv1.2",
    needsException: (value) => value === "TLSv1.1" || value === "TLSv1",
  }),
} as const;

export const serverShapes = {
  ...tlsShapes,
  checkCertificate: boolean("whether the server's certificate must be valid", {
    default: true,
    needsException: (value) => value === false,
  }),
  timeout: duration(
    "longest time for one attempt, from the first byte sent to the last received; each MiB of files that go along adds a second",
    { default: "30s", least: 10, most: 3_600_000 },
  ),
  connectTimeout: duration("longest time for opening a connection", { default: "10s", least: 10, most: 600_000 }),
  connections: integer("most connections to one server; up to two are opened for each delivery in flight", {
    default: 64,
    least: 1,
    most: 1_024,
  }),
} as const;
