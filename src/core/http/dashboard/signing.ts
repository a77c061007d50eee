// Signing in and out. The form brings a field that belongs to a cookie, so that no other page can sign somebody in as somebody else.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BridgeError } from "../../errors.ts";
import type { Identity } from "../auth.ts";
import { cookieOf, formOf, languageOf, type Desk } from "./desk.ts";
import { arrivedPage, loginPage } from "./page-login.ts";
import { problemOf } from "../problem.ts";
import { registerPersonSigning } from "./signing-person.ts";
import { READERS } from "./page-route.ts";
import { createScreen, type Screen } from "./screen.ts";
import { secret } from "./sessions.ts";
import { WORDS } from "./words.ts";

const LOGIN_COOKIE = "steg_login";

export function registerSigning(scope: FastifyInstance, desk: Desk): void {
  scope.get("/anmeldung", async (request, reply) => {
    const { code } = request.query as Readonly<Record<string, unknown>>;
    if (typeof code === "string") return await enterByCode(desk, code, request, reply);
    if ((await desk.sessionOf(request)) !== undefined) return await reply.redirect("/", 303);
    return showLogin(desk, request, reply, undefined);
  });
  scope.post("/anmeldung", async (request, reply) => {
    const form = formOf(request, desk.sessions.proofFor(cookieOf(request, LOGIN_COOKIE)));
    const words = WORDS[languageOf(request)];
    const wait = desk.brake.blocked(request.ip);
    if (wait > 0) {
      void reply.code(429).header("retry-after", String(wait));
      return showLogin(desk, request, reply, words.wait(String(wait)));
    }
    const found = await desk.tokens.authenticate((form.get("token") ?? "").trim().slice(0, 200));
    if (found === undefined || !READERS.includes(found.role)) {
      if (found === undefined) desk.brake.failed(request.ip);
      void reply.code(found === undefined ? 401 : 403);
      return showLogin(desk, request, reply, found === undefined ? words.tokenWrong : words.tokenCaller);
    }
    await begin(
      desk,
      { actor: `token:${found.name}`, grants: [{ role: found.role, tags: found.tags }] },
      request,
      reply,
    );
    return await reply.redirect("/", 303);
  });
  if (desk.provider) {
    registerPersonSigning(scope, desk, desk.provider, {
      arrive: async (request, reply, identity) => await arrive(desk, identity, request, reply),
      fail(request, reply, cause) {
        const { status, code } = problemOf(cause);
        if (status >= 500 && code !== "IDENTITY_UNAVAILABLE") throw cause;
        const words = WORDS[languageOf(request)];
        const says =
          code === "IDENTITY_UNAVAILABLE"
            ? words.providerAway
            : code === "FORBIDDEN"
              ? words.noRole
              : words.notSignedIn;
        return showLogin(desk, request, reply.code(status), says);
      },
    });
  }
  scope.post("/abmeldung", async (request, reply) => {
    const session = await desk.sessionOf(request);
    if (session !== undefined) {
      formOf(request, session.csrf);
      desk.sessions.end(session);
      await desk.signed?.({ ...session.identity, what: "ended" });
    }
    setCookie(desk, reply, desk.cookie, "", "; Max-Age=0");
    return await reply.redirect("/anmeldung", 303);
  });
}

/** On this machine only: whoever can read the terminal of another one shall not come in through it. */
async function enterByCode(
  desk: Desk,
  code: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (desk.brake.blocked(request.ip) > 0)
    throw new BridgeError("RATE_LIMITED", "too many attempts from this address were refused");
  const identity = desk.isLocal(request) ? desk.sessions.redeem(code) : undefined;
  if (identity === undefined) {
    desk.brake.failed(request.ip);
    void reply.code(401);
    return showLogin(desk, request, reply, WORDS[languageOf(request)].codeWrong);
  }
  return await arrive(desk, identity, request, reply);
}

async function arrive(
  desk: Desk,
  identity: Identity,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await begin(desk, identity, request, reply);
  const screen = screenFor(request, "");
  return desk.send(reply, arrivedPage(screen), screen, undefined);
}

/** Always a new id: what a browser had before signs nobody in. */
async function begin(desk: Desk, identity: Identity, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await desk.signed?.({ ...identity, what: "begun" });
  setCookie(desk, reply, desk.cookie, desk.sessions.begin(identity, languageOf(request)), "");
}

function showLogin(desk: Desk, request: FastifyRequest, reply: FastifyReply, error: string | undefined): FastifyReply {
  const nonce = secret();
  setCookie(desk, reply, LOGIN_COOKIE, nonce, "; Max-Age=3600");
  const screen = screenFor(request, desk.sessions.proofFor(nonce) ?? "");
  return desk.send(reply, loginPage(screen, error, desk.provider?.name), screen, undefined);
}

function screenFor(request: FastifyRequest, csrf: string): Screen {
  const language = languageOf(request);
  const address = language === "en" ? "/anmeldung?lang=en" : "/anmeldung";
  return createScreen({ language, csrf, address });
}

function setCookie(desk: Desk, reply: FastifyReply, name: string, value: string, more: string): void {
  const secure = desk.tls ? "; Secure" : "";
  void reply.header("set-cookie", `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}${more}`);
}
