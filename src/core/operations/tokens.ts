// API tokens: 256 random bits, shown once. Only their SHA-256 is stored; with that much entropy a slow hash would add
// nothing but load on every request.

import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { BridgeError } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { MOST_TAGS, sorted, tagFault } from "../tags.ts";
import { ROLES } from "./roles.ts";
import type { Grant, Role, TokenAsked, TokenMade, TokenView } from "./roles.ts";

const PREFIX = "token/";
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const TOKEN = /^steg_[A-Za-z0-9_-]{43}$/;
/** More would make the comparison with every one of them slow. */
const MOST_TOKENS = 1_000;

interface StoredToken {
  readonly name: string;
  readonly role: Role;
  /** Absent in those of earlier versions, and where it is for all bridges. */
  readonly tags?: readonly string[];
  readonly hash: string;
  readonly created: number;
  readonly createdBy: string;
  readonly revoked?: number;
}

export interface TokenBook {
  create(request: TokenAsked & { readonly actor: string; readonly now: number }): Promise<TokenMade>;
  revoke(request: { name: string; actor: string; now: number }): Promise<void>;
  list(): Promise<readonly TokenView[]>;
  /** Who carries this token; undefined for anything that is none. Takes the same time whichever token it is. */
  authenticate(token: string): Promise<(Grant & { readonly name: string }) | undefined>;
  /** Whether the token of this name that there was at this time is still good: sessions end with their token. */
  holds(name: string, since: number): Promise<boolean>;
  /** Whether there was ever a token: a first start makes one. */
  untouched(): Promise<boolean>;
}

export function createTokenBook(journal: Pick<Journal, "entries" | "set">): TokenBook {
  // One process holds the state, so what this object wrote is all there is.
  let cache: Promise<ReadonlyMap<string, StoredToken>> | undefined;
  const all = (): Promise<ReadonlyMap<string, StoredToken>> => {
    cache ??= journal
      .entries<StoredToken>(PREFIX)
      .then((entries) => new Map([...entries.values()].map((token) => [token.name, token])));
    return cache;
  };
  const write = async (token: StoredToken, event: string, actor: string, now: number): Promise<void> => {
    cache = undefined;
    const facts = { token: token.name, role: token.role, ...(token.tags && { tags: token.tags.join(", ") }) };
    await journal.set(PREFIX + token.name, token, { at: now, event, bridge: undefined, drop: undefined, actor, facts });
    cache = undefined;
  };
  return {
    async create({ name, role, tags: scope, actor, now }) {
      const wanted = checkRole(role);
      const tags = checkScope(wanted, scope);
      if (!NAME.test(name)) {
        throw new BridgeError(
          "TOKEN_INVALID",
          "a token's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit",
        );
      }
      const tokens = await all();
      const prior = tokens.get(name);
      if (prior !== undefined && prior.revoked === undefined) {
        throw new BridgeError("TOKEN_INVALID", `there is a token ${name} already`, {
          hint: `steg token revoke ${name} ends it.`,
        });
      }
      if (tokens.size >= MOST_TOKENS) throw new BridgeError("TOKEN_INVALID", `there are ${MOST_TOKENS} tokens already`);
      const token = `steg_${randomBytes(32).toString("base64url")}`;
      await write(
        {
          name,
          role: wanted,
          ...(tags.length > 0 && { tags }),
          hash: hashOf(token).toString("hex"),
          created: now,
          createdBy: actor,
        },
        "token.created",
        actor,
        now,
      );
      return { name, role: wanted, tags, token };
    },
    async revoke({ name, actor, now }) {
      const token = (await all()).get(name);
      if (token === undefined || token.revoked !== undefined)
        throw new BridgeError("TOKEN_INVALID", `there is no token ${name}`);
      await write({ ...token, revoked: now }, "token.revoked", actor, now);
    },
    async list() {
      const tokens = [...(await all()).values()].filter((token) => token.revoked === undefined);
      return tokens
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, role, tags = [], created, createdBy }) => ({
          name,
          role,
          tags,
          created: new Date(created).toISOString(),
          createdBy,
        }));
    },
    async authenticate(token) {
      const given = hashOf(token);
      let found: StoredToken | undefined;
      // No early end: how long it takes says nothing about which token came near.
      for (const stored of (await all()).values()) {
        if (timingSafeEqual(given, bytesOf(stored)) && stored.revoked === undefined) found = stored;
      }
      return found === undefined || !TOKEN.test(token)
        ? undefined
        : { name: found.name, role: found.role, tags: found.tags ?? [] };
    },
    async holds(name, since) {
      const token = (await all()).get(name);
      return token !== undefined && token.revoked === undefined && token.created <= since;
    },
    async untouched() {
      return (await all()).size === 0;
    },
  };
}

/** Every call compares with all of them. */
const bytes = new WeakMap<StoredToken, Buffer>();

function bytesOf(stored: StoredToken): Buffer {
  const known = bytes.get(stored);
  if (known) return known;
  const made = Buffer.from(stored.hash, "hex");
  bytes.set(stored, made);
  return made;
}

function hashOf(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

function checkRole(role: string): Role {
  const known = ROLES.find((candidate) => candidate === role);
  if (known === undefined)
    throw new BridgeError("TOKEN_INVALID", `there is no role of that name; roles are ${ROLES.join(", ")}`);
  if (known === "approver") {
    throw new BridgeError("TOKEN_INVALID", "the role approver is never carried by a token", {
      hint: "An approval is the act of a second person, who signs in by OIDC; a token is no person.",
    });
  }
  return known;
}

/** In order. TOKEN_INVALID */
function checkScope(role: Role, given: TokenAsked["tags"] = []): readonly string[] {
  // From outside: the type is what it should be.
  if (!Array.isArray(given) || !given.every((tag) => typeof tag === "string"))
    throw new BridgeError("TOKEN_INVALID", "the tags of a token are a list of texts");
  const tags = sorted(given);
  if (tags.length > MOST_TAGS) throw new BridgeError("TOKEN_INVALID", `a token has at most ${MOST_TAGS} tags`);
  const fault = tags.map(tagFault).find((one) => one !== undefined);
  if (fault !== undefined) throw new BridgeError("TOKEN_INVALID", fault);
  if (role === "caller" && tags.length > 0)
    throw new BridgeError("TOKEN_INVALID", "a token of the role caller has no tags", {
      hint: "Which callers may call it, a bridge says in its own file: receive.rest.callers, receive.soap.callers.",
    });
  return tags;
}
