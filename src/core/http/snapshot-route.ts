// /api/v1/snapshot: what this appliance says of itself to a view over many. Beside the list of the admin API, because what is signed goes
// out byte by byte as it was signed, and because most of the time nothing has changed: then only a tag travels.

import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { shownCertificate } from "../calls/shown-certificate.ts";
import { BridgeError } from "../errors.ts";
import type { Operations } from "../operations/operations.ts";
import type { TokenBook } from "../operations/tokens.ts";
import type { Tls } from "../settings.ts";
import { authorizeWhole, identify } from "./auth.ts";
import type { FailureBrake } from "./auth.ts";
import { READERS } from "../operations/roles.ts";

export const SNAPSHOT_PATH = "/api/v1/snapshot";

export interface SnapshotDeps {
  readonly operations: Pick<Operations, "snapshot">;
  readonly tokens: TokenBook;
  readonly tls: Pick<Tls, "fleetClient"> | undefined;
}

export function registerSnapshot(server: FastifyInstance, deps: SnapshotDeps, brake: FailureBrake) {
  const { operations, tokens, tls } = deps;
  server.get(SNAPSHOT_PATH, async ({ headers, ip, query, raw }, reply) => {
    if (headers.authorization !== undefined || !isFleet(raw.socket, tls?.fleetClient))
      authorizeWhole(await identify(headers.authorization, ip, tokens, brake), READERS);
    const { document, tag } = await operations.snapshot({ since: sinceOf(query) });
    const etag = `"${tag}"`;
    // What holds today's figures of an authority is nobody's to keep on the way.
    void reply.headers({ etag, "cache-control": "no-store" });
    if (headers["if-none-match"] === etag) return await reply.code(304).send();
    return await reply.type("application/json").send(JSON.stringify(document));
  });
}

/** By name: the authority may give certificates to callers, too. */
function isFleet(socket: Socket, name: string | undefined): boolean {
  const certificate = name === undefined ? undefined : shownCertificate(socket);
  return certificate !== undefined && certificate.trusted && certificate.commonName === name;
}

function sinceOf(query: unknown): number | undefined {
  const { since } = query as Readonly<Record<string, unknown>>;
  if (since === undefined) return undefined;
  if (typeof since === "string" && /^\d{1,15}$/.test(since)) return Number(since);
  throw new BridgeError("REQUEST_INVALID", "since is the number of an entry of the audit trail");
}
