// What is said of things that are not there. In one place, because what somebody may not see is answered by the very same words.

import { BridgeError } from "../errors.ts";

export function unknownDrop(): BridgeError {
  return new BridgeError("DROP_UNKNOWN", "there is no drop of that id");
}

export function unknownLetter(): BridgeError {
  return new BridgeError("DEAD_LETTER_UNKNOWN", "there is no dead letter of that id");
}

export function unknownAlarm(): BridgeError {
  return new BridgeError("ALARM_UNKNOWN", "there is no such alarm, or it is over");
}

export function unknownAct(): BridgeError {
  return new BridgeError("REQUEST_INVALID", "there is no such act of two persons");
}

export function unknownCertificate(): BridgeError {
  return new BridgeError("NOT_FOUND", "there is no certificate of a bridge of that name", {
    hint: "A bridge has one once it was retired: steg retire BRIDGE --reason TEXT",
  });
}
