// The HTTP side of an appliance: probes, metrics and the admin API.

import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Server as TlsServer, TlsOptions } from "node:tls";
import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import type { Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { Operations } from "../operations/operations.ts";
import { READERS, type TagsOf } from "../operations/roles.ts";
import { scopedOperations } from "../operations/scoped.ts";
import type { TokenBook } from "../operations/tokens.ts";
import type { Tls } from "../settings.ts";
import { authorize, authorizeWhole, createBrake, identify } from "./auth.ts";
import type { FailureBrake, Identity } from "./auth.ts";
import type { Family } from "../telemetry/metric.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { gatherFigures } from "./gather-figures.ts";
import { renderFamilies } from "./metrics-text.ts";
import { createCallerBook } from "../calls/identity.ts";
import type { JwtIdentity } from "../calls/identity.ts";
import { createRates } from "../calls/rate.ts";
import { createCallTally, type CallTally } from "../calls/tally.ts";
import type { SeenCallers } from "../calls/seen-callers.ts";
import { registerDashboard, type Dashboard } from "./dashboard/dashboard.ts";
import type { Provider } from "./dashboard/provider.ts";
import { askedFirst, letSend } from "./expectation.ts";
import { registerFaces } from "./faces.ts";
import type { FaceDeps } from "./faces.ts";
import { registerCalendar } from "./calendar-route.ts";
import { registerSnapshot } from "./snapshot-route.ts";
import { openApi } from "./openapi.ts";
import { problem, problemOf } from "./problem.ts";
import { ROUTES } from "./routes.ts";
import type { Route } from "./routes.ts";
import { problemSchema } from "./schemas.ts";
import { lateCompilers } from "./schema-compilers.ts";
import { securityHeaders } from "./security-headers.ts";
import { endingLate, isUnread } from "./unread.ts";

const MOST_BODY = 1 << 20;
const REQUEST_TIMEOUT = 60_000;

export interface ServerDeps {
  readonly operations: Operations;
  readonly tokens: TokenBook;
  readonly version: string;
  readonly log: Log;
  readonly tls: Tls | undefined;
  /** False while starting and while draining. */
  ready(): boolean;
  zoneOf(bridge: string): string;
  /** Figures of the engine; absent = none runs. */
  engine?(): readonly Family[];
  /** Spans of calls; absent = none are recorded. */
  readonly tracing?: Tracing | undefined;
  /** Absent = no bridge has any, and roles with tags are for none. */
  tagsOf?(bridge: string): readonly string[];
  readonly brake?: FailureBrake;
  /** Bridges that are called; absent = none are. */
  readonly faces?: Pick<FaceDeps, "face" | "faces" | "standing" | "now">;
  /** Where callers may come with JWTs. */
  readonly jwt?: JwtIdentity | undefined;
  /** Where people are known who use the dashboard. */
  readonly provider?: Provider | undefined;
  /** Under which browsers find us; absent = where we listen. */
  readonly origin?: string | undefined;
  /** Remembers who called; absent = nobody is. */
  readonly seen?: Pick<SeenCallers, "note">;
}

export interface HttpServer {
  /** The address it really listens on, for `localhost:0`. */
  readonly url: string;
  /** What /metrics says. */
  figures(): Promise<readonly Family[]>;
  /** An address that signs in to the dashboard once, within minutes, on this machine. */
  wayIn(identity: Identity): string;
  /** Certificate, key and authority are read again, for connections from now on; throws where they cannot be used. */
  renewTls(): void;
  close(): Promise<void>;
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EACCES: "ports below 1024 need more rights",
  EADDRINUSE: "the port is taken",
  EADDRNOTAVAIL: "this machine has no such address",
  EAI_AGAIN: "no name server answers for this host",
  ENOTFOUND: "no address is known for this host",
};

/** LISTEN_FAILED where the port is taken or the address is not this machine's. */
export async function startServer(
  deps: ServerDeps,
  listen: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = createServer(deps);
  const url = await listenOn(server, listen, deps.tls !== undefined);
  return {
    url,
    wayIn: (identity) => `${url}${dashboards.get(server)?.wayIn(identity) ?? ""}`,
    renewTls() {
      if (deps.tls !== undefined) (server.server as unknown as TlsServer).setSecureContext(tlsOptions(deps.tls));
    },
    figures: async () => (await figuresOf.get(server)?.()) ?? [],
    close: async () => await server.close(),
  };
}

/** Answers the address that it really listens on. LISTEN_FAILED; then the server is closed. */
export async function listenOn(
  server: FastifyInstance,
  listen: { readonly host: string; readonly port: number },
  tls: boolean,
): Promise<string> {
  try {
    await server.listen(listen);
  } catch (cause) {
    await server.close();
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
    const why = LISTEN_FAULTS[code] ?? code;
    throw new BridgeError("LISTEN_FAILED", `cannot listen on ${listen.host}:${listen.port}: ${why}`, { cause });
  }
  return `${listensOn(server, tls, listen.host)}/`;
}

/** `https://127.0.0.1:8443` */
export function listensOn(server: FastifyInstance, tls: boolean, name?: string): string {
  const address = server.server.address();
  const { port, address: own } = typeof address === "object" && address !== null ? address : { port: 0, address: "" };
  const host = name ?? own;
  return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function createServer(deps: ServerDeps): FastifyInstance {
  const brake = deps.brake ?? createBrake();
  const server = bareServer(deps, brake);
  const known = knownPaths(server);
  const tally = createCallTally();
  figuresOf.set(server, async () => await gatherFigures(deps, tally));
  registerOpen(server, deps, brake, tally);
  const operationsOf = ({ grants }: Identity): Operations =>
    scopedOperations(deps.operations, { grants, roles: READERS, tagsOf: tagsIn(deps) });
  registerCalendar(server, { operationsOf, tokens: deps.tokens }, brake);
  registerSnapshot(server, deps, brake);
  const { operations, tokens, log } = deps;
  const tls = deps.tls !== undefined;
  const dashboard = registerDashboard(server, {
    operations,
    tagsOf: tagsIn(deps),
    tokens,
    brake,
    log,
    tls,
    isLocal,
    now: Date.now,
    provider: deps.provider,
    origin: () => deps.origin ?? listensOn(server, tls),
  });
  dashboards.set(server, dashboard);
  for (const route of ROUTES) registerRoute(server, route, deps, brake);
  refuseOtherMethods(server, new Map(known));
  if (deps.faces) {
    const { version, jwt } = deps;
    const certificates = deps.tls?.clientCa !== undefined;
    registerFaces(server, {
      ...deps.faces,
      tally,
      tracing: deps.tracing,
      callers: createCallerBook({ tokens: deps.tokens, brake, jwt }),
      security: { token: true, mutualTls: certificates, ...(jwt && { jwt }) },
      rates: createRates(),
      seen: (caller, bridge, isCall) => deps.seen?.note(caller, bridge, isCall),
      certificates,
      version,
      log,
      ready: () => deps.ready(),
      tls,
    });
  }
  return server;
}

/** What every server does, whatever it shows: strict schemas, headers, problems, and an answer where there is nothing. */
export function bareServer({ tls, log }: Pick<ServerDeps, "tls" | "log">, brake: FailureBrake): FastifyInstance {
  const server = fastify(serverOptions(tls)) as FastifyInstance;
  askedFirst(server.server);
  server.addHook("onSend", async (request, reply, payload) => {
    secure(reply, tls !== undefined);
    if (typeof payload !== "string" || !isUnread(request.raw, reply.raw)) return payload;
    void reply.headers({ "content-length": Buffer.byteLength(payload), connection: "close" });
    return endingLate(payload, request.raw);
  });
  server.setErrorHandler((cause, request, reply) => {
    const answer = problemOf(cause);
    if (answer.status >= 500) {
      // The route's pattern, never the path: ids and names of callers do not belong in logs.
      log("error", "http.failed", {
        route: request.routeOptions.url ?? "",
        status: answer.status,
        code: asBridgeError(cause).code,
      });
    }
    sendProblem(reply, answer, brake.blocked(request.ip));
  });
  registerNothing(server);
  return server;
}

/** Paths with their methods, of all that is registered from now on. */
export function knownPaths(server: FastifyInstance): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  server.addHook("onRoute", ({ url, method }) => void known.set(url, [...(known.get(url) ?? []), method].flat()));
  return known;
}

const dashboards = new WeakMap<FastifyInstance, Dashboard>();
const figuresOf = new WeakMap<FastifyInstance, () => Promise<readonly Family[]>>();

/** Answered before a body is read: nobody shall send one to where there is nothing. */
function registerNothing(server: FastifyInstance): void {
  void server.register(async (scope) => {
    // Nothing goes on behind this hook: it never calls back.
    scope.addHook("onRequest", (request, reply, _next) => nothingHere(request, reply));
    scope.setNotFoundHandler(nothingHere);
  });
}

function nothingHere(_request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problem(404, "NOT_FOUND", "There is nothing here. See /api/v1/openapi.json."), 0);
}

