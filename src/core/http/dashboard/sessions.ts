// Who is signed in to the dashboard. Sessions live in memory only, under the hash of their id: a restart ends them all, and what is in
// memory signs nobody in. How somebody proves who they are is not decided here: a token today, an identity provider one day.

import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Identity } from "../auth.ts";
import type { Language } from "../pages/docs-words.ts";

/** Milliseconds without a page asked for, and from signing in. */
const IDLE = 3_600_000;
const ABSOLUTE = 12 * 3_600_000;
const MOST_SESSIONS = 1_000;
const CODE_LASTS = 10 * 60_000;
const MOST_CODES = 20;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export type Theme = "system" | "light" | "dark";

export interface Session {
  readonly identity: Identity;
  readonly began: number;
  /** Stands in every form; another page cannot know it. */
  readonly csrf: string;
  /** What the last form did, for the next page. */
  note: { readonly kind: "ok" | "danger"; readonly text: string } | undefined;
  language: Language;
  theme: Theme;
  used: number;
}

export interface Sessions {
  /** The new session's id, for the cookie. */
  begin(identity: Identity, language: Language): string;
  /** Of a request; undefined where it is over. `rests`: nobody did anything, so that its hour goes on. */
  find(id: string | undefined, rests?: boolean): Session | undefined;
  /** Whether it may go on being shown what is live; that is no use of it. */
  isOn(session: Session): boolean;
  end(session: Session): void;
  /** A way in without a token, once, within ten minutes. */
  code(identity: Identity): string;
  /** Whose code it was; it is none afterwards. */
  redeem(code: string): Identity | undefined;
  /** What the form for signing in has to bring with this cookie; undefined where it is none of ours. */
  proofFor(nonce: string | undefined): string | undefined;
}

export function createSessions(now: () => number): Sessions {
  const sessions = new Map<string, Session>();
  const codes = new Map<string, { readonly identity: Identity; readonly until: number }>();
  const key = randomBytes(32);
  const isOn = (session: Session): boolean => now() - session.used < IDLE && now() - session.began < ABSOLUTE;

  function sweep(): void {
    for (const [id, session] of sessions) if (!isOn(session)) sessions.delete(id);
    for (const [id] of sessions) {
      if (sessions.size < MOST_SESSIONS) break;
      sessions.delete(id);
    }
  }

  return {
    begin(identity, language) {
      sweep();
      const id = secret();
      const csrf = secret();
      const time = now();
      sessions.set(hashOf(id), { identity, began: time, csrf, note: undefined, language, theme: "system", used: time });
      return id;
    },
    find(id, rests = false) {
      if (id === undefined || !SECRET.test(id)) return undefined;
      const session = sessions.get(hashOf(id));
      if (session === undefined) return undefined;
      if (!isOn(session)) {
        sessions.delete(hashOf(id));
        return undefined;
      }
      if (!rests) session.used = now();
      return session;
    },
    isOn: (session) => isOn(session) && [...sessions.values()].includes(session),
    end(session) {
      for (const [id, one] of sessions) if (one === session) sessions.delete(id);
    },
    code(identity) {
      for (const [id, { until }] of codes) if (until <= now() || codes.size >= MOST_CODES) codes.delete(id);
      const code = secret();
      codes.set(hashOf(code), { identity, until: now() + CODE_LASTS });
      return code;
    },
    redeem(code) {
      if (!SECRET.test(code)) return undefined;
      const known = codes.get(hashOf(code));
      codes.delete(hashOf(code));
      return known !== undefined && known.until > now() ? known.identity : undefined;
    },
    proofFor: (nonce) =>
      nonce !== undefined && SECRET.test(nonce)
        ? createHmac("sha256", key).update(nonce).digest("base64url")
        : undefined,
  };
}

export function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** In the same time wherever they differ. */
export function isSame(given: string | undefined, expected: string): boolean {
  return timingSafeEqual(hash("sha256", given ?? "", "buffer"), hash("sha256", expected, "buffer"));
}

function hashOf(id: string): string {
  return hash("sha256", id, "hex");
}
