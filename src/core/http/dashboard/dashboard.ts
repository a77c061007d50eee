// The dashboard: pages made on the server, for people who are signed in. It has no rights of its own: everything goes through the
// operations, with the roles of the admin API.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { asBridgeError, BridgeError } from "../../errors.ts";
import type { Operations } from "../../operations/operations.ts";
import type { Role, TagsOf } from "../../operations/roles.ts";
import { scopedOperations } from "../../operations/scoped.ts";
import { isPerson } from "../../lifecycle/person.ts";
import { authorize, type Identity } from "../auth.ts";
import { letSend } from "../expectation.ts";
import { problemOf } from "../problem.ts";
import { html } from "../pages/html.ts";
import { asset } from "./assets.ts";
import { cookieOf, formOf, isFromHere, languageOf, type DashboardDeps, type Desk, type SiteDeps } from "./desk.ts";
import { createFacts, seenBy, type FactSource } from "./facts.ts";
import { AREAS, framed, type Area } from "./layout.ts";
import { createLive, type Live, type Snapshot } from "./live.ts";
import { READERS, type Asked, type Download, type PageRoute, type Shown } from "./page-route.ts";
import { PAGES } from "./routes.ts";
import { createScreen, type Screen } from "./screen.ts";
import { createSessions, type Session, type Theme } from "./sessions.ts";
import { registerSigning } from "./signing.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const MOST_FORM = 64 * 1024;
const YEAR = "public, max-age=31536000, immutable";

export interface Dashboard {
  /** Path and query that sign in once, on this machine. */
  wayIn(identity: Identity): string;
}

/** A set of pages: those of an appliance, or those over many. */
export interface Site {
  /** Behind the product's name; empty for an appliance. */
  readonly name: string;
  readonly areas: readonly Area[];
  readonly pages: readonly SitePage[];
  readonly facts: FactSource;
  /** Absent = no bridge has any. */
  readonly tagsOf?: TagsOf;
  /** What programs are told that ask for `/` without a token. */
  readonly paths: string;
}

/** A page of the list, with what it works on. */
export interface SitePage extends Omit<PageRoute, "show"> {
  show(asked: Omit<Asked, "operations">): Promise<Shown>;
}

export function registerDashboard(server: FastifyInstance, deps: DashboardDeps): Dashboard {
  const { operations, tagsOf } = deps;
  /** Each page with what this person has of it; what is read for all is narrowed, too. */
  const ofPerson = (asked: Omit<Asked, "operations">, roles: readonly Role[]): Asked => {
    const { grants } = asked.session.identity;
    return {
      ...asked,
      facts: seenBy(asked.facts, grants, tagsOf),
      operations: scopedOperations(operations, { grants, roles, tagsOf }),
    };
  };
  const signed: Operations["signed"] = async (request) => await operations.signed(request);
  return registerSite(
    server,
    { ...deps, signed },
    {
      name: "",
      areas: AREAS,
      pages: PAGES.map((page) => ({ ...page, show: async (asked) => await page.show(ofPerson(asked, page.roles)) })),
      tagsOf,
      facts: createFacts(operations),
      paths:
        "/                       dashboard, for browsers\n/api/v1/bridges        bridges (token needed: steg token new NAME --role viewer)\n/api/v1/openapi.json   the admin API\n/health/ready          readiness\n/metrics               Prometheus\n",
    },
  );
}

