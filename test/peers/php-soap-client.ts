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
  foreach ($request->headers ?? [] as $header) {
    $headers[] = new SoapHeader($header->namespace, $header->name, $header->content, $header->mustUnderstand ?? false);
  }
  if (isset($headers)) $client->__setSoapHeaders($headers);
  // One object that is meant twice is sent once, with a reference to it.
  if (isset($request->twice)) $request->input[] = $request->input[$request->twice];
  $input = is_array($request->input) ? $request->input : [$request->input];
  $result = $client->__soapCall($request->operation, $input, null, null, $answered);
  echo json_encode(["result" => $result] + (empty($answered) ? [] : ["headers" => $answered]));
} catch (SoapFault $fault) {
  echo json_encode(["fault" => ["code" => $fault->faultcode, "text" => $fault->faultstring, "detail" => $fault->detail ?? null]]);
}
`;

export interface PhpRequest extends SoapRequest {
  readonly headers?: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly content: unknown;
    readonly mustUnderstand?: boolean;
  }[];
  /** Position in `input` of what is sent a second time, at its end. */
  readonly twice?: number;
}

/** `input` is an object for document/literal, a list of the parts' values for rpc. */
export async function callWithPhp(request: PhpRequest): Promise<SoapResult> {
  return await runClient("/usr/bin/php", ["-r", SCRIPT], JSON.stringify(request));
}
