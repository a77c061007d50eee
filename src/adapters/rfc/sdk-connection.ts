// The file with connection parameters of the SDK. It lies in the bridge's folder, so it holds no secret: user and password are
// options, whose values come from outside.
//
//   ashost: sap.example            or, for both directions of a server:
//   sysnr: "00"                    client: { ashost: sap.example, sysnr: "00" }
//                                  server: { gwhost: sap.example, gwserv: sapgw00 }

import { BridgeError } from "../../core/errors.ts";
import type { ConnectionParameters } from "./sdk-types.ts";

const MOST = 100;
const SECRET = /^(?:passwd|password|mysapsso2|x509cert|proxy_passwd|getsso2)$/iu;

export interface Connections {
  readonly client: ConnectionParameters;
  readonly server: ConnectionParameters;
}

/** Throws OPTION_UNUSABLE. */
export async function readConnection(bytes: Uint8Array, name: string): Promise<Connections> {
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(Buffer.from(bytes).toString("utf8"), { maxAliasCount: 0 });
  } catch {
    throw unusable(name, "is neither YAML nor JSON");
  }
  if (!isMap(value)) throw unusable(name, "is no list of connection parameters (ashost: …)");
  const { client, server } = value;
  if (!isMap(client) && !isMap(server)) return { client: parametersOf(value, name), server: {} };
  return {
    client: isMap(client) ? parametersOf(client, name) : {},
    server: isMap(server) ? parametersOf(server, name) : {},
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parametersOf(map: Readonly<Record<string, unknown>>, name: string): ConnectionParameters {
  const entries = Object.entries(map);
  if (entries.length > MOST) throw unusable(name, `has more than ${MOST} parameters`);
  const parameters: Record<string, string> = {};
  for (const [key, value] of entries) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,40}$/u.test(key)) throw unusable(name, "has a key that is no connection parameter");
    if (SECRET.test(key)) throw unusable(name, `holds ${key}; a secret comes from outside, by the option password`);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw unusable(name, `: ${key} is no text`);
    parameters[key.toLowerCase()] = typeof value === "boolean" ? (value ? "1" : "0") : String(value);
  }
  return parameters;
}

function unusable(name: string, what: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `the connection file ${name}${what.startsWith(":") ? "" : " "}${what}`, {
    hint: 'ashost: sap.example and sysnr: "00", or mshost, sysid and group; docs/rfc.md has both.',
    facts: { option: "connection" },
  });
}

/** User, password and the rest of the options go over what the file says. */
export function logonOf(
  connection: ConnectionParameters,
  given: {
    readonly client?: string | undefined;
    readonly language?: string | undefined;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
  },
): ConnectionParameters {
  return {
    ...connection,
    ...(given.client !== undefined && { client: given.client }),
    ...(given.language !== undefined && { lang: given.language.toUpperCase() }),
    ...(given.user !== undefined && { user: given.user.trim() }),
    ...(given.password !== undefined && { passwd: given.password.replace(/\r?\n$/u, "") }),
  };
}