export function registerSite(server: FastifyInstance, deps: SiteDeps, site: Site): Dashboard {
  const sessions = createSessions(() => deps.now());
  const { areas, name } = site;
  // Cookies know no ports: a fleet beside an appliance has one of its own.
  const cookie = (deps.tls ? "__Host-steg" : "steg_session") + (name === "" ? "" : "-fleet");
  // A person's session ends by itself: whoever loses a role at the provider keeps it here for as long as that lasts.
  const holds = async ({ identity: { actor }, began }: Session): Promise<boolean> =>
    isPerson(actor) || (await deps.tokens.holds(actor.replace(/^token:/, ""), began));
  const desk: Desk = {
    ...deps,
    sessions,
    cookie,
    async sessionOf(request, rests) {
      const session = sessions.find(cookieOf(request, cookie), rests);
      if (session === undefined || (await holds(session))) return session;
      sessions.end(session);
      return undefined;
    },
    send(reply, page, screen, session, live = false) {
      return reply.type("text/html; charset=utf-8").send(framed({ ...page, live, areas, name }, screen, session));
    },
  };
  const live = createLive({
    snapshot: async (address, session) => await snapshotOf(address, session, site),
    isOn: async (session) => sessions.isOn(session) && (await holds(session)),
  });
  void server.register(async (scope) => {
    scope.addHook("onSend", async (request, reply, payload) => {
      // Forms have to say where they come from; that is nobody's business elsewhere.
      if (String(reply.getHeader("content-type")).startsWith("text/html"))
        void reply.headers({ "content-security-policy": POLICY, "referrer-policy": "same-origin" });
      if (request.routeOptions.url === "/dashboard/:name" && reply.statusCode === 200)
        void reply.header("cache-control", YEAR);
      return payload;
    });
    scope.addHook("preParsing", async ({ raw }) => {
      if (!(Number(raw.headers["content-length"]) > MOST_FORM)) letSend(raw);
    });
    scope.removeAllContentTypeParsers();
    const asText = { parseAs: "string" as const, bodyLimit: MOST_FORM };
    scope.addContentTypeParser<string>(
      "application/x-www-form-urlencoded",
      asText,
      async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
    );
    scope.setErrorHandler(async (cause, request, reply) => await sendError(desk, cause, request, reply));
    registerSigning(scope, desk);
    registerAssets(scope);
    registerLive(scope, desk, live, site);
    for (const page of site.pages) registerPage(scope, desk, page, site);
  });
  server.addHook("preClose", async () => live.close());
  return { wayIn: (identity) => `anmeldung?code=${sessions.code(identity)}` };
}

function registerPage(scope: FastifyInstance, desk: Desk, page: SitePage, { facts, paths, tagsOf }: Site): void {
  scope.route({
    method: page.method,
    url: page.path,
    async handler(request, reply) {
      const session = await desk.sessionOf(request);
      if (session === undefined) return await askToSignIn(request, reply, paths);
      if (page.method === "GET" && takeSwitches(request, session))
        return await reply.redirect(withoutSwitches(request), 303);
      authorize(session.identity, page.roles);
      const form = page.method === "POST" ? formOf(request, session.csrf) : new URLSearchParams();
      const screen = screenOf(request.url, session, tagsOf);
      const params = request.params as Readonly<Record<string, string>>;
      const shown = await page.show({
        facts: await facts.read(),
        screen,
        session,
        params,
        form,
      });
      if (page.method === "POST") facts.forget();
      if ("location" in shown) return await reply.redirect(shown.location, 303);
      if ("download" in shown) return sendFile(reply, shown.download);
      return await desk.send(reply, shown, screen, session, page.live);
    },
  });
}

/** Saved and never shown: nothing of it runs here. */
function sendFile(reply: FastifyReply, { name, type, content }: Download): FastifyReply {
  const plain = name.replaceAll(/[^\w.-]/g, "_");
  void reply.header("content-disposition", `attachment; filename="${plain}"`);
  return reply.type(type).send(content);
}

/** Programs that ask without a token are told where things are; people are asked who they are. */
async function askToSignIn(request: FastifyRequest, reply: FastifyReply, paths: string): Promise<FastifyReply> {
  if (request.url === "/" && !/\btext\/html\b/.test(request.headers.accept ?? "")) {
    return await reply.type("text/plain; charset=utf-8").send(`Steg\n\n${paths}`);
  }
  return await reply.redirect("/anmeldung", 303);
}

function screenOf(address: string, { language, identity, csrf }: Session, tagsOf: TagsOf | undefined): Screen {
  return createScreen({ language, identity, csrf, address, tagsOf });
}

