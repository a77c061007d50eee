// Who calls. A face's caller is a client (a token, a token's client, a certificate), never a natural person.

import type { TokenBook } from "../operations/tokens.ts";
import { BridgeError } from "../errors.ts";
import type { FailureBrake } from "../http/auth.ts";
import { ANYONE } from "../bridge/face-shapes.ts";

export interface Caller {
  readonly name: string;
  readonly by: "token" | "jwt" | "certificate" | "anyone";
  readonly scopes: readonly string[];
}

export interface Presented {
  readonly authorization: string | undefined;
  readonly ip: string;
}

export interface CallerBook {
  /** undefined = nothing was presented. Throws UNAUTHENTICATED where something wrong was, RATE_LIMITED where too often. */
  identify(request: Presented): Promise<Caller | undefined>;
}

/** Without a list whoever has a token of the role caller; `anyone` must be written out. */
export function mayCall(caller: Caller | undefined, callers: readonly string[] | undefined): boolean {
  if (callers?.includes(ANYONE)) return true;
  if (!caller) return false;
  return callers === undefined || callers.includes(caller.name);
}

/** Tokens of the role caller: as Bearer, or as the password of Basic, which is all that many SOAP clients can do. */
export function tokenCallers(tokens: TokenBook, brake: FailureBrake): CallerBook {
  return {
    async identify({ authorization, ip }) {
      if (authorization === undefined) return undefined;
      if (brake.blocked(ip) > 0) throw new BridgeError("RATE_LIMITED", "too many tokens in a minute were none");
      const token = presentedToken(authorization);
      const found = token === undefined ? undefined : await tokens.authenticate(token);
      if (found?.role === "caller") return { name: found.name, by: "token", scopes: [] };
      if (found) throw new BridgeError("FORBIDDEN", `a token of the role ${found.role} cannot call; it takes caller`);
      brake.failed(ip);
      throw new BridgeError("UNAUTHENTICATED", "this token is not known");
    },
  };
}

function presentedToken(header: string): string | undefined {
  const bearer = /^Bearer ([A-Za-z0-9._~+/-]{1,200}=*)$/iu.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/]{1,1000}={0,2})$/iu.exec(header)?.[1];
  if (basic === undefined) return undefined;
  const pair = Buffer.from(basic, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
