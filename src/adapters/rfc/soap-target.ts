// via: soap. One POST per call; with `commit` two in one session: the function, then BAPI_TRANSACTION_COMMIT or _ROLLBACK.
//
// The function's own success is no delivery yet where it is to be committed: what becomes of the message is what becomes of the commit.

import type { AdapterContext, Attempt, Parcel, ParcelCall, Reply, Target } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { connectTo } from "../shared/http/connection.ts";
import { exchange, type Exchange } from "../shared/http/exchange.ts";
import { plainHeaders } from "../shared/http/headers.ts";
import { headersOf, headersOfCall } from "../shared/http/request-headers.ts";
import { isPlain } from "../shared/http/secure.ts";
import { unreachable } from "../shared/http/unreachable.ts";
import { interfaceOf, messageOf, mostReply, refusedBy, replyOf, stopped, tooLarge } from "./call.ts";
import { endOf } from "./ends.ts";
import { createLogonGuard } from "./logon-guard.ts";
import { refusalIn, withMessages } from "./messages.ts";
import type { RfcOptions } from "./options.ts";
import { resultsOf } from "./results.ts";
import { heardOf, type Heard } from "./soap-heard.ts";
import { soapRequest, transactionRequest, type Calling } from "./soap-request.ts";
import { createSession, type Session } from "./soap-session.ts";

const SERVICE = "/sap/bc/soap/rfc";
/** An answer to commit or rollback is some messages. */
const MOST_TRANSACTION_REPLY = 1 << 20;
const CONNECT_TIMEOUT = 10_000;
/** Nobody waits for a rollback, and the session ends with it or by itself. */
const ROLLBACK_TIMEOUT = 10_000;

export async function buildSoapTarget(given: RfcOptions, context: AdapterContext): Promise<Target> {
  const { url, path } = addressOf(given);
  const what = `${given.function} at ${url.origin}`;
  if (isPlain(url.href)) context.log("warn", "target.plain_http", { url: url.origin });
  const calling: Calling = {
    function: given.function,
    interface: interfaceOf(given, context),
    tables: given.tables ?? [],
    dates: given.dates,
  };
  const server = { ...given, checkCertificate: true, connectTimeout: CONNECT_TIMEOUT };
  const agent = await connectTo(server, [], context, "deliver.rfc");
  const fixed = fixedHeaders(given);
  const guard = createLogonGuard();

  interface Post {
    readonly body: string;
    readonly parcel: Parcel;
    readonly session: Session | undefined;
    readonly most: number;
    readonly timeout: number;
    readonly signal: AbortSignal;
  }

  async function post({ body, parcel, session, most, timeout, signal }: Post): Promise<Exchange> {
    const headers = [...fixed, ...(parcel.call ? callHeaders(parcel.call) : headersOf(parcel, context.bridge))];
    if (session?.cookie !== undefined) headers.push("cookie", session.cookie);
    const request = { origin: url.origin, path, method: "POST", headers, body: Buffer.from(body), most };
    const result = await exchange(agent, request, timeout, signal);
    if (result.kind === "answer") session?.remember(result.headers["set-cookie"]);
    return result;
  }

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<Attempt> {
    const session = given.commit ? createSession() : undefined;
    const body = soapRequest(calling, messageOf(parcel), session && "open");
    const most = mostReply(parcel);
    const result = await post({ body, parcel, session, most, timeout: given.timeout, signal });
    if (result.kind === "failure") return withStatus(unreachable(result, what), result);
    const attempt = await judged(result, parcel, most);
    if (!session) return attempt;
    if (attempt.end !== "delivered") {
      // A failed logon is not tried a second time for the sake of a rollback.
      if (attempt.end !== "unreachable") await rollBack(parcel, session, signal);
      return attempt;
    }
    return await commit(parcel, session, attempt.reply, signal);
  }

  /** What the answer to the function itself says. */
  async function judged(result: Extract<Exchange, { kind: "answer" }>, parcel: Parcel, most: number): Promise<Attempt> {
    const reply = { status: result.status, headers: plainHeaders(result.headers) };
    try {
      if (result.cut) throw tooLarge(most);
      const heard = await heardOf(result, calling.function, what, reply);
      if ("attempt" in heard) return heard.attempt;
      const values = resultsOf(heard.parameters, calling.interface, calling.tables);
      const refusal = refusalIn(values, given.returns);
      if (!refusal) return { end: "delivered", reply: replyOf(parcel, values, given.returns, reply) };
      const attempt = endOf(refusal.failure, what, replyOf(parcel, values, given.returns, reply));
      return withMessages(attempt, refusal.all);
    } catch (cause) {
      if (cause instanceof BridgeError) return refusedBy(cause, what);
      throw cause;
    }
  }

  async function rollBack(parcel: Parcel, session: Session, signal: AbortSignal): Promise<void> {
    if (!session.isOpen || signal.aborted) return;
    const timeout = Math.min(ROLLBACK_TIMEOUT, given.timeout);
    const body = transactionRequest("ROLLBACK");
    // Whether it arrives or not: without a commit nothing is written, and the server ends the session in its time.
    await post({ body, parcel, session, most: MOST_TRANSACTION_REPLY, timeout, signal });
  }

  async function commit(
    parcel: Parcel,
    session: Session,
    reply: Reply | undefined,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const committing = `BAPI_TRANSACTION_COMMIT behind ${what}`;
    if (!session.isOpen) {
      const message = `${what} was called, but SAP opened no session, so nothing could be committed`;
      return { end: "refused", code: "RFC_FAILED", status: 502, message };
    }
    const result = await post({
      body: transactionRequest("COMMIT"),
      parcel,
      session,
      most: MOST_TRANSACTION_REPLY,
      timeout: given.timeout,
      signal,
    });
    if (result.kind === "failure") return withStatus(unreachable(result, committing), result);
    try {
      const heard: Heard = result.cut
        ? { parameters: [] }
        : await heardOf(result, "BAPI_TRANSACTION_COMMIT", committing, { status: result.status });
      if ("attempt" in heard) return heard.attempt;
      const refusal = refusalIn(resultsOf(heard.parameters, undefined, []), "RETURN");
      if (!refusal) return { end: "delivered", ...(reply && { reply }) };
      return { ...endOf(refusal.failure, committing, { status: result.status }), status: 502 };
    } catch (cause) {
      if (cause instanceof BridgeError) return refusedBy(cause, committing);
      throw cause;
    }
  }

  return {
    locality: "remote",
    server: url.port === "" ? `${url.hostname}:${url.protocol === "https:" ? 443 : 80}` : url.host,
    address: () => url.origin,
    async deliver(parcel, signal) {
      try {
        return await guard(() => deliver(parcel, signal), signal);
      } catch (cause) {
        if (signal.aborted) return stopped(what);
        if (cause instanceof BridgeError) return refusedBy(cause, what);
        throw cause;
      }
    },
    close: () => agent.destroy(),
  };
}

