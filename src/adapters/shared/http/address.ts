// Where a message goes. The host is the bridge author's: a value of a record may choose a path, never a server, unless
// `hosts` lists the servers it may choose from. Messages name the address as written, without any value.

import type { Pattern, Refuse, Scope } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { hasFormula, sampleOf, whereFrom } from "../patterns.ts";
import { isPlain } from "./secure.ts";

export interface Address {
  readonly origin: string;
  /** Path and query, as sent. */
  readonly path: string;
}

export interface Addresses {
  /** Throws TARGET_ADDRESS. */
  of(scope: Scope): Address;
  /** The circuit's key; `shown` where the scope gives no address, which the delivery says. */
  originOf(scope: Scope): string;
  /** Origin, path and query; "" where the scope gives no address. */
  destinationOf(scope: Scope): string;
  /** For messages and logs: as written, without query and without values. */
  readonly shown: string;
  /** All lead to one server. */
  readonly isFixed: boolean;
  /** Readable on the way to another machine. */
  readonly isPlain: boolean;
}

const OUTSIDE = /\$\{[^{}]*\}/gu;
// What the URL parser would quietly drop, or read as a slash.
const UNSENDABLE = /[\u0000-\u0020\u007f\\]/u;
const DOTS = /^(?:\.|%2e){1,2}$/iu;

function astray(message: string, detail: string): BridgeError {
  return new BridgeError("TARGET_ADDRESS", message, { stage: "deliver", detail });
}

