// Where a message goes. The host is the bridge author's: a value of a record may choose a path, never a server, unless
// `hosts` lists the servers it may choose from. Messages name the address as written, without any value.

import type { Pattern, Scope } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";

export interface Address {
  readonly origin: string;
  /** Path and query, as sent. */
  readonly path: string;
}

export interface Addresses {
  /** Throws TARGET_ADDRESS. */
  of(scope: Scope): Address;
  /** For messages and logs: as written, without query and without values. */
  readonly shown: string;
}

const OUTSIDE = /\$\{[^{}]*\}/gu;
// What the URL parser would quietly drop, or read as a slash.
const UNSENDABLE = /[\u0000-\u0020\u007f\\]/u;
const DOTS = /^(?:\.|%2e){1,2}$/iu;

function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", message, { stage: "deliver" });
}

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

export function addressesOf(url: Pattern, hosts: readonly string[] | undefined): Addresses {
  const { source } = url;
  const fixed = hostIsFixed(source);
  if (!fixed && hosts === undefined) {
    throw unusable("deliver.http.url takes the server from a record; list the allowed ones: hosts: [neu.example]");
  }
  const allowed = hosts?.map(allowedHost);
  const shown = source === undefined ? "the address" : (source.split(/[?#]/u)[0] ?? "");
  let pinned: string | undefined;
  let only: Address | undefined;

  function of(scope: Scope): Address {
    const text = url(scope);
    const address = parse(text, shown);
    if (fixed) {
      pinned ??= address.origin;
      if (address.origin !== pinned) throw astray(`${shown} leads to another server`, text);
    }
    if (allowed && !allowed.some((fits) => fits(address.host))) {
      throw astray(`${shown} leads to a server that hosts does not list`, text);
    }
    return address;
  }

  if (source !== undefined && !source.includes("{")) only = of({} as Scope);
  // The pipeline asks for the circuit, for the batch and for the delivery of one message in turn.
  let last: { readonly scope: Scope; readonly address: Address } | undefined;
  function remembered(scope: Scope): Address {
    if (last?.scope !== scope) last = { scope, address: of(scope) };
    return last.address;
  }
  return { of: only ? () => only : remembered, shown };
}

function parse(text: string, shown: string): Address & { readonly host: URL } {
  if (UNSENDABLE.test(text)) throw astray(`${shown} holds a character that no address may hold`, text);
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:") || url.hostname === "") {
    throw astray(`${shown} is no http or https address`, text);
  }
  if (url.username !== "" || url.password !== "") {
    throw new BridgeError("OPTION_UNUSABLE", "deliver.http.url holds a user or password; write them under auth", {
      stage: "deliver",
    });
  }
  const path = text.split(/[?#]/u)[0] as string;
  if (path.split("/").some((part) => DOTS.test(part)))
    throw astray(`${shown} has a part that climbs in the path`, text);
  return { origin: url.origin, path: url.pathname + url.search, host: url };
}

/** `neu.example`, `neu.example:8443`, `*.neu.example` (any name below it). */
function allowedHost(entry: string): (url: URL) => boolean {
  const match = /^(\*\.)?([^:/*]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/iu.exec(entry);
  const plain = match && URL.parse(`https://${match[2] as string}`);
  if (!match || !plain) throw unusable(`deliver.http.hosts: ${JSON.stringify(entry)} is no host name`);
  const { hostname } = plain;
  const [, below, , port] = match;
  return (url) => {
    if (port !== undefined && (url.port || (url.protocol === "https:" ? "443" : "80")) !== port) return false;
    return below ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname;
  };
}
