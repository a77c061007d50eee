// The settings by which people are known: the identity provider, what it calls us, and which of its roles is which of ours.

import { readFileSync } from "node:fs";
import { BridgeError } from "./errors.ts";
import { isThisMachine } from "./options/this-machine.ts";
import { nearest } from "./options/nearest.ts";
import { ROLES, type Grant } from "./operations/roles.ts";
import type { Found, SettingName } from "./settings.ts";
import { MOST_TAGS, tagFault, tagList } from "./tags.ts";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** undefined = a public client; the code is bound to the browser by PKCE either way. */
  readonly clientSecret: string | undefined;
  /** By the provider's name of it. */
  readonly roles: ReadonlyMap<string, readonly Grant[]>;
  /** Dots lead into objects. */
  readonly rolesClaim: string;
  readonly nameClaim: string;
  readonly scope: string;
}

export const OIDC_SETTINGS = {
  oidcIssuer: { env: "STEG_OIDC_ISSUER", key: "oidc.issuer", path: false, doc: "identity provider of the dashboard" },
  oidcClientId: { env: "STEG_OIDC_CLIENT_ID", key: "oidc.clientId", path: false, doc: "what it calls this appliance" },
  oidcClientSecret: {
    env: "STEG_OIDC_CLIENT_SECRET",
    path: false,
    doc: "its secret; none for a public client",
  },
  oidcClientSecretFile: {
    env: "STEG_OIDC_CLIENT_SECRET_FILE",
    key: "oidc.clientSecretFile",
    path: true,
    doc: "a file that holds it instead",
  },
  oidcRoles: {
    env: "STEG_OIDC_ROLES",
    key: "oidc.roles",
    path: false,
    doc: "which of its roles is which of ours: operator=it-betrieb, approver@kommune:adorf=leitung-adorf (for bridges with these tags); steg-operator and so on without it",
  },
  oidcRolesClaim: {
    env: "STEG_OIDC_ROLES_CLAIM",
    key: "oidc.rolesClaim",
    default: "roles",
    path: false,
    doc: "claim with a person's roles or groups; dots lead into objects (realm_access.roles)",
  },
  oidcNameClaim: {
    env: "STEG_OIDC_NAME_CLAIM",
    key: "oidc.nameClaim",
    default: "preferred_username",
    path: false,
    doc: "claim with a person's name, as the audit trail shows it",
  },
  oidcScope: {
    env: "STEG_OIDC_SCOPE",
    key: "oidc.scope",
    default: "openid profile",
    path: false,
    doc: "scopes that are asked for",
  },
} as const;

type Settings = ReadonlyMap<SettingName, Found>;

const PEOPLE = ROLES.filter((role) => role !== "caller");
const MOST_ROLES = 200;
const MOST_SECRET = 4_096;

/** Throws SETTING_INVALID. */
export function oidcOf(found: Settings, secretFile: string | undefined): OidcSettings | undefined {
  const text = (name: SettingName): string => found.get(name)?.value ?? "";
  const [issuer, clientId] = [found.get("oidcIssuer"), found.get("oidcClientId")];
  const given = [...found].some(([name, { origin }]) => name.startsWith("oidc") && origin !== "default");
  if (!given) return undefined;
  if (issuer === undefined || clientId === undefined) {
    const lacking = issuer === undefined ? "STEG_OIDC_ISSUER" : "STEG_OIDC_CLIENT_ID";
    throw new BridgeError("SETTING_INVALID", `signing in by OIDC needs issuer and client; ${lacking} is missing`);
  }
  webAddress(issuer);
  if (secretFile !== undefined && found.has("oidcClientSecret")) {
    throw new BridgeError("SETTING_INVALID", "STEG_OIDC_CLIENT_SECRET is given twice, as text and as a file");
  }
  const scope = text("oidcScope");
  if (!scope.split(" ").includes("openid"))
    throw new BridgeError(
      "SETTING_INVALID",
      "STEG_OIDC_SCOPE must hold openid; else there is no identity in the answer",
    );
  return {
    issuer: issuer.value,
    clientId: clientId.value,
    clientSecret: secretFile === undefined ? found.get("oidcClientSecret")?.value : secretOf(secretFile),
    roles: rolesOf(found.get("oidcRoles")),
    rolesClaim: text("oidcRolesClaim"),
    nameClaim: text("oidcNameClaim"),
    scope,
  };
}

