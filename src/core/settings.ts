// The appliance's settings: flags before environment before steg.yaml before defaults. Every value knows where it came
// from, so that an error about it can say what to change.

import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { BridgeError } from "./errors.ts";
import { checkRedisUrl, type RedisSettings } from "./distributed/redis-address.ts";
import { LOG_LEVELS } from "./log-levels.ts";
import type { LogLevel } from "./log-levels.ts";
import { NOTIFY_SETTINGS, notifyOf } from "./notify/settings.ts";
import type { NotifySettings } from "./notify/settings.ts";
import type { JwtSettings } from "./calls/identity-jwt.ts";
import { readSettingsFile, type SettingsFile } from "./settings-file.ts";
import { OIDC_SETTINGS, oidcOf, publicUrl, type OidcSettings } from "./settings-oidc.ts";
import { TAG_SETTINGS, tagsFrom } from "./settings-tags.ts";
import { TELEMETRY_SETTINGS, telemetryOf, type TelemetrySettings } from "./settings-telemetry.ts";
import type { TagSettings } from "./tags.ts";

export interface Tls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
  /** Whether a connection without a certificate of clientCa is let in; absent = it is not. */
  readonly clientCert?: "required" | "optional";
  /** Common name of the certificate with which a fleet may read snapshots without a token. */
  readonly fleetClient?: string;
}

export interface Settings {
  /** Absolute folders. */
  readonly dir: string;
  readonly state: string;
  readonly data: string;
  /** `--dir` as it was given, for messages. */
  readonly dirAsGiven: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Lines `id:key`; undefined = a key in the state folder. */
  readonly keyFile: string | undefined;
  /** The operator's policy; undefined = the built-in one. */
  readonly policy: string | undefined;
  readonly tls: Tls | undefined;
  /** Callers may come with tokens of this authorization server. */
  readonly jwt: JwtSettings | undefined;
  /** Where people are known, for the dashboard. */
  readonly oidc: OidcSettings | undefined;
  /** Where people's browsers find the appliance; undefined = where it listens. */
  readonly url: string | undefined;
  /** Who is told how. */
  readonly notify: NotifySettings;
  /** Chunks are worked on by `steg worker`; undefined = in the appliance itself. */
  readonly redis: RedisSettings | undefined;
  readonly log: LogLevel;
  /** Where traces and metrics are sent; undefined = nowhere. */
  readonly telemetry: TelemetrySettings | undefined;
  /** By what bridges are found, and for whom they are. */
  readonly tags: TagSettings;
  /** The settings' file, which may lack. */
  readonly file: string;
  /** `STEG_LISTEN`, `--state`, `steg.yaml (listen)` or `default`. */
  origin(name: SettingName): string;
}

interface Definition {
  readonly flag?: string;
  readonly env?: string;
  /** What others call it, heard where ours is not set. */
  readonly standard?: string;
  /** Key in steg.yaml, dotted. */
  readonly key?: string;
  readonly default?: string;
  /** Relative to the working folder, or to steg.yaml where it stands there. */
  readonly path: boolean;
  readonly doc: string;
}

export const SETTINGS = {
  dir: { flag: "dir", default: "mappings", path: true, doc: "folder of the bridges" },
  state: {
    flag: "state",
    env: "STEG_STATE",
    key: "state",
    default: "state",
    path: true,
    doc: "folder of journal and spool",
  },
  data: {
    env: "STEG_DATA",
    key: "data",
    default: "data",
    path: true,
    doc: "folder that data paths in bridge files are relative to",
  },
  policy: { flag: "policy", env: "STEG_POLICY", key: "policy", path: true, doc: "the operator's sunset policy" },
  listen: {
    env: "STEG_LISTEN",
    key: "listen",
    default: "127.0.0.1:8080",
    path: false,
    doc: "address of the admin side",
  },
  keyFile: { env: "STEG_KEY_FILE", key: "keyFile", path: true, doc: "keys of the spool, lines id:key" },
  tlsCert: { env: "STEG_TLS_CERT", key: "tls.cert", path: true, doc: "certificate chain, PEM" },
  tlsKey: { env: "STEG_TLS_KEY", key: "tls.key", path: true, doc: "private key, PEM" },
  tlsClientCa: {
    env: "STEG_TLS_CLIENT_CA",
    key: "tls.clientCa",
    path: true,
    doc: "callers need a certificate of this authority",
  },
  tlsClientCert: {
    env: "STEG_TLS_CLIENT_CERT",
    key: "tls.clientCert",
    path: false,
    doc: "required, or optional where callers may come with a token instead; required without it",
  },
  fleetClient: {
    env: "STEG_FLEET_CLIENT",
    key: "tls.fleetClient",
    path: false,
    doc: "common name of the certificate of clientCa with which a fleet reads snapshots without a token",
  },
  jwtIssuer: { env: "STEG_JWT_ISSUER", key: "jwt.issuer", path: false, doc: "who issues callers' JWTs (iss)" },
  jwtAudience: { env: "STEG_JWT_AUDIENCE", key: "jwt.audience", path: false, doc: "whom they are for (aud)" },
  jwtKeys: {
    env: "STEG_JWT_JWKS",
    key: "jwt.jwks",
    path: true,
    doc: "keys of the issuer, an https address or a file (JWKS)",
  },
  jwtClaim: {
    env: "STEG_JWT_CLAIM",
    key: "jwt.claim",
    path: false,
    doc: "claim that names the client; client_id or azp without it",
  },
  jwtScopes: { env: "STEG_JWT_SCOPE", key: "jwt.scope", path: false, doc: "scopes that every JWT needs" },
  redis: {
    env: "STEG_REDIS",
    key: "redis",
    flag: "redis",
    path: false,
    doc: "Redis through which chunks go to steg worker: redis://user:password@host:port, rediss:// with TLS",
  },
  redisCa: { env: "STEG_REDIS_CA", key: "redisCa", path: true, doc: "who signs Redis's certificate, PEM" },
  ...OIDC_SETTINGS,
  ...NOTIFY_SETTINGS,
  ...TAG_SETTINGS,
  ...TELEMETRY_SETTINGS,
  log: { env: "STEG_LOG", key: "log", default: "info", path: false, doc: "debug, info, warn, error or silent" },
} as const satisfies Record<string, Definition>;
export type SettingName = keyof typeof SETTINGS;

