// deliver.rfc and receive.rfc: SAP's function modules, by SOAP-RFC or by SAP's SDK.

import { adapter } from "../../core/contract.ts";
import { required } from "../../core/options/shape.ts";
import { readInterface } from "./interface-file.ts";
import { openOperation, operationOf } from "./operation.ts";
import { checkRfc, options } from "./options.ts";
import { checkServer, serverOptions } from "./server-options.ts";

export const rfcTarget = adapter({
  name: "rfc",
  role: "target",
  summary: "Calls a function module of an SAP system, by SOAP-RFC or through SAP's SDK.",
  options: required(options),
  check: checkRfc,
  noFiles: () => "deliver.rfc calls a function, which takes no files; a file goes as a parameter in base64",
  async operations(given, files) {
    const { function: name, interface: file } = given;
    if (file === undefined) return name === undefined ? [] : [openOperation(name)];
    return [operationOf(readInterface(files.readBridgeFile(file), file, name))];
  },
  async build(given, context) {
    if (given.via === "sdk") return await (await import("./sdk-target.ts")).buildSdkTarget(given, context);
    return await (await import("./soap-target.ts")).buildSoapTarget(given, context);
  },
});

export const rfcFace = adapter({
  name: "rfc",
  role: "face",
  summary: "Registers at an SAP gateway and is called by ABAP (needs node-rfc and SAP's SDK).",
  options: required(serverOptions),
  check: checkServer,
  async operations(given, files) {
    return (given.interfaces ?? []).flatMap((file) =>
      file === undefined ? [] : [operationOf(readInterface(files.readBridgeFile(file), file, undefined))],
    );
  },
  async build(given, context) {
    return await (await import("./sdk-face.ts")).buildSdkFace(given, context);
  },
});
