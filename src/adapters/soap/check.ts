// What is wrong with the options of deliver.soap whatever the data says.

import type { Known, Refuse } from "../../core/contract.ts";
import { checkAddress } from "../shared/http/address.ts";
import { checkHeaders, isSendable } from "../shared/http/request-headers.ts";
import { checkPair } from "../shared/http/secure.ts";
import { fitsXml } from "../shared/xml/escape.ts";
import type { SoapOptions } from "./options.ts";

export function checkSoapTarget(given: Known<SoapOptions>, refuse: Refuse): void {
  checkAddress(given.endpoint, given.hosts, (option, what, hint) => {
    refuse(option === "url" ? "endpoint" : option, what, hint);
  });
  checkHeaders(given, refuse);
  for (const name of Object.keys(given.headers ?? {})) {
    if (name.toLowerCase() === "soapaction") refuse(`headers.${name}`, "is set by Steg; soapAction says another one");
  }
  const { auth } = given;
  if (auth?.basic !== undefined && Object.hasOwn(auth, "bearer"))
    refuse("auth.bearer", "stands beside basic; HTTP has one of them");
  for (const name of ["user", "password"] as const) {
    const value = auth?.usernameToken?.[name];
    if (value !== undefined && !fitsXml(value))
      refuse(`auth.usernameToken.${name}`, "holds a character that XML cannot hold");
  }
  if (auth?.certificate !== undefined && given.mtom === true)
    refuse("mtom", "stands beside auth.certificate; what lies beside the envelope would not be signed");
  if (given.soapAction !== undefined && !isSendable("soapaction", given.soapAction))
    refuse("soapAction", "cannot be sent as a header: it holds a character that headers must not hold");
  checkPair(given, refuse);
}
