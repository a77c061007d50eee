// The settings by which people are known: the identity provider, what it calls us, and which of its roles is which of ours.

import { readFileSync } from "node:fs";
import { BridgeError } from "./errors.ts";
import { isThisMachine } from "./options/this-machine.ts";
import { nearest } from "./options/nearest.ts";
import { ROLES, type Role } from "./operations/operations.ts";
import type { Found, SettingName } from "./settings.ts";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** undefined = a public client; the code is bound to the browser by PKCE either way. */
  readonly clientSecret: string | undefined;
  /** By the provider's name of it. */
  readonly roles: ReadonlyMap<string, Role>;
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
    doc: "which of its roles is which of ours: operator=it-betrieb, approver=fd-leitung; steg-operator and so on without it",
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

/** `operator=it-betrieb, approver=fd-leitung`; one role of ours may have several names there. */
function rolesOf(given: Found | undefined): OidcSettings["roles"] {
  if (given === undefined) return new Map(PEOPLE.map((role) => [`steg-${role}`, role]));
  const pairs = given.value.split(/[,\n]/u).map((pair) => pair.trim());
  const named = pairs.filter((pair) => pair !== "").slice(0, MOST_ROLES);
  return new Map(
    named.map((pair) => {
      const cut = pair.indexOf("=");
      const [name, theirs] = [pair.slice(0, Math.max(0, cut)).trim(), pair.slice(cut + 1).trim()];
      const role = PEOPLE.find((known) => known === name);
      if (role !== undefined && theirs !== "") return [theirs, role] as const;
      const near = nearest(name, PEOPLE);
      throw new BridgeError(
        "SETTING_INVALID",
        `STEG_OIDC_ROLES from ${given.origin} must be pairs role=name with the roles ${PEOPLE.join(", ")}`,
        near === undefined ? {} : { hint: `Did you mean ${near}?` },
      );
    }),
  );
}
