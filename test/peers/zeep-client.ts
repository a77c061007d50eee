// zeep, the SOAP client of Python: strict about types, decimals stay exact.

import { existsSync } from "node:fs";
import { type SoapRequest, type SoapResult, runClient } from "./soap-client.ts";

/** Why there is no zeep here; undefined = there is. */
export const zeepMissing: string | undefined = existsSync("/usr/lib/python3/dist-packages/zeep")
  ? undefined
  : "python3-zeep is not installed";

const SCRIPT = `
import json, requests, sys, zeep
from lxml import etree
from zeep.helpers import serialize_object
request = json.load(sys.stdin)
def plain(node):
    if len(node) == 0: return node.text
    return {etree.QName(child).localname: plain(child) for child in node}
try:
    session = requests.Session()
    if "user" in request:
        session.auth = (request["user"], request["password"])
    client = zeep.Client(request["wsdl"], transport=zeep.Transport(session=session))
    names = {"1.1": "Soap11Binding", "1.2": "Soap12Binding"}
    wanted = names[request.get("version", "1.1")]
    for service in client.wsdl.services.values():
        for port in service.ports.values():
            if type(port.binding).__name__ == wanted and request["operation"] in port.binding._operations:
                found = client.bind(service.name, port.name)
    if "endpoint" in request:
        found = client.create_service(found._binding.name.text, request["endpoint"])
    result = getattr(found, request["operation"])(**request["input"])
    print(json.dumps({"result": serialize_object(result, dict)}, default=str))
except zeep.exceptions.Fault as fault:
    detail = None
    if fault.detail is not None and len(fault.detail) > 0:
        detail = {etree.QName(child).localname: plain(child) for child in fault.detail}
    print(json.dumps({"fault": {"code": fault.code, "text": fault.message, "detail": detail}}))
`;

/** `input` holds the arguments by name. */
export async function callWithZeep(request: SoapRequest): Promise<SoapResult> {
  return await runClient("/usr/bin/python3", ["-c", SCRIPT], JSON.stringify(request));
}
