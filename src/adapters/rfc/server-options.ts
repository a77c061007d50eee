// What a bridge file can say about being called by ABAP.

import type { Known, Refuse } from "../../core/contract.ts";
import {
  bridgeFile,
  choice,
  list,
  object,
  outside,
  required,
  secret,
  text,
  type Infer,
} from "../../core/options/shape.ts";

export const serverOptions = object(
  {
    via: choice(
      ["sdk"],
      "how ABAP reaches the bridge; SAP systems that post SOAP or IDocs over HTTP need receive.soap or receive.rest instead",
      {
        default: "sdk",
      },
    ),
    program: required(
      text("program id that the bridge registers under, as the destination (SM59, type T) names it", {
        pattern: /^[A-Za-z0-9_.-]{1,64}$/u,
        patternHint: "letters, digits, _ . and -",
        example: "STEG",
      }),
    ),
    connection: required(
      bridgeFile("connection parameters, YAML or JSON: server (gwhost, gwserv) and client (ashost, sysnr …)", {
        example: "sap.yaml",
      }),
    ),
    interfaces: list(bridgeFile("an interface, JSON"), "interfaces of the functions that ABAP may call", {
      single: true,
      most: 200,
      example: "[schemas/Z_STEG_EXAMPLE.json]",
    }),
    client: text("SAP client for looking up the functions' interfaces", {
      pattern: /^\d{3}$/u,
      patternHint: 'three digits in quotes, "100"',
    }),
    user: outside("user for looking up the functions' interfaces"),
    password: secret("its password", { example: "${env:SAP_PASSWORD}" }),
  },
  "Calls out of an SAP system",
);
export type ServerOptions = NonNullable<Infer<typeof serverOptions>>;

export function checkServer(given: Known<ServerOptions>, refuse: Refuse): void {
  if (!Object.hasOwn(given, "interfaces") || (given.interfaces ?? []).length === 0)
    refuse(
      "interfaces",
      "is empty, so there is nothing that could be called",
      "interfaces: [schemas/Z_STEG_EXAMPLE.json]",
    );
}