/** Does the part that chooses the server stand there without formulas? `${env:…}` is the operator's, not a record's. */
export function hostIsFixed(source: string | undefined): boolean {
  if (source === undefined) return false;
  const text = source.replace(OUTSIDE, "\u0001");
  if (text.startsWith("\u0001") && !text.startsWith("\u0001://")) return /^\u0001(?:$|[/?#])/u.test(text);
  const authority = /^[^:/?#]+:\/\/([^/?#]*)/u.exec(text);
  return authority !== null && !authority[0].includes("{");
}

/** What is wrong with the address whatever the data says; of one whose values from outside are not known yet, what its text tells. */
export function checkAddress(
  url: Pattern | undefined,
  hosts: readonly (string | undefined)[] | undefined,
  refuse: Refuse,
): void {
  for (const [index, entry] of (hosts ?? []).entries()) {
    if (entry !== undefined && !allowedHost(entry))
      refuse(`hosts[${index + 1}]`, `${JSON.stringify(entry)} is no host name`, "hosts: [neu.example]");
  }
  if (url?.source === undefined) return;
  const sample = sampleOf(url);
  const from = whereFrom(url.source);
  // A formula may go on in the last part.
  const whole = url.head?.slice(0, hasFormula(url.source) ? url.head.lastIndexOf("/") : undefined) ?? "";
  if (UNSENDABLE.test(sample + whole)) return refuse("url", `holds a character that no address may hold${from}`);
  if (climbs(sample) || climbs(whole)) return refuse("url", `has a part that climbs in the path${from}`);
  if (!hostIsFixed(url.source)) {
    if (hosts === undefined) refuse("url", "takes the server from a record; list the allowed ones", HOSTS_HINT);
    return;
  }
  if (url.head === undefined) return;
  const { head } = url;
  const address = URL.parse(head);
  if (!isWeb(address)) return refuse("url", `is no http or https address${from}`);
  if (address.username !== "" || address.password !== "")
    return refuse("url", `holds a user or password; write them under auth${from}`);
  const allowed = hosts?.flatMap((entry) => (entry === undefined ? [] : (allowedHost(entry) ?? [])));
  if (allowed?.some((fits) => fits(address)) === false)
    refuse("url", `leads to a server that hosts does not list${from}`, HOSTS_HINT);
}

const HOSTS_HINT = "hosts: [neu.example]";

/** The server, where the address names it without a formula and all of it is known. */
export function fixedOrigin(url: Pattern): URL | undefined {
  return hostIsFixed(url.source) && url.head !== undefined ? (URL.parse(url.head) ?? undefined) : undefined;
}

export function addressesOf(url: Pattern, hosts: readonly string[] | undefined): Addresses {
  const { source } = url;
  const fixed = hostIsFixed(source);
  const allowed = hosts?.flatMap((entry) => allowedHost(entry) ?? []);
  const shown = source === undefined ? "the address" : (source.split(/[?#]/u)[0] ?? "");
  const origin = fixedOrigin(url)?.origin;
  let only: Address | undefined;

  function addressIn(scope: Scope): Address {
    const text = url(scope);
    const path = origin !== undefined && text.startsWith(origin) ? text.slice(origin.length) : "";
    if (!allowed && origin !== undefined && AS_IT_IS.test(path) && !climbs(path)) return { origin, path };
    const address = parse(text, shown);
    if (fixed && address.origin !== (origin ?? address.origin)) throw astray(`${shown} leads to another server`, text);
    if (allowed && !allowed.some((fits) => fits(address.host))) {
      throw astray(`${shown} leads to a server that hosts does not list`, text);
    }
    return address;
  }

  if (source !== undefined && !hasFormula(source)) only = addressIn({} as Scope);
  // The pipeline asks for the circuit, for the batch and for the delivery of one message in turn.
  let last: { readonly scope: Scope; readonly address: Address } | undefined;
  function remembered(scope: Scope): Address {
    if (last?.scope !== scope) last = { scope, address: addressIn(scope) };
    return last.address;
  }
  const of = only ? () => only : remembered;

  function resolved(scope: Scope): Address | undefined {
    try {
      return of(scope);
    } catch {
      // The delivery says what is wrong with it.
      return undefined;
    }
  }

  return {
    of,
    originOf: origin === undefined ? (scope) => resolved(scope)?.origin ?? shown : () => origin,
    destinationOf(scope) {
      const address = resolved(scope);
      return address ? address.origin + address.path : "";
    },
    shown,
    isFixed: fixed,
    isPlain: origin === undefined ? source?.startsWith("http:") === true : isPlain(origin),
  };
}

/** Path and query that the URL Standard would leave as they are: nothing to parse, nothing to escape. */
const AS_IT_IS = /^\/[A-Za-z0-9._~!$&()*+,;=:@/%-]*(?:\?[A-Za-z0-9._~!$&()*+,;=:@/%?-]*)?$/u;

function isWeb(url: URL | null): url is URL {
  return (url?.protocol === "https:" || url?.protocol === "http:") && url.hostname !== "";
}

function climbs(text: string): boolean {
  return (text.split(/[?#]/u)[0] as string).split("/").some((part) => DOTS.test(part));
}

function parse(text: string, shown: string): Address & { readonly host: URL } {
  if (UNSENDABLE.test(text)) throw astray(`${shown} holds a character that no address may hold`, text);
  const url = URL.parse(text);
  if (!isWeb(url)) throw astray(`${shown} is no http or https address`, text);
  if (url.username !== "" || url.password !== "") throw astray(`${shown} holds a user or password`, text);
  if (climbs(text)) throw astray(`${shown} has a part that climbs in the path`, text);
  return { origin: url.origin, path: url.pathname + url.search, host: url };
}

/** `neu.example`, `neu.example:8443`, `*.neu.example` (any name below it); undefined for what is none of them. */
function allowedHost(entry: string): ((url: URL) => boolean) | undefined {
  const match = /^(\*\.)?([^:/*]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/iu.exec(entry);
  const plain = match && URL.parse(`https://${match[2] as string}`);
  if (!match || !plain) return undefined;
  const { hostname } = plain;
  const [, below, , port] = match;
  return (url) => {
    if (port !== undefined && (url.port || (url.protocol === "https:" ? "443" : "80")) !== port) return false;
    return below ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname;
  };
}
