// The paths of bridges that are called: /bridges/NAME/… and /soap/NAME. What is the same for every face happens here, in this order:
//
//   is there one? ─▶ who calls? ─▶ may they? ─▶ lifecycle ─▶ paused? ─▶ how much? ─▶ body ─▶ Face.read ─▶ desk ─▶ Face.write

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Call, CallEnd, FaceReply, FaceRequest, Log } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { mayCall, ownerOf, type Caller, type CallerBook, type Presented } from "../calls/caller.ts";
import type { CallResources } from "../calls/call-resources.ts";
import type { Rates } from "../calls/rate.ts";
import { shownCertificate } from "../calls/shown-certificate.ts";
import type { Visit } from "../calls/desk.ts";
import { describedBridge } from "../calls/describe.ts";
import { failed, failedByError } from "../calls/failed.ts";
import { rememberCallers } from "../calls/known-callers.ts";
import { createMoments, type Moment } from "../calls/moment.ts";
import type { OpenFace } from "../calls/open-face.ts";
import { openApiOfAppliance, type SecurityInForce } from "../calls/openapi.ts";
import type { CallTally } from "../calls/tally.ts";
import { continuedTrace, readTraceparent, readTracestate, traceField } from "../telemetry/trace-context.ts";
import { beginCall, type CallSpan } from "../calls/call-trace.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { ANYONE } from "../bridge/face-shapes.ts";
import type { Standing } from "../lifecycle/state.ts";
import { bridgeLifecycle, bridgeLifecycleSchema, WELL_KNOWN } from "./bridge-lifecycle.ts";
import { problemSchema } from "./schemas.ts";
import { crossOrigin, isPreflight, preflight } from "./cross-origin.ts";
import { applianceDocument, faceDocument, isDocumentPath, type DescribedFace } from "./face-documents.ts";
import { replyDirectly } from "./direct-reply.ts";
import { readBody } from "./read-body.ts";

export interface FaceDeps {
  /** undefined = there is none of that name, or it does not run yet. */
  face(bridge: string): OpenFace | undefined;
  /** All of them. */
  faces(): Iterable<OpenFace>;
  ready(): boolean;
  readonly callers: CallerBook;
  readonly rates: Rates;
  /** A document that is read is seen, and no call. Who asks after an accepted call was seen when it made it. */
  seen(caller: Caller, bridge: string, isCall: boolean): void;
  /** Callers may show certificates of an authority that the operator names. */
  readonly certificates: boolean;
  standing(face: OpenFace): Standing;
  now(): number;
  /** Scheme and authority that callers use, from what the request says. */
  readonly tls: boolean;
  /** How callers can show who they are, for descriptions. */
  readonly security: Omit<SecurityInForce, "anyone">;
  readonly tally: CallTally;
  /** Spans of calls; absent = none are recorded. */
  readonly tracing?: Tracing | undefined;
  /** Of the appliance. */
  readonly version: string;
  readonly log: Log;
}

/** Which face stands where. */
const PREFIXES: Readonly<Record<string, string>> = { rest: "bridges", soap: "soap" };

/** How long after its deadline a call's connection may stay silent. */
const GRACE = 10_000;

