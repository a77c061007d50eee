// What a bridge file can say about a call of SAP; the same for both ways as far as they have it in common.

import type { Known, Refuse } from "../../core/contract.ts";
import {
  boolean,
  bridgeFile,
  choice,
  duration,
  integer,
  list,
  object,
  outside,
  required,
  secret,
  text,
  type Infer,
} from "../../core/options/shape.ts";
import { tlsShapes } from "../shared/http/options.ts";
import { checkPair } from "../shared/http/secure.ts";
import { isFieldName, isFunctionName } from "./names.ts";

export const options = object(
  {
    via: choice(
      ["soap", "sdk"],
      "soap: SOAP-RFC over HTTP, which SAP has by itself; sdk: node-rfc and SAP's NW RFC SDK",
      {
        default: "soap",
      },
    ),
    url: outside("via soap: the system's address; without a path /sap/bc/soap/rfc is meant", {
      example: "https://sap.example",
    }),
    connection: bridgeFile(
      "via sdk: connection parameters (ashost, sysnr, mshost …), YAML or JSON, without a password",
      {
        example: "sap.yaml",
      },
    ),
    client: text("SAP client", { pattern: /^\d{3}$/u, patternHint: 'three digits in quotes, "100"', example: '"100"' }),
    language: text("language of the logon, and so of messages", {
      pattern: /^[A-Za-z]{2}$/u,
      patternHint: "two letters such as DE",
      default: "EN",
    }),
    user: outside("user of the bridge in SAP"),
    password: secret("its password", { example: "${env:SAP_PASSWORD}" }),
    function: required(
      text("function module that is called, upper case", { example: "BAPI_USER_GET_DETAIL", most: 30 }),
    ),
    interface: bridgeFile("its interface, JSON or CSV; without it texts go as they are and tables have to be named", {
      example: "schemas/BAPI_USER_GET_DETAIL.json",
    }),
    tables: list(text("parameter"), "TABLES parameters that shall come back, where there is no interface", {
      single: true,
      most: 200,
      example: "[RETURN]",
    }),
    returns: text("parameter with messages of BAPIs (BAPIRET2); a message E, A or X in it is a refusal", {
      default: "RETURN",
    }),
    commit: boolean("whether BAPI_TRANSACTION_COMMIT follows a success, in the same session", { default: false }),
    dates: choice(
      ["compact", "iso"],
      "via soap: how dates and times are sent: 20260131, or 2026-01-31 as services of SOAMANAGER want them",
      { default: "compact" },
    ),
    ...tlsShapes,
    timeout: duration("longest time for one step: the call, and the commit behind it", {
      default: "30s",
      least: 10,
      most: 3_600_000,
    }),
    connections: integer("most connections, and with sdk most sessions, to SAP at one time", {
      default: 8,
      least: 1,
      most: 256,
    }),
  },
  "A function module of an SAP system",
);
export type RfcOptions = NonNullable<Infer<typeof options>>;

const has = (given: object, name: string): boolean => Object.hasOwn(given, name);

export function checkRfc(given: Known<RfcOptions>, refuse: Refuse): void {
  const { via } = given;
  if (given.function !== undefined && !isFunctionName(given.function))
    refuse("function", "is no name of a function module: upper case, digits, _ and a namespace in slashes");
  for (const name of given.tables ?? []) {
    if (name !== undefined && !isFieldName(name)) refuse("tables", "holds something that is no name of a parameter");
  }
  if (given.returns !== undefined && !isFieldName(given.returns)) refuse("returns", "is no name of a parameter");
  if (via === "sdk") checkSdk(given, refuse);
  else checkSoap(given, refuse);
}

function checkSdk(given: Known<RfcOptions>, refuse: Refuse): void {
  if (!has(given, "connection") || given.connection === undefined)
    refuse("connection", "is missing, which via: sdk needs", "connection: sap.yaml");
  for (const name of ["url", "ca", "cert", "key"] as const) {
    if (has(given, name) && given[name] !== undefined)
      refuse(name, "belongs to via: soap; with the SDK it stands in the file that connection names");
  }
}

function checkSoap(given: Known<RfcOptions>, refuse: Refuse): void {
  if (has(given, "connection") && given.connection !== undefined)
    refuse("connection", "belongs to via: sdk; SOAP-RFC has url");
  if (!has(given, "url")) refuse("url", "is missing, which via: soap needs", "url: https://sap.example");
  if (given.url !== undefined) checkUrl(given.url, refuse);
  // A value from outside has its key only, until the adapter is built.
  const user = has(given, "user") && given.user !== "";
  const password = has(given, "password");
  if (user && !password) refuse("user", "needs its password beside it", "password: ${env:SAP_PASSWORD}");
  if (password && !user) refuse("password", "needs its user beside it", "user: STEG");
  if (given.user?.includes(":")) refuse("user", "holds a colon, which RFC 7617 forbids");
  checkPair(given, refuse);
  if (!user && !has(given, "cert"))
    refuse("user", "is missing: SAP wants a user and password, or a certificate", "user: STEG");
}

function checkUrl(text: string, refuse: Refuse): void {
  const url = URL.parse(text.trim());
  if ((url?.protocol !== "https:" && url?.protocol !== "http:") || url.hostname === "")
    return refuse("url", "is no http or https address", "url: https://sap.example");
  if (url.username !== "" || url.password !== "") refuse("url", "holds a user or password; write them beside it");
  if (url.hash !== "") refuse("url", "has a fragment, which is never sent");
}
