// The HTTP side of a fleet: pages, metrics, calendar, probes. It has no admin API: a fleet changes nothing.

import type { FastifyInstance } from "fastify";
import type { Log } from "../../contract.ts";
import type { ApplianceStanding } from "../../fleet/gather.ts";
import type { TokenBook } from "../../operations/tokens.ts";
import type { Tls } from "../../settings.ts";
import { authorizeWhole, createBrake, identify, type Identity } from "../auth.ts";
import { registerCalendar } from "../calendar-route.ts";
import { registerSite } from "../dashboard/dashboard.ts";
import type { SiteDeps } from "../dashboard/desk.ts";
import type { Provider } from "../dashboard/provider.ts";
import { READERS } from "../../operations/roles.ts";
import { bareServer, isLocal, knownPaths, listenOn, refuseOtherMethods, listensOn } from "../server.ts";
import { fleetOutlines } from "./fleet-facts.ts";
import { renderFleetMetrics } from "./metrics.ts";
import { fleetSite } from "./site.ts";

export interface FleetServerDeps {
  readonly name: string;
  readonly standings: () => readonly ApplianceStanding[];
  /** Keys of tags. */
  readonly tags: readonly string[];
  readonly tokens: TokenBook;
  readonly version: string;
  readonly log: Log;
  readonly tls: Tls | undefined;
  /** Where people are known; absent = tokens alone sign in. */
  readonly provider?: Provider | undefined;
  /** Under which browsers find us; absent = where it listens. */
  readonly origin?: string | undefined;
  readonly signed?: SiteDeps["signed"];
  readonly now: () => number;
}

/** They are told where they happen. */
const alarms = async () => await Promise.resolve({ alarms: [], channels: [], runningOut: [] });

/** A fleet is looked at as a whole: a role for a part of its bridges has no page here. */
function whole(identity: Identity): void {
  authorizeWhole(identity, READERS);
}

export function createFleetServer(deps: FleetServerDeps): FastifyInstance {
  const { tokens, log, version, standings, now, tags, name, provider, signed } = deps;
  const brake = createBrake();
  const server = bareServer(deps, brake);
  const known = knownPaths(server);
  server.get("/health/live", async () => ({ status: "ok" }));
  server.get("/health/ready", async () => ({ status: "ok" }));
  server.get("/metrics", async (request, reply) => {
    // As for an appliance: a scraper on this machine needs no token.
    if (!isLocal(request)) whole(await identify(request.headers.authorization, request.ip, tokens, brake));
    return await reply.type("text/plain; version=0.0.4; charset=utf-8").send(renderFleetMetrics(version, standings()));
  });
  const outlines = async () =>
    await Promise.resolve({ bridges: fleetOutlines(standings()), now: new Date(now()).toISOString() });
  const operationsOf = (identity: Identity) => {
    whole(identity);
    return { outlines, alarms };
  };
  registerCalendar(server, { operationsOf, tokens }, brake);
  const tls = deps.tls !== undefined;
  const origin = (): string => deps.origin ?? listensOn(server, tls);
  const site = fleetSite(name, { standings, tags, now });
  registerSite(server, { tokens, brake, log, tls, provider, signed, origin, isLocal, now: Date.now }, site);
  refuseOtherMethods(server, new Map(known));
  return server;
}

/** LISTEN_FAILED */
export async function startFleetServer(
  deps: FleetServerDeps,
  listen: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createFleetServer(deps);
  const url = await listenOn(server, listen, deps.tls !== undefined);
  return { url, close: async () => await server.close() };
}
