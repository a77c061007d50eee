// The server's key is pinned: without a fingerprint nobody is logged in anywhere, because the first password given to the wrong server
// is one too many. The error shows what to paste.

import { BridgeError } from "../../core/errors.ts";
import { fingerprintOf } from "../shared/ssh/fingerprint.ts";
import type { Login } from "./login.ts";

export interface HostKeyCheck {
  verify(this: void, key: Buffer): boolean;
  readonly refusal: BridgeError | undefined;
}

export function createHostKeyCheck({ address, hostKeys }: Login): HostKeyCheck {
  let refusal: BridgeError | undefined;
  return {
    verify(key) {
      const shown = fingerprintOf(key);
      if (hostKeys.includes(shown)) return true;
      const type = typeOf(key);
      const [code, message] =
        hostKeys.length === 0
          ? ([
              "HOST_KEY_UNKNOWN",
              `a ${type} key and the bridge file names none; if its operator confirms it: hostKey: "${shown}"`,
            ] as const)
          : (["HOST_KEY_WRONG", `the ${type} key ${shown}; expected is ${hostKeys.join(" or ")}`] as const);
      refusal = new BridgeError(code, `${address} shows ${message}`, { facts: { server: address, shown } });
      return false;
    },
    get refusal() {
      return refusal;
    },
  };
}

/** The blob begins with its type as a string (RFC 4253, section 6.6); only the types there are are repeated. */
function typeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  const type = key.subarray(4, 4 + Math.min(length, 64)).toString("latin1");
  return /^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp(?:256|384|521))$/u.test(type) ? type : "unknown";
}