export interface SettingsInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly flags: Readonly<Partial<Record<"dir" | "state" | "policy" | "redis", string>>>;
}

export interface Found {
  readonly value: string;
  readonly origin: string;
}

export async function loadSettings(input: SettingsInput): Promise<Settings> {
  const dirAsGiven = input.flags.dir ?? SETTINGS.dir.default;
  const dir = resolve(input.cwd, dirAsGiven);
  const known = Object.values(SETTINGS).flatMap((definition: Definition) => definition.key ?? []);
  const file = await readSettingsFile(join(dirname(dir), "steg.yaml"), known);
  const found = new Map<SettingName, Found>();
  for (const [name, definition] of Object.entries(SETTINGS) as [SettingName, Definition][]) {
    const value = lookUp(definition, input, file);
    if (value !== undefined) found.set(name, value);
  }
  const text = (name: SettingName): string => found.get(name)?.value ?? "";
  const optional = (name: SettingName): string | undefined => found.get(name)?.value;
  const origin = (name: SettingName): string => found.get(name)?.origin ?? "default";
  for (const name of ["dir", "state", "data"] as const) refuseFile(found, name);
  const shipped = join(dirname(dir), "sunset", "policy.yaml");
  const url = publicUrl(found);
  return {
    dir,
    dirAsGiven,
    state: text("state"),
    data: text("data"),
    listen: parseListen(text("listen"), origin("listen")),
    keyFile: existing(found, "keyFile"),
    policy: existing(found, "policy") ?? (existsSync(shipped) ? shipped : undefined),
    tls: tlsOf(optional("tlsCert"), optional("tlsKey"), found),
    jwt: jwtOf(found),
    oidc: oidcOf(found, existing(found, "oidcClientSecretFile")),
    url,
    notify: notifyOf((name) => found.get(name), url),
    redis: redisOf(found),
    log: parseLog(text("log"), origin("log")),
    telemetry: telemetryOf((name) => found.get(name)),
    tags: tagsFrom(found.get("tags"), file.bridges),
    file: file.path,
    origin,
  };
}

function lookUp(definition: Definition, input: SettingsInput, file: SettingsFile): Found | undefined {
  const absolute = (value: string, base: string): string =>
    definition.path && !isAddress(value) ? resolve(base, value) : value;
  const flag = definition.flag === undefined ? undefined : input.flags[definition.flag as keyof SettingsInput["flags"]];
  if (flag !== undefined) return { value: absolute(flag, input.cwd), origin: `--${definition.flag}` };
  for (const name of [definition.env, definition.standard]) {
    const variable = name === undefined ? undefined : input.env[name];
    // An empty variable counts as not set: that is how compose files and shells leave one out.
    if (name !== undefined && variable !== undefined && variable !== "")
      return { value: absolute(variable, input.cwd), origin: name };
  }
  const written = definition.key === undefined ? undefined : file.values.get(definition.key);
  if (written !== undefined) return { value: absolute(written.text, dirname(file.path)), origin: written.origin };
  return definition.default === undefined
    ? undefined
    : { value: absolute(definition.default, input.cwd), origin: "default" };
}

