// Signing in by the identity provider: out with a request that only this browser can finish, back with a code. Nothing of it is believed
// without the cookie that was set when it began.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BridgeError } from "../../errors.ts";
import type { Identity } from "../auth.ts";
import { cookieOf, type Desk } from "./desk.ts";
import type { Begun, Provider } from "./provider.ts";
import { secret } from "./sessions.ts";

const PATH = "/anmeldung/anbieter";
const BACK = "/anmeldung/zurueck";
const COOKIE = "steg_anbieter";
const LASTS = 10 * 60_000;
const MOST_BEGUN = 1_000;

export interface PersonSigning {
  /** Always a new session; how the page goes on is the caller's. */
  arrive(request: FastifyRequest, reply: FastifyReply, identity: Identity): Promise<FastifyReply>;
  /** The page for signing in, with what went wrong. */
  fail(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply;
}

export function registerPersonSigning(
  scope: FastifyInstance,
  desk: Pick<Desk, "tls" | "brake" | "now" | "origin">,
  provider: Provider,
  signing: PersonSigning,
): void {
  const begun = new Map<string, Begun & { readonly until: number }>();

  function keep(id: string, one: Begun): void {
    for (const [old, { until }] of begun) if (until <= desk.now() || begun.size >= MOST_BEGUN) begun.delete(old);
    begun.set(id, { ...one, until: desk.now() + LASTS });
  }

  function take(id: string | undefined): Begun | undefined {
    const one = begun.get(id ?? "");
    begun.delete(id ?? "");
    return one !== undefined && one.until > desk.now() ? one : undefined;
  }

  // Lax: the way back begins on the provider's site, and a strict cookie would stay at home.
  const cookie = (id: string, more: string): string =>
    `${COOKIE}=${id}; Path=/anmeldung; HttpOnly; SameSite=Lax${desk.tls ? "; Secure" : ""}${more}`;

  scope.get(PATH, async (request, reply) => {
    if (desk.brake.blocked(request.ip) > 0)
      throw new BridgeError("RATE_LIMITED", "too many attempts from this address were refused");
    try {
      const one = await provider.begin(`${desk.origin()}${BACK}`);
      const id = secret();
      keep(id, one);
      return await reply.header("set-cookie", cookie(id, `; Max-Age=${LASTS / 1_000}`)).redirect(one.url, 303);
    } catch (cause) {
      return signing.fail(request, reply, cause);
    }
  });
  scope.get(BACK, async (request, reply) => {
    const one = take(cookieOf(request, COOKIE));
    void reply.header("set-cookie", cookie("", "; Max-Age=0"));
    try {
      if (one === undefined)
        throw new BridgeError("UNAUTHENTICATED", "this browser did not begin to sign in, or more than ten minutes ago");
      const { search } = new URL(request.url, "http://steg.invalid");
      const identity = await provider.finish(new URL(`${desk.origin()}${BACK}${search}`), one);
      return await signing.arrive(request, reply, identity);
    } catch (cause) {
      desk.brake.failed(request.ip);
      return signing.fail(request, reply, cause);
    }
  });
}