/** Without a slash at its end. Throws SETTING_INVALID. */
export function publicUrl(found: Settings): string | undefined {
  const given = found.get("url");
  if (given === undefined) return undefined;
  const url = URL.parse(given.value);
  const plain = url?.search === "" && url.hash === "" && url.username === "" && url.pathname === "/";
  if (url === null || !plain || !/^https?:$/.test(url.protocol)) {
    throw new BridgeError("SETTING_INVALID", `STEG_URL from ${given.origin} must be an address without a path`, {
      hint: "For example https://steg.stadt.example",
    });
  }
  return url.origin;
}

/** What comes in the clear may be anybody's, unless it never leaves this machine. */
function webAddress({ value, origin }: Found): void {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && isThisMachine(url))))
    throw new BridgeError("SETTING_INVALID", `STEG_OIDC_ISSUER from ${origin} must be an https address`);
}

function secretOf(path: string): string {
  const text = readFileSync(path, "utf8").trim();
  if (text === "" || text.length > MOST_SECRET)
    throw new BridgeError("SETTING_INVALID", `${path} must hold the client's secret, 1 to ${MOST_SECRET} characters`);
  return text;
}

/** `operator=it-betrieb, operator@kommune:adorf+verfahren:melde=melde-adorf`; one name there may be several roles here. */
function rolesOf(given: Found | undefined): OidcSettings["roles"] {
  if (given === undefined) return new Map(PEOPLE.map((role) => [`steg-${role}`, [{ role, tags: [] }]]));
  const pairs = given.value.split(/[,\n]/u).map((pair) => pair.trim());
  const named = pairs.filter((pair) => pair !== "");
  if (named.length > MOST_ROLES)
    throw new BridgeError("SETTING_INVALID", `STEG_OIDC_ROLES from ${given.origin} has more than ${MOST_ROLES} pairs`);
  const found = new Map<string, readonly Grant[]>();
  for (const pair of named) {
    const { theirs, grant } = pairOf(pair, given.origin);
    found.set(theirs, [...(found.get(theirs) ?? []), grant]);
  }
  return found;
}

/** `operator=it-betrieb`, with the tags of a part behind an @: only what stands before the first = is ours. */
function pairOf(pair: string, origin: string): { readonly theirs: string; readonly grant: Grant } {
  const cut = pair.indexOf("=");
  const [ours, theirs] = [pair.slice(0, Math.max(0, cut)).trim(), pair.slice(cut + 1).trim()];
  const at = ours.indexOf("@");
  const name = (at === -1 ? ours : ours.slice(0, at)).trim();
  const role = PEOPLE.find((known) => known === name);
  if (role === undefined || theirs === "") {
    const near = nearest(name, PEOPLE);
    throw new BridgeError(
      "SETTING_INVALID",
      `STEG_OIDC_ROLES from ${origin} must be pairs role=name with the roles ${PEOPLE.join(", ")}`,
      near === undefined ? {} : { hint: `Did you mean ${near}?` },
    );
  }
  const tags = at === -1 ? [] : tagList(ours.slice(at + 1), "+");
  const fault = at !== -1 && tags.length === 0 ? "an @ has tags behind it" : tags.map(tagFault).find(Boolean);
  // A part that cannot be read must not become the whole.
  if (fault !== undefined || tags.length > MOST_TAGS)
    throw new BridgeError(
      "SETTING_INVALID",
      `STEG_OIDC_ROLES from ${origin}: ${fault ?? `at most ${MOST_TAGS} tags`}`,
      {
        hint: "For example operator@kommune:musterstadt+verfahren:melde=it-musterstadt",
      },
    );
  return { theirs, grant: { role, tags } };
}