export function registerFaces(server: FastifyInstance, deps: FaceDeps): void {
  void server.register(async (scope) => {
    const method = scope.supportedMethods;
    const seen: Seen = { momentOf: createMoments(deps), callerOf: rememberCallers(deps.callers) };
    scope.get("/bridges/openapi.json", async (request, reply) => {
      replyDirectly(reply, await describeAll(deps, request), deps.tls);
      return reply;
    });
    const response = { 200: bridgeLifecycleSchema, default: problemSchema };
    scope.get(WELL_KNOWN, { schema: { response } }, async (request, reply) => await lifecycles(deps, request, reply));
    for (const prefix of new Set(Object.values(PREFIXES))) {
      for (const url of [`/${prefix}/:bridge`, `/${prefix}/:bridge/*`]) {
        // Before fastify looks at the body: nothing that it would do with one is wanted here.
        const onRequest = (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
          handle(deps, seen, prefix, request, reply);
        scope.route({ method, url, onRequest, handler: onRequest });
      }
    }
  });
}

/** What is looked at for every call and seldom changes. */
interface Seen {
  readonly momentOf: (face: OpenFace) => Moment;
  readonly callerOf: ReturnType<typeof rememberCallers>;
}

async function handle(
  deps: FaceDeps,
  { momentOf, callerOf }: Seen,
  prefix: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { bridge = "" } = request.params as { readonly bridge?: string };
  const open = deps.face(bridge);
  if (!open || PREFIXES[open.bridge.face?.face.name ?? ""] !== prefix) {
    const error = deps.ready() ? "NOT_FOUND" : "CALLS_TOO_MANY";
    throw new BridgeError(error, deps.ready() ? "there is no such bridge" : "the appliance is starting");
  }
  const { section } = open;
  const moment = momentOf(open);
  const { standing } = moment;
  const asked = faceRequest(request, prefix, bridge, deps.tls);
  if (prefix === "bridges" && isDocumentPath(asked.path) && standing.state !== "planned") {
    const document = faceDocument(asked, `/${prefix}/${bridge}`, describedFace(deps, open, standing));
    if (document) return replyDirectly(reply, document, deps.tls);
  }
  const origin = crossOrigin(request.headers.origin, section.origins);
  if (section.origins.length > 0) {
    if (isPreflight(request)) return replyDirectly(reply, preflight(request, origin), deps.tls);
    void reply.headers(origin);
  }
  const found = callerOf(request.raw.socket, presented(deps, request));
  const caller = admit(open, found instanceof Promise ? await identified(found, reply) : found, reply);
  const socket = request.raw.socket;
  if (section.deadline + GRACE > (socket.timeout ?? 0)) socket.setTimeout(section.deadline + GRACE);
  const began = performance.now();
  const span = deps.tracing && beginCall(deps.tracing, bridge, oneHeader(request, "traceparent"), request.method);
  const answer = await ended(deps, open, caller, asked, moment, request, span);
  span?.end(answer.status);
  deps.tally.note(bridge, answer.status, performance.now() - began);
  replyDirectly(reply, answer, deps.tls, moment.headers);
}

async function identified(looking: Promise<Caller | undefined>, reply: FastifyReply): Promise<Caller | undefined> {
  try {
    return await looking;
  } catch (cause) {
    if (asBridgeError(cause).code === "UNAUTHENTICATED") challenge(reply);
    throw cause;
  }
}

const SHOW_WHO = "Send Authorization: Bearer TOKEN; who answers for the bridge gives you one.";

/** Old SOAP clients can do no other than Basic. */
function challenge(reply: FastifyReply): void {
  void reply.header("www-authenticate", 'Bearer realm="steg", Basic realm="steg", charset="UTF-8"');
}

function describedFace({ security }: FaceDeps, open: OpenFace, standing: Standing): DescribedFace {
  const { name, version } = open.bridge;
  const key = `${name} ${version} ${standing.state} ${standing.end} ${JSON.stringify(security)}`;
  return { key, described: () => describedBridge(open, standing, security) };
}

/** /bridges/openapi.json: all that this caller may call. Which bridges there are is not for everyone. */
async function describeAll(deps: FaceDeps, request: FastifyRequest): Promise<FaceReply> {
  const caller = await deps.callers.identify(presented(deps, request));
  const open = [...deps.faces()].filter(
    ({ section }) => PREFIXES[section.face.name] === "bridges" && mayCall(caller, section.callers),
  );
  if (open.length === 0 && !caller) throw new BridgeError("UNAUTHENTICATED", "a token is needed");
  const faces = open
    .map((face) => ({ face, standing: deps.standing(face) }))
    .filter(({ standing }) => standing.state !== "planned")
    .map(({ face, standing }) => describedFace(deps, face, standing));
  const origin = `${deps.tls ? "https" : "http"}://${authorityOf(request)}`;
  return applianceDocument(faces.map(({ key }) => key).join("\n"), origin, (server) =>
    openApiOfAppliance(
      faces.map(({ described }) => described()),
      deps.version,
      server,
    ),
  );
}

/** Of all bridges that this caller may call, over whatever protocol. */
async function lifecycles(deps: FaceDeps, request: FastifyRequest, reply: FastifyReply): Promise<object> {
  if (!deps.ready()) throw new BridgeError("CALLS_TOO_MANY", "the appliance is starting");
  const caller = await identified(deps.callers.identify(presented(deps, request)), reply);
  const open = [...deps.faces()].filter(({ section }) => mayCall(caller, section.callers));
  if (open.length === 0 && !caller) {
    challenge(reply);
    throw new BridgeError("UNAUTHENTICATED", "a token is needed", { hint: SHOW_WHO });
  }
  const now = deps.now();
  return {
    now: new Date(now).toISOString(),
    bridges: open
      .flatMap((face) => bridgeLifecycle(face, deps.standing(face), now) ?? [])
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function presented({ certificates }: FaceDeps, { headers, raw, ip }: FastifyRequest): Presented {
  const certificate = certificates ? shownCertificate(raw.socket) : undefined;
  return { authorization: headers.authorization, certificate, ip };
}

/** Throws UNAUTHENTICATED or FORBIDDEN, before anything of the request is read. */
function admit({ section }: OpenFace, caller: Caller | undefined, reply: FastifyReply): Caller {
  if (mayCall(caller, section.callers)) return caller ?? { name: ANYONE, by: "anyone", scopes: [] };
  if (caller) throw new BridgeError("FORBIDDEN", `${caller.name} may not call this bridge`);
  challenge(reply);
  throw new BridgeError("UNAUTHENTICATED", "a token is needed", { hint: SHOW_WHO });
}

async function ended(
  deps: FaceDeps,
  open: OpenFace,
  caller: Caller,
  asked: Omit<FaceRequest, "body">,
  { standing, refused }: Moment,
  request: FastifyRequest,
  span: CallSpan | undefined,
): Promise<FaceReply> {
  const { bridge, face, section, desk, accepting } = open;
  const bare: FaceRequest = { ...asked, body: NOTHING };
  // What was taken before the sunset is brought to its end, and whoever sent it hears how it ended.
  if (open.resources && standing.state !== "planned" && asked.path.startsWith(ACCEPTED)) {
    return face.write(undefined, await readAccepted(open.resources, caller, bare), bare);
  }
  // A client that reads its WSDL anew for every call (PHP's does) would otherwise never hear the fault that says what to do.
  const document = standing.state === "planned" ? undefined : face.document?.(bare);
  deps.seen(caller, bridge.name, document === undefined);
  if (document && (!refused || asked.method !== "OPTIONS")) return document;
  if (refused) return face.write(undefined, refused, bare);
  let call: Call | undefined;
  let whole = bare;
  let end: CallEnd;
  try {
    // Calls that are accepted wait for the end of a pause.
    const closed = open.closed() === "paused" && accepting ? undefined : open.closed();
    const wait = closed ? 0 : tooOften(deps, open, caller, request);
    if (wait > 0) end = failed(429, "RATE_LIMITED", { after: wait, detail: RATE_DETAIL });
    else if (closed) end = failed(503, "CALLS_TOO_MANY", { after: closed === "paused" ? 60 : 5 });
    else {
      whole = { ...asked, body: await readBody(request.raw, section.limits.body) };
      call = await face.read(whole);
      span?.called(call.name);
      const visit = visitOf(request, caller, section.headersIn, span?.traceparent);
      end = await (accepting ? accepting.accept(call, visit, open.lifetime) : desk.answer(call, visit, open.lifetime));
      const fault = end.end === "answered" && !accepting ? face.answerFault?.(call, end) : undefined;
      if (fault) end = failedByError(fault);
    }
  } catch (cause) {
    end = failedByError(asBridgeError(cause, "receive"));
  }
  if (end.end === "failed" && end.status >= 500) {
    span?.failed(end.code);
    deps.log("warn", "call.failed", {
      bridge: bridge.name,
      call: call?.name ?? "",
      status: end.status,
      code: end.code,
      ...traceField(span?.traceparent),
    });
  }
  return face.write(call, end, whole);
}

const RATE_DETAIL = "This caller calls more often than the bridge lets it";

/** Seconds to wait, or 0. Callers without a name are told apart by where they come from. */
function tooOften({ rates }: FaceDeps, { bridge, section }: OpenFace, caller: Caller, request: FastifyRequest): number {
  const { rate } = section.limits;
  if (rate === undefined) return 0;
  const name = caller.by === "anyone" ? `anyone@${request.ip}` : ownerOf(caller);
  return rates.take(bridge.name, name, rate);
}

const ACCEPTED = "/calls/";

/** What became of a call that was accepted. */
async function readAccepted(resources: CallResources, caller: Caller, asked: FaceRequest): Promise<CallEnd> {
  if (asked.method !== "GET" && asked.method !== "HEAD") {
    return failed(405, "CALL_METHOD", { headers: { allow: "GET, HEAD" } });
  }
  return await resources.read(asked.path.slice(ACCEPTED.length), ownerOf(caller));
}

const NOTHING = new Uint8Array();
const KEY = /^[\u0021-\u007e]{1,255}$/u;

/** `traceparent`: of the span that the call is; absent = none is recorded, and the caller's goes on. */
function visitOf(
  request: FastifyRequest,
  caller: Caller,
  passed: readonly string[],
  traceparent: string | undefined,
): Visit {
  const given = request.headers;
  const key = given["idempotency-key"];
  const headers: Record<string, string> = {};
  for (const name of passed) {
    const value = given[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  if (key !== undefined && !(typeof key === "string" && KEY.test(key))) {
    throw new BridgeError("CALL_INVALID", "Idempotency-Key must be 1 to 255 printable characters", {
      stage: "receive",
    });
  }
  return {
    caller: caller.name,
    owner: ownerOf(caller),
    ...traceOf(request, traceparent),
    idempotencyKey: key,
    headers,
  };
}

/** What a caller said of its own trace goes on with it only. */
function traceOf(request: FastifyRequest, own: string | undefined): Pick<Visit, "traceparent" | "tracestate"> {
  const parent = oneHeader(request, "traceparent");
  if (readTraceparent(parent) === undefined) return { traceparent: own ?? continuedTrace(undefined) };
  const tracestate = readTracestate(oneHeader(request, "tracestate"));
  return { traceparent: own ?? continuedTrace(parent), tracestate };
}

/** Node joins what came in several lines, as for tracestate; a traceparent of several is none. */
function oneHeader({ headers }: FastifyRequest, name: string): string | undefined {
  const given = headers[name];
  return Array.isArray(given) ? given.join(",") : given;
}

function faceRequest(request: FastifyRequest, prefix: string, bridge: string, tls: boolean): Omit<FaceRequest, "body"> {
  const url = request.raw.url ?? "/";
  const mark = url.indexOf("?");
  const whole = mark < 0 ? url : url.slice(0, mark);
  // Behind /bridges/NAME, whose letters need no escaping; who escapes them all the same is no better known.
  const slash = whole.indexOf("/", prefix.length + 2);
  const path = slash < 0 ? "/" : whole.slice(slash);
  const headers = request.headers as Readonly<Record<string, string | undefined>>;
  return {
    method: request.method,
    path,
    query: mark < 0 ? "" : url.slice(mark + 1),
    headers,
    base: `${tls ? "https" : "http"}://${authorityOf(request)}/${prefix}/${bridge}`,
  };
}

/** A host that is none would end up in the documents that are made for it. */
function authorityOf(request: FastifyRequest): string {
  const host = request.headers.host ?? "";
  return /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/iu.test(host) ? host : "localhost";
}
