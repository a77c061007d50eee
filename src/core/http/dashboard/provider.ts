// People who sign in by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207). The protocol
// is openid-client's; here is what is asked for, what is believed, and who that makes somebody.

import * as oidc from "openid-client";
import { boundedBody } from "../../bounded-body.ts";
import type { Log } from "../../contract.ts";
import { BridgeError } from "../../errors.ts";
import { personActor } from "../../lifecycle/person.ts";
import type { Grant } from "../../operations/roles.ts";
import type { OidcSettings } from "../../settings-oidc.ts";
import type { Identity } from "../auth.ts";

/** What only the browser that began may finish. */
export interface Begun {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Provider {
  /** Its host, for people. */
  readonly name: string;
  /** IDENTITY_UNAVAILABLE where it does not answer. */
  begin(redirect: string): Promise<Begun>;
  /** `address`: where it sent the browser back to. UNAUTHENTICATED, IDENTITY_UNAVAILABLE */
  finish(address: URL, begun: Begun): Promise<Identity>;
}

export interface ProviderDeps {
  readonly settings: OidcSettings;
  readonly log: Log;
  readonly now?: () => number;
}

/** Seconds that it has for an answer. */
const TIMEOUT = 5;
const MOST_BYTES = 1 << 20;
/** What it says of itself is asked for again after so long; a new key is asked for when it is needed. */
const FRESH = 60 * 60_000;
const TOLERANCE = 30;

export function createProvider({ settings, log, now = Date.now }: ProviderDeps): Provider {
  const { issuer, clientId, clientSecret, scope } = settings;
  let known: { readonly configuration: oidc.Configuration; readonly since: number } | undefined;

  async function configuration(): Promise<oidc.Configuration> {
    if (known && now() - known.since < FRESH) return known.configuration;
    const authentication = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
    const insecure = issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : [];
    const found = await oidc.discovery(
      new URL(issuer),
      clientId,
      { [oidc.clockTolerance]: TOLERANCE },
      authentication,
      { timeout: TIMEOUT, execute: insecure, [oidc.customFetch]: boundedFetch },
    );
    known = { configuration: found, since: now() };
    return found;
  }

  /** Its words may hold what people typed there: only the kind of the failure goes into the log. */
  async function asking<T>(step: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      if (cause instanceof BridgeError) throw cause;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
      log("warn", "oidc.failed", { step, code });
      if (
        code === "OAUTH_TIMEOUT" ||
        cause instanceof TypeError ||
        step === "discovery" ||
        code.startsWith("OAUTH_HTTP")
      )
        throw new BridgeError("IDENTITY_UNAVAILABLE", "the identity provider does not answer as it should", { cause });
      throw new BridgeError("UNAUTHENTICATED", "the identity provider's answer does not sign anybody in", { cause });
    }
  }

  return {
    name: new URL(issuer).host,
    async begin(redirect) {
      const found = await asking("discovery", configuration);
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
      const url = oidc.buildAuthorizationUrl(found, {
        redirect_uri: redirect,
        scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, state, nonce, verifier };
    },
    async finish(address, { state, nonce, verifier }) {
      const found = await asking("discovery", configuration);
      const claims = await asking("code", async () => {
        const tokens = await oidc.authorizationCodeGrant(found, address, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const own: Claims = tokens.claims() ?? {};
        const enough = claimAt(own, settings.rolesClaim) !== undefined && own[settings.nameClaim] !== undefined;
        if (enough || found.serverMetadata().userinfo_endpoint === undefined) return own;
        return { ...(await oidc.fetchUserInfo(found, tokens.access_token, String(own["sub"]))), ...own };
      });
      return identityOf(claims, settings);
    },
  };
}

type Claims = Readonly<Record<string, unknown>>;

/** Throws UNAUTHENTICATED, FORBIDDEN for somebody who has no role here. */
export function identityOf(claims: Claims, { roles, rolesClaim, nameClaim }: OidcSettings): Identity {
  const subject = claims["sub"];
  if (typeof subject !== "string" || subject === "" || subject.length > 255)
    throw new BridgeError("UNAUTHENTICATED", "the identity provider does not say who this is (sub)");
  const given = claimAt(claims, rolesClaim);
  const theirs: readonly unknown[] = typeof given === "string" ? given.split(" ") : Array.isArray(given) ? given : [];
  const own = theirs
    .slice(0, 1_000)
    .flatMap((name): readonly Grant[] => (typeof name === "string" ? (roles.get(name) ?? []) : []));
  if (own.length === 0)
    throw new BridgeError("FORBIDDEN", `the identity provider gives this person no role here (claim ${rolesClaim})`);
  const name = claims[nameClaim];
  return { actor: personActor(typeof name === "string" ? name : "", subject), grants: eachOnce(own) };
}

function eachOnce(grants: readonly Grant[]): readonly Grant[] {
  return [...new Map(grants.map((grant) => [JSON.stringify(grant), grant])).values()];
}

function claimAt(claims: Claims, path: string): unknown {
  // A claim may have dots in its own name (https://stadt.example/roles).
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split(".").reduce<unknown>((value, key) => {
    return typeof value === "object" && value !== null && Object.hasOwn(value, key)
      ? (value as Claims)[key]
      : undefined;
  }, claims);
}

/** No redirects, and no more than can be meant. */
async function boundedFetch(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
  const response = await fetch(url, { ...(options as RequestInit), redirect: "error" });
  const body = await boundedBody(response, MOST_BYTES);
  if (!body) throw new BridgeError("IDENTITY_UNAVAILABLE", `it answered more than ${MOST_BYTES} bytes`);
  const { status, headers } = response;
  return new Response(status === 204 || status === 304 ? null : new Uint8Array(body), { status, headers });
}
