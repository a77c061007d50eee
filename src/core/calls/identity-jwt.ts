// JWTs as access tokens (RFC 7519, RFC 9068, RFC 8725): signed by a key of the operator's authorization server, for us, now. Only
// signatures with public keys are known; `none` and keyed hashes are not among them, so neither can stand in for one.

import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from "jose";
import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import { callerName, type Caller, type ShownCertificate } from "./caller.ts";
import { EXPIRED, type JwtIdentity } from "./identity.ts";
import { createKeySet, type Jwk } from "./identity-keys.ts";

export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Address or file. */
  readonly keys: string;
  /** Claim with the caller's name; undefined = client_id, else azp. */
  readonly claim: string | undefined;
  /** All of them are needed. */
  readonly scopes: readonly string[];
}

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"] as const;
type Algorithm = (typeof ALGORITHMS)[number];
const KEY_KIND: Readonly<Record<Algorithm, string>> = { RS256: "RSA", PS256: "RSA", ES256: "EC", EdDSA: "OKP" };
/** RFC 9068, section 2.1, and what most servers write instead. Other types are other things (RFC 8725, section 3.11). */
const TYPES: ReadonlySet<string> = new Set(["at+jwt", "application/at+jwt", "jwt"]);
const TOLERANCE = 30;
const MOST_SCOPES = 200;

/** Throws SETTING_INVALID. */
export function createJwtIdentity(settings: JwtSettings, log: Log, now: () => number = Date.now): JwtIdentity {
  const keys = createKeySet({ from: settings.keys, log, now });
  return {
    issuer: settings.issuer,
    scopes: settings.scopes,
    async identify(token, certificate) {
      const { algorithm, kid } = headerOf(token);
      const jwk = await keys.find(kid);
      if (!jwk || !fits(jwk, algorithm)) throw refused("the token is signed with a key that is not known");
      const claims = await verified(token, jwk, algorithm, settings, now());
      boundTo(claims, certificate);
      return callerOf(claims, settings);
    },
  };
}

function refused(message: string, fault = "token"): BridgeError {
  return new BridgeError("UNAUTHENTICATED", message, { facts: { fault } });
}

function headerOf(token: string): { readonly algorithm: Algorithm; readonly kid: string } {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw refused("the token is no JWT");
  }
  const algorithm = ALGORITHMS.find((each) => each === header.alg);
  if (!algorithm) throw refused("the token is signed in a way that is not taken; RS256, PS256, ES256 and EdDSA are");
  if (typeof header.kid !== "string" || header.kid === "") throw refused("the token does not name its key (kid)");
  const type: unknown = header.typ;
  if (type !== undefined && !(typeof type === "string" && TYPES.has(type.toLowerCase())))
    throw refused("the token is of another type than an access token");
  return { algorithm, kid: header.kid };
}

/** The key decides what it is for, not the token. */
function fits({ kty, alg, crv }: Jwk, algorithm: Algorithm): boolean {
  if (kty !== KEY_KIND[algorithm] || (alg !== undefined && alg !== algorithm)) return false;
  if (algorithm === "ES256") return crv === "P-256";
  return algorithm !== "EdDSA" || crv === "Ed25519";
}

async function verified(
  token: string,
  { key }: Jwk,
  algorithm: Algorithm,
  { issuer, audience }: JwtSettings,
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
      requiredClaims: ["exp"],
    });
    return payload;
  } catch (cause) {
    throw faultOf(cause);
  }
}

function faultOf(cause: unknown): BridgeError {
  if (cause instanceof errors.JWTExpired) return refused("the token has expired", EXPIRED);
  if (cause instanceof errors.JWTClaimValidationFailed) {
    if (cause.claim === "nbf") return refused("the token is not valid yet; look at the clocks", EXPIRED);
    if (cause.claim === "iss") return refused("the token is of another issuer");
    if (cause.claim === "aud") return refused("the token is for somebody else (aud)");
    return refused("the token lacks a claim, or has a wrong one");
  }
  return refused("the token's signature is wrong");
}

/** RFC 8705, section 3: a token that is bound to a certificate is good only on connections that show it. */
function boundTo({ cnf }: JWTPayload, certificate: ShownCertificate | undefined): void {
  if (cnf === undefined) return;
  const bound = typeof cnf === "object" && cnf !== null ? (cnf as Readonly<Record<string, unknown>>) : {};
  const thumbprint = bound["x5t#S256"];
  if (typeof thumbprint !== "string" || Object.keys(bound).length !== 1)
    throw refused("the token is bound to a key in a way that cannot be looked at here");
  if (thumbprint !== certificate?.thumbprint) throw refused("the token is bound to another certificate");
}

/** The client, never the person that it acts for: `sub` is a person's name in most tokens. */
function callerOf(claims: JWTPayload, { claim, scopes: needed }: JwtSettings): Caller {
  const name = claim === undefined ? (claims["client_id"] ?? claims["azp"]) : claims[claim];
  if (typeof name !== "string") throw refused(`the token does not name its client (${claim ?? "client_id or azp"})`);
  const scopes = scopesOf(claims);
  const missing = needed.find((each) => !scopes.includes(each));
  if (missing !== undefined) throw new BridgeError("FORBIDDEN", `the token lacks the scope ${missing}`);
  return { name: callerName(name, "the token's client"), by: "jwt", scopes };
}

/** `scope` (RFC 8693, section 4.2), or `scp` as text or list. */
function scopesOf(claims: JWTPayload): readonly string[] {
  const given = claims["scope"] ?? claims["scp"];
  const list: readonly unknown[] = typeof given === "string" ? given.split(" ") : Array.isArray(given) ? given : [];
  return list.filter((each): each is string => typeof each === "string" && each !== "").slice(0, MOST_SCOPES);
}
