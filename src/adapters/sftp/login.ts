// Who logs in where, read once: the key is opened when the adapter is built, because an encrypted one takes its time, and because a
// wrong passphrase is the operator's to mend and no matter of the server.

import type { LoginAttempt, ParsedKey } from "ssh2";
import { openKey } from "../shared/ssh/key.ts";
import type { LoginOptions } from "./options.ts";

export interface Login {
  /** What messages call the server. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: ParsedKey | undefined;
  readonly password: string | undefined;
  readonly hostKeys: readonly string[];
  readonly oldAlgorithms: readonly string[];
}

export function loginOf(options: LoginOptions): Login {
  const { host, port, user, privateKey, passphrase, password, hostKey = [], oldAlgorithms = [] } = options;
  return {
    address: addressOf(host, port),
    host,
    port,
    user,
    key: privateKey === undefined ? undefined : openKey(privateKey, passphrase),
    password,
    hostKeys: hostKey,
    oldAlgorithms,
  };
}

/** An IPv6 address stands in brackets, so that the port is seen. */
export function addressOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** More rounds than any server needs that asks for several things one after the other. */
const MOST_ATTEMPTS = 8;

/**
 * Tries key, password and keyboard-interactive, in this order, as far as they are there and the server takes them. A server that asks
 * for several (RFC 4252, section 5.1: partial success) gets one after the other. `takes` hears what the server takes.
 */
export function attemptsOf(
  { user, key, password }: Login,
  takes: (methods: readonly string[]) => void,
): (left: readonly string[] | null, partial: boolean | null, next: (attempt: LoginAttempt | false) => void) => void {
  const known: LoginAttempt[] = [];
  if (key) known.push({ type: "publickey", username: user, key });
  if (password !== undefined) {
    known.push({ type: "password", username: user, password });
    known.push({
      type: "keyboard-interactive",
      username: user,
      // What is typed unseen is the password; what may be seen is the name.
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(({ echo }) => (echo ? user : password))),
    });
  }
  const tried = new Set<LoginAttempt>();
  let attempts = 0;
  let accepted: LoginAttempt | undefined;
  let current: LoginAttempt | undefined;
  return (left, partial, next) => {
    if (left) takes(left);
    if (partial) {
      // Half way: what was refused before its turn may be asked for now; what was accepted is not asked for again.
      accepted = current;
      tried.clear();
      if (accepted) tried.add(accepted);
    }
    current = known.find((each) => !tried.has(each) && (left === null || left.includes(each.type)));
    if (!current || ++attempts > MOST_ATTEMPTS) return next(false);
    tried.add(current);
    next(current);
  };
}
