// The envelope of a call: SOAP 1.1, the function as the one element of the body, its parameters without a namespace.
//
//   <urn:BAPI_X xmlns:urn="urn:sap-com:document:sap:rfc:functions"><NUMBER>1</NUMBER><RETURN/></urn:BAPI_X>
//
// A TABLES parameter comes back only where its tag was sent, so every one is, empty where the message has none.

import type { Value } from "../../core/contract.ts";
import { escapeText } from "../shared/xml/escape.ts";
import { argumentsOf, type Maker } from "./arguments.ts";
import { toXmlName } from "./names.ts";
import type { FunctionInterface } from "./types.ts";

export const FUNCTIONS = "urn:sap-com:document:sap:rfc:functions";
const ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";
/** Keeps, or ends, a session of the application server over several calls. */
const SESSION = "http://www.sap.com/webas/630/soap/features/session/";

export interface Calling {
  readonly function: string;
  readonly interface: FunctionInterface | undefined;
  /** TABLES parameters, where there is no interface that names them. */
  readonly tables: readonly string[];
  /** How dates and times are written: 20260131 or 2026-01-31. */
  readonly dates: "compact" | "iso";
}

/** `open` keeps the session for the next call, `last` ends it; absent = there is none. */
export type SessionUse = "open" | "last" | undefined;

/** Throws RFC_VALUE. */
export function soapRequest(calling: Calling, message: Value, session: SessionUse): string {
  const { dates } = calling;
  const maker: Maker<string> = {
    scalar(text, type) {
      if (dates === "iso" && type === "DATS") return text.replace(/^(\d{4})(\d{2})(\d{2})$/u, "$1-$2-$3");
      if (dates === "iso" && type === "TIMS") return text.replace(/^(\d{2})(\d{2})(\d{2})$/u, "$1:$2:$3");
      return escapeText(text);
    },
    structure: (fields) => fields.map(([name, value]) => element(name, value)).join(""),
    table: (lines) => lines.map((line) => `<item>${line}</item>`).join(""),
  };
  const sent = argumentsOf(message, calling.interface, maker);
  const names = new Set(sent.map(([name]) => name));
  const known = calling.interface?.parameters.filter(({ direction }) => direction === "T").map(({ name }) => name);
  const empty = new Set([...(known ?? []), ...calling.tables].filter((name) => !names.has(name)));
  const parameters =
    sent.map(([name, value]) => element(name, value)).join("") + [...empty].map((name) => element(name, "")).join("");
  return envelope(calling.function, parameters, session);
}

export function envelope(functionName: string, parameters: string, session: SessionUse): string {
  const name = `urn:${toXmlName(functionName)}`;
  return (
    `<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="${ENVELOPE}">` +
    (session === undefined
      ? ""
      : `<SOAP-ENV:Header><sapsess:Session xmlns:sapsess="${SESSION}"><enableSession>${session === "open"}</enableSession></sapsess:Session></SOAP-ENV:Header>`) +
    `<SOAP-ENV:Body><${name} xmlns:urn="${FUNCTIONS}">${parameters}</${name}></SOAP-ENV:Body></SOAP-ENV:Envelope>`
  );
}

/** BAPI_TRANSACTION_COMMIT, waiting for the update, or BAPI_TRANSACTION_ROLLBACK; both end the session. */
export function transactionRequest(end: "COMMIT" | "ROLLBACK"): string {
  return envelope(`BAPI_TRANSACTION_${end}`, end === "COMMIT" ? "<WAIT>X</WAIT>" : "", "last");
}

function element(name: string, content: string): string {
  const tag = toXmlName(name);
  return content === "" ? `<${tag}/>` : `<${tag}>${content}</${tag}>`;
}
