// deliver.http: one request per parcel, with an idempotency key, and a plain word about how it ended (answer.ts).

import {
  adapter,
  type AdapterContext,
  type Attempt,
  type Known,
  type Parcel,
  type Refuse,
  type Target,
} from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import {
  choice,
  list,
  map,
  object,
  oneKey,
  outside,
  pattern,
  required,
  secret,
  text,
  type Infer,
} from "../../core/options/shape.ts";
import { serverShapes } from "../shared/http/options.ts";
import { addressesOf, checkAddress, fixedOrigin, type Address } from "../shared/http/address.ts";
import { attemptOf } from "./answer.ts";
import { connectTo } from "../shared/http/connection.ts";
import { exchangeFiles } from "../shared/http/enclosure.ts";
import { exchange, type Exchange } from "../shared/http/exchange.ts";
import { multipartOf } from "./multipart.ts";
import { createTokens, type Tokens } from "./oauth.ts";
import { checkPair, isPlain } from "../shared/http/secure.ts";
import { ownFault, refusedBy, stopped } from "../shared/http/unsent.ts";
import { checkHeaders, fixedHeaders, HEADER, headersOf, headersOfCall } from "../shared/http/request-headers.ts";

const oauth2 = object(
  {
    tokenUrl: required(outside("address of the token server")),
    clientId: required(outside("the bridge's name at the token server")),
    clientSecret: required(secret("its secret", { example: "${env:CLIENT_SECRET}" })),
    scope: text("what the token is for, separated by spaces"),
    audience: text("whom the token is for, where the server asks for it"),
    send: choice(["basic", "body"], "where id and secret travel: in the header, or in the form", { default: "basic" }),
  },
  "OAuth 2.0 client credentials",
);

const options = object(
  {
    url: required(pattern("url", "address that messages are sent to", { example: "https://neu.example/api/{id}" })),
    hosts: list(
      text("host name, host:port, or *.domain"),
      "servers that a formula in the url may choose from; this machine only where its address is listed",
      {
        single: true,
        most: 1_000,
      },
    ),
    method: choice(["POST", "PUT", "PATCH", "DELETE", "GET"], "HTTP method; DELETE and GET have no body", {
      default: "POST",
    }),
    headers: map(secret("value; may come from outside"), "headers sent with every message", {
      key: HEADER,
      keyHint: "names of headers that neither Steg nor the connection sets itself",
      most: 50,
    }),
    auth: oneKey(
      {
        bearer: secret("a fixed token", { example: "${env:TOKEN}" }),
        basic: object({ user: required(outside("user")), password: required(secret("password")) }, "user and password"),
        oauth2,
      },
      "how the bridge shows who it is",
    ),
    ...serverShapes,
  },
  "A server that takes messages over HTTP",
);
export type HttpOptions = NonNullable<Infer<typeof options>>;

export const httpTarget = adapter({
  name: "http",
  role: "target",
  summary: "Sends each message or batch as an HTTP request with an idempotency key.",
  options: required(options),
  check: checkHttpTarget,
  noFiles: ({ method }) =>
    method !== undefined && BODILESS.has(method) ? `deliver.http has method ${method}, which has no body` : undefined,
  build: buildHttpTarget,
});

const BODILESS: ReadonlySet<string> = new Set(["GET", "DELETE"]);

function checkHttpTarget(given: Known<HttpOptions>, refuse: Refuse): void {
  checkAddress(given.url, given.hosts, refuse);
  checkTokenUrl(given.auth?.oauth2?.tokenUrl, refuse);
  checkHeaders(given, refuse);
  checkPair(given, refuse);
}

