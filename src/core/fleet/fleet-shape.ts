// fleet.yaml as shapes: which appliances a fleet looks at, and how it gets to them.

import { choice, duration, list, map, object, required, secret, text } from "../options/shape.ts";
import { TAG_KEY } from "../tags.ts";

/** What one fleet holds; both bound its memory. */
export const MOST_APPLIANCES = 1_000;
export const MOST_TAGS = 8;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const NAME_HINT = "lower-case letters, digits and hyphens, at most 64";
/** Ed25519, SubjectPublicKeyInfo. */
const KEY = /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/;
const ADDRESS = /^https?:\/\/[^\s/?#@]+\/?$/;

/** Over plain HTTP a token is anybody's who stands between; on one machine nobody does. */
export function leavesInClear(value: unknown): boolean {
  return typeof value === "string" && /^http:/i.test(value) && !isLoopback(value);
}

export function isLoopback(address: string): boolean {
  const host = URL.parse(address)?.hostname ?? "";
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

const named = {
  name: required(
    text("name in addresses, metrics and on the command line", {
      pattern: NAME,
      patternHint: NAME_HINT,
      example: "adorf",
    }),
  ),
  title: text("what people call it; the name without it", { most: 100, example: "Stadt Adorf" }),
  tags: map(text("value", { most: 100 }), "by what it can be found: kommune, verfahren", {
    key: TAG_KEY,
    keyHint: "lower-case letters, digits and hyphens",
    most: MOST_TAGS,
    example: "{ kommune: Adorf, verfahren: Gewerbe }",
  }),
  publicKey: text("key of its audit trail, as steg snapshot --key prints it; without it the first one seen counts", {
    pattern: KEY,
    patternHint: "an Ed25519 key in one line, as steg snapshot --key prints it",
    example: "MCowBQYDK2VwAyEA…",
  }),
  contact: text("who looks after it, where its own dashboard cannot be reached from here", { most: 200 }),
};

const link = (doc: string) =>
  text(doc, { pattern: ADDRESS, patternHint: "an address without a path", example: "https://steg.adorf.example" });

export const pulledShape = object(
  {
    ...named,
    url: required(
      text("its address, without a path", {
        pattern: ADDRESS,
        patternHint: "https:// and a host, without a path",
        example: "https://steg.adorf.example:8443",
        needsException: leavesInClear,
      }),
    ),
    link: link("where people find its dashboard; url without it"),
    token: secret("API token of the role viewer, read anew for each request", {
      example: "${file:/run/secrets/adorf}",
    }),
    clientCert: text("certificate that is shown to it, PEM", { most: 1_000 }),
    clientKey: text("key of that certificate, PEM", { most: 1_000 }),
    ca: text("authority of its own certificate, PEM; those of the system without it", { most: 1_000 }),
  },
  "an appliance that is asked over HTTP",
);

export const carriedShape = object(
  { ...named, link: link("where people find its dashboard") },
  "an appliance whose snapshots are carried as files",
);

export const fleetShape = required(
  object(
    {
      fleet: required(choice(["1"], "version of this format", { example: "1" })),
      name: required(text("what people call the fleet", { most: 100, example: "IT-Verbund Mitte" })),
      listen: text("address of the pages; STEG_LISTEN wins", { pattern: /^\S+:\d{1,5}$/, patternHint: "host:port" }),
      every: duration("how often each appliance is asked, and each folder looked at", {
        default: "1m",
        least: 1_000,
        most: 240_000,
      }),
      appliances: list(pulledShape, "appliances that are asked over HTTP", { most: MOST_APPLIANCES }),
      snapshots: list(
        object({
          folder: required(text("folder of the files, each called by its appliance: adorf.json", { most: 1_000 })),
          appliances: required(list(carriedShape, "whose files lie there", { most: MOST_APPLIANCES })),
        }),
        "appliances that cannot be reached: files of steg snapshot",
        { most: 100 },
      ),
    },
    "a view over many appliances",
  ),
);