/**
 * A path that exists under other methods names them (RFC 9110, section 15.5.6), so that nobody looks for a slip in the path.
 * Answered before a token is asked for or a body is read: which paths there are is no secret.
 */
export function refuseOtherMethods(server: FastifyInstance, known: ReadonlyMap<string, readonly string[]>): void {
  for (const [url, methods] of known) {
    const allow = methods.join(", ");
    const refuse = (_request: FastifyRequest, reply: FastifyReply): void => {
      void reply.header("allow", allow);
      const text = `This path takes ${allow} only. See /api/v1/openapi.json.`;
      sendProblem(reply, problem(405, "METHOD_NOT_ALLOWED", text), 0);
    };
    const others = server.supportedMethods.filter((method) => !methods.includes(method));
    server.route({
      method: others,
      url,
      onRequest: (request, reply, _next) => refuse(request, reply),
      handler: refuse,
    });
  }
}

/** SETTING_INVALID where the files are no certificate and key, or do not belong together. */
function tlsOptions({ cert, key, clientCa, clientCert }: Tls): TlsOptions {
  try {
    const options: TlsOptions = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      minVersion: "TLSv1.2",
      ...(clientCa !== undefined && {
        ca: readFileSync(clientCa),
        requestCert: true,
        // Where it is optional a caller may come with a token instead; one that is shown and not trusted is refused there.
        rejectUnauthorized: clientCert !== "optional",
      }),
    };
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw new BridgeError("SETTING_INVALID", `${cert} and ${key} are no certificate and key that belong together`, {
      cause,
      hint: "STEG_TLS_CERT and STEG_TLS_KEY name PEM files, without a passphrase; openssl x509 and openssl pkey show them.",
    });
  }
}

