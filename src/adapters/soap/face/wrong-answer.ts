// What the bridge was to answer is not what its contract says: nothing that the caller could mend.

import { BridgeError } from "../../../core/errors.ts";

export function wrong(why: string, detail?: string, hint?: string): BridgeError {
  return new BridgeError("REPLY_INVALID", `the answer does not fit the WSDL: ${why}`, {
    stage: "answer",
    detail,
    hint,
  });
}
