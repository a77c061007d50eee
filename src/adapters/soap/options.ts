// What a bridge file can say about a SOAP service.

import {
  boolean,
  bridgeFile,
  choice,
  duration,
  list,
  map,
  object,
  outside,
  pattern,
  required,
  secret,
  text,
  type Infer,
} from "../../core/options/shape.ts";
import { serverShapes } from "../shared/http/options.ts";
import { HEADER } from "../shared/http/request-headers.ts";

const usernameToken = object(
  {
    user: required(outside("user")),
    password: required(secret("password", { example: "${env:PASSWORD}" })),
    digest: boolean("send a digest with a number used once instead of the password", { default: false }),
  },
  "WS-Security UsernameToken in the envelope",
);

const certificate = object(
  {
    cert: required(bridgeFile("certificate that goes along, PEM")),
    key: required(secret("its private key, PEM", { example: "${file:/run/secrets/signer.key}" })),
    passphrase: secret("opens the key"),
    algorithm: choice(["sha256", "sha1"], "digest that is signed", {
      default: "sha256",
      needsException: (value) => value === "sha1",
    }),
  },
  "WS-Security signature with an X.509 certificate over body, timestamp and user",
);

export const options = object(
  {
    wsdl: required(
      bridgeFile("WSDL 1.1 of the service; what it imports lies beside it or in schemas/, nothing is fetched", {
        example: "schemas/dienst.wsdl",
      }),
    ),
    operation: pattern(
      "text",
      "operation that is called; without it the only one, or that which is called like the call",
      {
        example: "LesePerson",
      },
    ),
    endpoint: pattern("url", "address of the service; without it that of the WSDL", {
      example: "https://alt.example/ws",
    }),
    service: text("wsdl:service, where the WSDL has several"),
    port: text("wsdl:port, where several have the same operations; without it the first one"),
    hosts: list(
      text("host name, host:port, or *.domain"),
      "servers that a formula in the endpoint may choose from; this machine only where its address is listed",
      { single: true, most: 1_000 },
    ),
    headers: map(secret("value; may come from outside"), "HTTP headers sent with every message", {
      key: HEADER,
      keyHint: "names of headers that neither Steg nor the connection sets itself",
      most: 50,
    }),
    soapAction: text("SOAPAction, where the service wants another one than its WSDL says"),
    auth: object(
      {
        basic: object(
          { user: required(outside("user")), password: required(secret("password")) },
          "user and password of HTTP",
        ),
        bearer: secret("a fixed token of HTTP", { example: "${env:TOKEN}" }),
        usernameToken,
        certificate,
      },
      "how the bridge shows who it is; basic or bearer for HTTP, the others within the envelope",
    ),
    validate: boolean("whether answers must fit the types of the WSDL in everything, codes and lengths included", {
      default: false,
    }),
    timestamp: boolean("a WS-Security timestamp in the envelope; a signature has one anyway", { default: false }),
    lifetime: duration("how long a timestamp holds", { default: "5m", least: 10_000, most: 86_400_000 }),
    addressing: boolean("WS-Addressing headers: Action, To, MessageID, ReplyTo", { default: false }),
    mtom: boolean("files and long base64 go beside the envelope (MTOM) instead of in it", { default: false }),
    ...serverShapes,
  },
  "A SOAP service, by its WSDL",
);

export type SoapOptions = NonNullable<Infer<typeof options>>;
