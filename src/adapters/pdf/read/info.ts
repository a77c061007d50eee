// What a file says of itself (ISO 32000-1, 14.3.3): only what is readable text, for nobody filled it in.

import { BridgeError } from "../../../core/errors.ts";
import type { PdfDocument } from "./document.ts";
import { pdfText } from "./texts.ts";

const INFO: Readonly<Record<string, string>> = {
  Title: "title",
  Author: "author",
  Subject: "subject",
  Creator: "creator",
  Producer: "producer",
};

export function infoOf(document: PdfDocument): Readonly<Record<string, string>> {
  const info = document.dict(document.trailer.get("Info"));
  const known: Record<string, string> = {};
  for (const [key, name] of Object.entries(INFO)) {
    const bytes = document.bytes(info?.get(key));
    if (!bytes) continue;
    try {
      const text = pdfText(bytes, key);
      if (text !== "") known[name] = text;
    } catch (cause) {
      if (!(cause instanceof BridgeError)) throw cause;
    }
  }
  return known;
}
