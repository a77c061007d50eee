// PHP's SoapClient: reads the WSDL from its address, calls, and prints the result or the fault.

import { existsSync, readdirSync } from "node:fs";
import { type SoapRequest, type SoapResult, runClient } from "./soap-client.ts";

const MODULES = "/usr/lib/php";

/** Why there is no PHP with SOAP here; undefined = there is. */
export const phpMissing: string | undefined =
  existsSync("/usr/bin/php") &&
  existsSync(MODULES) &&
  readdirSync(MODULES).some((api) => existsSync(`${MODULES}/${api}/soap.so`))
    ? undefined
    : "php-cli and php-soap are not installed";

const SCRIPT = `
ini_set("soap.wsdl_cache_enabled", "0");
$request = json_decode(stream_get_contents(STDIN));
$options = ["trace" => true, "exceptions" => true, "cache_wsdl" => WSDL_CACHE_NONE,
  "features" => SOAP_SINGLE_ELEMENT_ARRAYS,
  "soap_version" => ($request->version ?? "1.1") === "1.2" ? SOAP_1_2 : SOAP_1_1];
if (isset($request->endpoint)) $options["location"] = $request->endpoint;
if (isset($request->user)) { $options["login"] = $request->user; $options["password"] = $request->password; }
try {
  $client = new SoapClient($request->wsdl, $options);
  $input = is_array($request->input) ? $request->input : [$request->input];
  echo json_encode(["result" => $client->__soapCall($request->operation, $input)]);
} catch (SoapFault $fault) {
  echo json_encode(["fault" => ["code" => $fault->faultcode, "text" => $fault->faultstring, "detail" => $fault->detail ?? null]]);
}
`;

/** `input` is an object for document/literal, a list of the parts' values for rpc. */
export async function callWithPhp(request: SoapRequest): Promise<SoapResult> {
  return await runClient("/usr/bin/php", ["-r", SCRIPT], JSON.stringify(request));
}