function isAddress(value: string): boolean {
  return /^https?:\/\//iu.test(value);
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:0` */
export function parseListen(text: string, origin: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || !(port <= 65_535)) {
    throw new BridgeError(
      "SETTING_INVALID",
      `listen address from ${origin} must be host:port, for example 127.0.0.1:8080; it is ${shown(text)}`,
    );
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

function parseLog(text: string, origin: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new BridgeError(
      "SETTING_INVALID",
      `log level from ${origin} must be one of ${LOG_LEVELS.join(", ")}; it is ${shown(text)}`,
    );
  return level;
}

/** Neither address nor level is a secret, and nobody finds a typo that is not shown. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}

function existing(found: ReadonlyMap<SettingName, Found>, name: SettingName): string | undefined {
  const setting = found.get(name);
  if (setting === undefined) return undefined;
  const { value } = setting;
  if (!existsSync(value)) throw new BridgeError("SETTING_INVALID", `${value} from ${setting.origin} does not exist`);
  if (isFolder(value))
    throw new BridgeError("SETTING_INVALID", `${value} from ${setting.origin} is a folder; it has to be a file`);
  return value;
}

/** A folder that does not exist yet is made later, or missed by whoever looks into it. */
function refuseFile(found: ReadonlyMap<SettingName, Found>, name: SettingName): void {
  const setting = found.get(name);
  if (setting === undefined || isFolder(setting.value) !== false) return;
  throw new BridgeError("SETTING_INVALID", `${setting.value} from ${setting.origin} is a file; it has to be a folder`);
}

/** undefined: there is nothing, or it may not be looked at. */
function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory();
  } catch {
    return undefined;
  }
}

function redisOf(found: ReadonlyMap<SettingName, Found>): RedisSettings | undefined {
  const given = found.get("redis");
  if (given === undefined) return undefined;
  // Both sides need the same key, and one that was made in a state folder is nowhere else.
  if (!found.has("keyFile"))
    throw new BridgeError(
      "SETTING_INVALID",
      `${given.origin} is set, so STEG_KEY_FILE has to be: chunks are sealed with its keys`,
      {
        hint: "Appliance and workers read the same key file.",
      },
    );
  return { url: checkRedisUrl(given.value, given.origin), ca: existing(found, "redisCa") };
}

function tlsOf(
  cert: string | undefined,
  key: string | undefined,
  found: ReadonlyMap<SettingName, Found>,
): Tls | undefined {
  const clientCa = existing(found, "tlsClientCa");
  const fleet = found.get("fleetClient");
  if (fleet !== undefined && clientCa === undefined)
    throw new BridgeError(
      "SETTING_INVALID",
      `STEG_FLEET_CLIENT from ${fleet.origin} needs STEG_TLS_CLIENT_CA beside it`,
    );
  const fleetClient = fleet && { fleetClient: fleet.value };
  if (cert === undefined && key === undefined) {
    if (clientCa === undefined) return undefined;
    throw new BridgeError("SETTING_INVALID", "STEG_TLS_CLIENT_CA needs STEG_TLS_CERT and STEG_TLS_KEY beside it");
  }
  if (cert === undefined || key === undefined) {
    throw new BridgeError(
      "SETTING_INVALID",
      `TLS needs both, certificate and key; ${cert === undefined ? "STEG_TLS_CERT" : "STEG_TLS_KEY"} is missing`,
    );
  }
  existing(found, "tlsCert");
  existing(found, "tlsKey");
  const clientCert = found.get("tlsClientCert");
  if (clientCert === undefined) return { cert, key, clientCa, ...fleetClient };
  const { value, origin } = clientCert;
  if (clientCa === undefined || (value !== "required" && value !== "optional")) {
    const what = clientCa === undefined ? "needs STEG_TLS_CLIENT_CA beside it" : "must be required or optional";
    throw new BridgeError("SETTING_INVALID", `STEG_TLS_CLIENT_CERT from ${origin} ${what}`);
  }
  return { cert, key, clientCa, clientCert: value, ...fleetClient };
}

/** All of issuer, audience and keys, or none: a token that is for anybody would be good for us, too. */
function jwtOf(found: ReadonlyMap<SettingName, Found>): JwtSettings | undefined {
  const names = { jwtIssuer: "STEG_JWT_ISSUER", jwtAudience: "STEG_JWT_AUDIENCE", jwtKeys: "STEG_JWT_JWKS" } as const;
  const missing = (Object.keys(names) as (keyof typeof names)[]).filter((name) => !found.has(name));
  const given = (["jwtIssuer", "jwtAudience", "jwtKeys", "jwtClaim", "jwtScopes"] as const).some((name) =>
    found.has(name),
  );
  if (!given) return undefined;
  if (missing.length > 0) {
    const lacking = missing.map((name) => names[name]).join(" and ");
    throw new BridgeError("SETTING_INVALID", `JWTs of callers need issuer, audience and keys; ${lacking} is missing`);
  }
  const text = (name: SettingName): string => found.get(name)?.value ?? "";
  const claim = found.get("jwtClaim");
  if (claim !== undefined && PERSONAL.has(claim.value)) {
    throw new BridgeError("SETTING_INVALID", `STEG_JWT_CLAIM from ${claim.origin} names a person, not a client`, {
      hint: "Callers are programs: client_id, azp, or what your server calls it.",
    });
  }
  return {
    issuer: text("jwtIssuer"),
    audience: text("jwtAudience"),
    keys: text("jwtKeys"),
    claim: claim?.value,
    scopes: text("jwtScopes").split(/\s+/u).filter(Boolean),
  };
}

const PERSONAL: ReadonlySet<string> = new Set(["sub", "email", "name", "preferred_username", "unique_name", "upn"]);