function serverOptions(tls: Tls | undefined): FastifyServerOptions {
  return {
    logger: false,
    bodyLimit: MOST_BODY,
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    schemaController: lateCompilers(),
    routerOptions: { maxParamLength: 200 },
    // A path that cannot even be decoded never reaches a route, its hooks or the error handler.
    frameworkErrors(cause: unknown, _request: FastifyRequest, reply: FastifyReply) {
      secure(reply, tls !== undefined);
      sendProblem(reply, problemOf(cause), 0);
    },
    ...(tls && { https: tlsOptions(tls) }),
  };
}

function secure(reply: FastifyReply, tls: boolean): void {
  void reply.headers(securityHeaders(tls));
}

function sendProblem(reply: FastifyReply, answer: ReturnType<typeof problem>, wait: number): void {
  if (answer.status === 401)
    void reply.header("www-authenticate", reply.getHeader("www-authenticate") ?? 'Bearer realm="steg"');
  if (answer.status === 429) void reply.header("retry-after", String(Math.max(1, wait)));
  void reply.code(answer.status).type("application/problem+json").serializer(JSON.stringify).send(answer);
}

/** What needs no token. */
function registerOpen(server: FastifyInstance, deps: ServerDeps, brake: FailureBrake, tally: CallTally): void {
  const document = openApi(ROUTES, deps.version);
  server.get("/health/live", async () => ({ status: "ok" }));
  server.get("/health/ready", async (request, reply) => {
    const ready = deps.ready();
    void reply.code(ready ? 200 : 503);
    const status = ready ? "ok" : "unavailable";
    // Servers that are away make no appliance unready: the others are served. Which ones there are is not for everyone.
    if (!ready || !(await mayRead(request, deps, brake))) return { status };
    const bridges = await deps.operations.bridges({});
    return { status, servers: bridges.flatMap(({ bridge, servers }) => servers.map((one) => ({ bridge, ...one }))) };
  });
  server.get("/api/v1/openapi.json", async () => document);
  server.get("/metrics", async (request, reply) => {
    // A scraper on this machine needs no token; anyone else could read from it which bridges there are.
    if (!isLocal(request))
      authorizeWhole(await identify(request.headers.authorization, request.ip, deps.tokens, brake), [
        "viewer",
        "operator",
      ]);
    void reply.type("text/plain; version=0.0.4; charset=utf-8");
    return renderFamilies(await gatherFigures(deps, tally));
  });
}