function takeSwitches(request: FastifyRequest, session: Session): boolean {
  const query = request.query as Readonly<Record<string, unknown>>;
  const { lang, theme } = query;
  if (lang === "de" || lang === "en") session.language = lang;
  if (theme === "system" || theme === "light" || theme === "dark") session.theme = theme satisfies Theme;
  return lang !== undefined || theme !== undefined;
}

function withoutSwitches(request: FastifyRequest): string {
  const url = new URL(request.url, "http://steg.invalid");
  url.searchParams.delete("lang");
  url.searchParams.delete("theme");
  // Never a foreign host, whatever slashes the address begins with.
  return `${url.pathname.replace(/^\/{2,}/, "/")}${url.search}`;
}

function registerAssets(scope: FastifyInstance): void {
  scope.get<{ Params: { name: string } }>("/dashboard/:name", async ({ params }, reply) => {
    const found = asset(params.name);
    if (found === undefined) throw new BridgeError("NOT_FOUND", "there is no such file");
    return await reply.type(found.type).send(found.bytes);
  });
}

function registerLive(scope: FastifyInstance, desk: Desk, live: Live, { pages }: Site): void {
  scope.get("/live", { exposeHeadRoute: false }, async (request, reply) => {
    const session = await desk.sessionOf(request, true);
    const { page } = request.query as Readonly<Record<string, unknown>>;
    const address = typeof page === "string" ? page : "/";
    // No body: nobody reads one, and EventSource gives up after any answer but 200.
    if (session === undefined || !isFromHere(request)) return await reply.code(401).send();
    authorize(session.identity, READERS);
    if (liveRoute(address, pages) === undefined) return await reply.code(404).send();
    if (!live.hasRoom(session)) return await reply.code(429).send();
    const { raw } = reply;
    const headers = { ...reply.getHeaders(), "content-type": "text/event-stream", "cache-control": "no-store" };
    raw.writeHead(200, headers as Record<string, string>);
    reply.hijack();
    live.open({ session, address, response: raw });
    return reply;
  });
}

function liveRoute(address: string, pages: readonly SitePage[]) {
  const path = URL.parse(address, "http://steg.invalid")?.pathname;
  if (path === undefined || !address.startsWith("/")) return undefined;
  for (const page of pages) {
    if (page.live !== true) continue;
    const names = [...page.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
    const match = new RegExp(`^${page.path.replaceAll(/:\w+/g, "([^/]+)")}$`).exec(path);
    if (match === null) continue;
    const values = match.slice(1).map(decoded);
    return { page, params: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""])) };
  }
  return undefined;
}

/** What cannot be decoded names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

async function snapshotOf(address: string, session: Session, { facts, pages, tagsOf }: Site): Promise<Snapshot> {
  const found = liveRoute(address, pages);
  if (found === undefined) throw new BridgeError("NOT_FOUND", "there is no such page");
  const screen = screenOf(address, session, tagsOf);
  const { params, page } = found;
  await page.show({ facts: await facts.read(), screen, session, params, form: new URLSearchParams() });
  return screen;
}

/** Errors as a page: what, and the way back. */
async function sendError(
  desk: Desk,
  cause: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { status, code, detail } = problemOf(cause);
  if (status >= 500) {
    const fields = { route: request.routeOptions.url ?? "", status, code: asBridgeError(cause).code };
    desk.log("error", "http.failed", fields);
  }
  const session = await desk.sessionOf(request).catch(() => undefined);
  const csrf = session?.csrf ?? "";
  const language = session?.language ?? languageOf(request);
  const screen = createScreen({ language, identity: session?.identity, csrf, address: "/" });
  void reply.code(status);
  const { words } = screen;
  const body = html`<h1 class="kern-heading-medium">${words.errorTitle}</h1>
    <p class="note note--danger" role="alert" lang="en">${detail}</p>
    <p><code>${code}</code></p>
    ${session === undefined && status === 403 && html`<p>${words.formOld}</p>`}
    <p>
      ${session === undefined ? html`<a href="/anmeldung">${words.signIn}</a>` : html`<a href="/">${words.back}</a>`}
    </p>`;
  return desk.send(reply, { title: words.errorTitle, body }, screen, session);
}
