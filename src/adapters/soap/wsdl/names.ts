// Namespaces that SOAP and its surroundings are made of.

export const WSDL = "http://schemas.xmlsoap.org/wsdl/";
export const WSDL_SOAP11 = "http://schemas.xmlsoap.org/wsdl/soap/";
export const WSDL_SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/";
export const WSDL_MIME = "http://schemas.xmlsoap.org/wsdl/mime/";
export const SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/";
export const SOAP12 = "http://www.w3.org/2003/05/soap-envelope";
export const SOAP11_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/";
export const SOAP12_ENCODING = "http://www.w3.org/2003/05/soap-encoding";
export const XSD = "http://www.w3.org/2001/XMLSchema";
export const XSI = "http://www.w3.org/2001/XMLSchema-instance";
export const XML = "http://www.w3.org/XML/1998/namespace";
export const XMIME = "http://www.w3.org/2005/05/xmlmime";
export const XOP = "http://www.w3.org/2004/08/xop/include";
/** WS-Addressing in WSDL: the metadata of 2007 and the drafts that are still about. */
export const WSA_METADATA: readonly string[] = [
  "http://www.w3.org/2007/05/addressing/metadata",
  "http://www.w3.org/2006/05/addressing/wsdl",
  "http://www.w3.org/2005/02/addressing/wsdl",
];

export type SoapVersion = "1.1" | "1.2";

export function envelopeNamespace(version: SoapVersion): string {
  return version === "1.1" ? SOAP11 : SOAP12;
}