/** A token is looked at only where there is one: probes have none, and that is no failed login. */
async function mayRead(request: FastifyRequest, deps: ServerDeps, brake: FailureBrake): Promise<boolean> {
  if (isLocal(request)) return true;
  const { authorization } = request.headers;
  if (authorization === undefined) return false;
  try {
    authorizeWhole(await identify(authorization, request.ip, deps.tokens, brake), ["viewer", "operator"]);
    return true;
  } catch {
    // A probe with an old token still asks whether the appliance is ready, and that is no secret.
    return false;
  }
}

/** A proxy on the same machine speaks for others. */
export function isLocal(request: FastifyRequest): boolean {
  const proxied = request.headers["x-forwarded-for"] !== undefined || request.headers.forwarded !== undefined;
  return !proxied && /^(?:127\.|::1$|::ffff:127\.)/.test(request.ip);
}

function registerRoute(server: FastifyInstance, route: Route, deps: ServerDeps, brake: FailureBrake): void {
  const empty = route.answer["type"] === "null";
  server.route({
    method: route.method,
    url: `/api/v1${route.path}`,
    schema: {
      ...(route.query && { querystring: { type: "object", properties: route.query, additionalProperties: false } }),
      ...(route.body && { body: route.body }),
      response: { ...(!empty && { 200: route.answer }), default: problemSchema },
    },
    // Before the body is read: who may not do this sends nothing worth parsing.
    onRequest: async (request) => {
      const identity = await identify(request.headers.authorization, request.ip, deps.tokens, brake);
      authorize(identity, route.roles);
      identities.set(request, identity);
    },
    preParsing: async ({ raw }) => {
      if (!(Number(raw.headers["content-length"]) > MOST_BODY)) letSend(raw);
    },
    handler: async (request, reply) => {
      const identity = identities.get(request);
      if (identity === undefined) throw new BridgeError("UNAUTHENTICATED", "a token is needed");
      const reach = { grants: identity.grants, roles: route.roles, tagsOf: tagsIn(deps) };
      const answer = await route.handle(scopedOperations(deps.operations, reach), {
        params: request.params as Record<string, string>,
        query: (request.query ?? {}) as Record<string, string>,
        body: (request.body ?? {}) as Record<string, unknown>,
        identity,
      });
      if (empty) return await reply.code(204).send();
      return answer;
    },
  });
}

function tagsIn(deps: Pick<ServerDeps, "tagsOf">): TagsOf {
  return (bridge) => deps.tagsOf?.(bridge) ?? [];
}

const identities = new WeakMap<FastifyRequest, Awaited<ReturnType<typeof identify>>>();