async function buildHttpTarget(given: HttpOptions, context: AdapterContext): Promise<Target> {
  const addresses = addressesOf(given.url, given.hosts);
  const tokenText = given.auth?.oauth2?.tokenUrl.trim();
  const tokenUrl = tokenText === undefined ? undefined : new URL(tokenText);
  if (addresses.isPlain) context.log("warn", "target.plain_http", { url: addresses.shown });
  if (tokenUrl && isPlain(tokenUrl.href)) context.log("warn", "target.plain_http", { url: tokenUrl.origin });
  const fixed = fixedHeaders(given);
  const agent = await connectTo(given, [fixedOrigin(given.url), tokenUrl], context, "deliver.http");
  const what = `${given.method} ${addresses.shown}`;
  const ownType = Object.entries(given.headers ?? {}).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const hasBody = !BODILESS.has(given.method);
  const tokens = tokensOf(given, tokenUrl, (origin, path, headers, body, signal) =>
    exchange(agent, { origin, path, method: "POST", headers, body }, given.timeout, signal),
  );

  function send(
    parcel: Parcel,
    { origin, path }: Address,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Exchange> {
    const headers = [
      ...fixed,
      ...(parcel.call ? headersOfCall(parcel.call, given) : headersOf(parcel, context.bridge)),
    ];
    if (token !== undefined) headers.push("authorization", `Bearer ${token}`);
    const type = ownType?.trim() ?? parcel.contentType;
    const to = { origin, path, method: given.method, headers };
    if (hasBody && parcel.enclosures) return exchangeFiles(agent, to, multipartOf(parcel, type), given.timeout, signal);
    if (hasBody || ownType !== undefined) headers.push("content-type", type);
    const most = parcel.call && { most: parcel.call.mostReply };
    return exchange(agent, { ...to, body: hasBody ? parcel.body : null, ...most }, given.timeout, signal);
  }

  const endOf = (result: Exchange, parcel: Parcel): Attempt =>
    ownFault(result) ?? attemptOf(result, what, parcel.call !== undefined);

  async function deliver(parcel: Parcel, address: Address, signal: AbortSignal): Promise<Attempt> {
    if (!tokens) return endOf(await send(parcel, address, undefined, signal), parcel);
    let result: Exchange | undefined;
    // A token may have been withdrawn before its time: one new one, then the target means it.
    for (let round = 0; round < 2; round++) {
      const found = await tokens.get(signal);
      if ("end" in found) return found;
      result = await send(parcel, address, found.token, signal);
      if (result.kind !== "answer" || result.status !== 401) break;
      tokens.drop(found.token);
    }
    return endOf(result as Exchange, parcel);
  }

  return {
    locality: "remote",
    ...(addresses.isFixed ? {} : { addresses: "several" as const }),
    address: ({ scope }) => addresses.originOf(scope),
    destination: (scope) => addresses.destinationOf(scope),
    async deliver(parcel, signal) {
      try {
        return await deliver(parcel, addresses.of(parcel.scope), signal);
      } catch (cause) {
        if (signal.aborted) return stopped(what);
        if (!(cause instanceof BridgeError)) throw cause;
        return refusedBy(cause);
      }
    },
    // Exchanges under way were given their signal; whatever still runs is of no use to anybody.
    close: () => agent.destroy(),
  };
}

type Post = (
  origin: string,
  path: string,
  headers: string[],
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Exchange>;

function checkTokenUrl(text: string | undefined, refuse: Refuse): void {
  if (text === undefined) return;
  const url = URL.parse(text.trim());
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    refuse("auth.oauth2.tokenUrl", "is no http or https address", "tokenUrl: https://login.example/token");
  else if (url.username !== "" || url.password !== "")
    refuse("auth.oauth2.tokenUrl", "holds a user or password; clientId and clientSecret are for that");
}

function tokensOf(given: HttpOptions, tokenUrl: URL | undefined, post: Post): Tokens | undefined {
  const oauth = given.auth?.oauth2;
  if (!oauth || !tokenUrl) return undefined;
  const { clientId, clientSecret, scope, audience, send } = oauth;
  return createTokens(
    { tokenUrl, clientId, clientSecret: clientSecret.trim(), scope, audience, send },
    (headers, body, signal) => post(tokenUrl.origin, tokenUrl.pathname + tokenUrl.search, headers, body, signal),
  );
}
