// What the parts of the dashboard share: what they work with, and how a request is read.

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../contract.ts";
import { BridgeError } from "../../errors.ts";
import type { Operations } from "../../operations/operations.ts";
import type { TagsOf } from "../../operations/roles.ts";
import type { TokenBook } from "../../operations/tokens.ts";
import type { FailureBrake } from "../auth.ts";
import type { Language } from "../pages/docs-words.ts";
import type { Provider } from "./provider.ts";
import type { Page } from "./page-lage.ts";
import type { Screen } from "./screen.ts";
import { isSame, type Session, type Sessions } from "./sessions.ts";

/** What pages need, whatever they show. */
export interface SiteDeps {
  readonly tokens: TokenBook;
  readonly brake: FailureBrake;
  readonly log: Log;
  readonly tls: boolean;
  /** Where people are known; absent = tokens alone sign in. */
  readonly provider?: Provider | undefined;
  /** Under which browsers find us, without a slash at its end. Never what a request says of itself. */
  origin(): string;
  /** Enters it into a trail; absent = there is none. */
  readonly signed?: Operations["signed"] | undefined;
  isLocal(request: FastifyRequest): boolean;
  now(): number;
}

export interface DashboardDeps extends SiteDeps {
  readonly operations: Operations;
  readonly tagsOf: TagsOf;
}

export interface Desk extends SiteDeps {
  readonly sessions: Sessions;
  readonly cookie: string;
  /** Of a request; undefined where nobody is signed in, or the token was revoked since. */
  sessionOf(request: FastifyRequest, rests?: boolean): Promise<Session | undefined>;
  send(reply: FastifyReply, page: Page, screen: Screen, session: Session | undefined, live?: boolean): FastifyReply;
}

/** The hidden field has to be the session's, and the form one of ours. Throws FORBIDDEN. */
export function formOf(request: FastifyRequest, csrf: string | undefined): URLSearchParams {
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  if (!isFromHere(request) || csrf === undefined || !isSame(form.get("csrf") ?? undefined, csrf))
    throw new BridgeError("FORBIDDEN", "the form did not come from a page of this session", {
      hint: "Open the page again and send the form from there.",
    });
  return form;
}

export function isFromHere({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const from = URL.parse(origin);
  // As URLs: the usual port may be written or not.
  return from !== null && from.host === URL.parse(`${from.protocol}//${host ?? ""}`)?.host;
}

export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const found = (request.headers.cookie ?? "").split(";").map((part) => part.trim().split("="));
  return found.find(([key]) => key === name)?.[1];
}

export function languageOf(request: FastifyRequest): Language {
  return (request.query as Readonly<Record<string, unknown>>)["lang"] === "en" ? "en" : "de";
}