/** `https://sap.example` has SAP's own path; one that stands there is meant (a service of SOAMANAGER). */
function addressOf(given: RfcOptions): { readonly url: URL; readonly path: string } {
  const url = new URL((given.url ?? "").trim());
  if (url.pathname === "/" && url.search === "") url.pathname = SERVICE;
  if (given.client !== undefined) url.searchParams.set("sap-client", given.client);
  url.searchParams.set("sap-language", given.language.toUpperCase());
  return { url, path: url.pathname + url.search };
}

function fixedHeaders({ user, password }: RfcOptions): string[] {
  const fixed = [
    "user-agent",
    "steg",
    "content-type",
    "text/xml; charset=utf-8",
    // SOAP 1.1, section 6.1.1, wants the header; the service goes by the body.
    "soapaction",
    '""',
    "accept",
    "text/xml",
  ];
  if (user !== undefined && password !== undefined) {
    // A secret that was read from a file often ends in a line end.
    const pair = `${user.trim()}:${password.replace(/\r?\n$/u, "")}`;
    fixed.push("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  }
  return fixed;
}

/** What the call itself sets, beside what no caller may. */
const OWN = { headers: { authorization: "", cookie: "", soapaction: "", accept: "", "user-agent": "" } };

function callHeaders(call: ParcelCall): string[] {
  // What a caller says of its body says nothing of this one.
  const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => !/^content-/iu.test(name)));
  return headersOfCall({ ...call, headers }, OWN);
}

function withStatus(attempt: Attempt, { reason, sent }: Extract<Exchange, { kind: "failure" }>): Attempt {
  return attempt.end === "unreachable" ? { ...attempt, status: reason === "timeout" && sent ? 504 : 503 } : attempt;
}
