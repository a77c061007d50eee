// How a PDF is refused. Places are byte offsets of the file; nothing out of the file stands in a message.

import { BridgeError } from "../../../core/errors.ts";

/** `at byte 17, expected a name, found the end`. */
export function broken(what: string, facts?: Readonly<Record<string, string | number>>): BridgeError {
  return new BridgeError("PDF_BROKEN", `the PDF is damaged: ${what}`, { stage: "decode", facts });
}

/** `limit` names the option of decode.pdf.most. */
export function beyond(limit: string, what: string): BridgeError {
  return new BridgeError("PDF_LIMIT", `the PDF ${what}`, {
    stage: "decode",
    facts: { limit },
    hint: `No honest form needs as much; if this one does, raise decode.pdf.most.${limit}.`,
  });
}
