// How a call ended, as a fault: SOAP 1.1, section 4.4; SOAP 1.2 part 1, section 5.4.

import { escapeText, fittedToXml } from "../../shared/xml/escape.ts";
import type { SoapVersion } from "../wsdl/names.ts";

export type FaultCode = "sender" | "receiver" | "mustUnderstand" | "versionMismatch";

export interface Fault {
  readonly code: FaultCode;
  readonly text: string;
  /** Elements that stand in the detail, as XML; "" = none. */
  readonly detail: string;
}

const NAMES: Readonly<Record<FaultCode, readonly [soap11: string, soap12: string]>> = {
  sender: ["Client", "Sender"],
  receiver: ["Server", "Receiver"],
  mustUnderstand: ["MustUnderstand", "MustUnderstand"],
  versionMismatch: ["VersionMismatch", "VersionMismatch"],
};

/** The content of the body. */
export function faultXml(version: SoapVersion, { code, text, detail }: Fault): string {
  const name = NAMES[code][version === "1.1" ? 0 : 1];
  const words = escapeText(fittedToXml(text));
  if (version === "1.1") {
    const more = detail === "" ? "" : `<detail>${detail}</detail>`;
    return `<soap:Fault><faultcode>soap:${name}</faultcode><faultstring>${words}</faultstring>${more}</soap:Fault>`;
  }
  const more = detail === "" ? "" : `<soap:Detail>${detail}</soap:Detail>`;
  return `<soap:Fault><soap:Code><soap:Value>soap:${name}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">${words}</soap:Text></soap:Reason>${more}</soap:Fault>`;
}

/**
 * SOAP 1.1 over HTTP sends every fault with 500 (section 6.2); 1.2 says 400 where the sender is at fault (part 2, table 17).
 */
export function faultStatus(version: SoapVersion, code: FaultCode): number {
  return version === "1.2" && code === "sender" ? 400 : 500;
}

/** Steg's own detail: the code by which operators find the place, and what to do. */
export function ownDetail(code: string, text: string | undefined): string {
  const more = text === undefined ? "" : `<text>${escapeText(fittedToXml(text))}</text>`;
  return `<steg:error xmlns:steg="${OWN}" xmlns=""><code>${escapeText(code)}</code>${more}</steg:error>`;
}

const OWN = "urn:steg:fault";

export function contentTypeOf(version: SoapVersion): string {
  return version === "1.2" ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8";
}
