// WS-Addressing at the face: 1.0 (W3C, SOAP Binding) and the submission of 2004 that old stacks send. Answers go back on the same
// connection and nowhere else, so an address in a message never makes the bridge call somebody.

import { SaxesParser } from "saxes";
import { escapeText } from "../../shared/xml/escape.ts";
import { WSA, WSA_SUBMISSION } from "../addressing.ts";
import { type Envelope, type HeaderBlock, invalid } from "./envelope.ts";

const ANONYMOUS: ReadonlySet<string> = new Set([`${WSA}/anonymous`, `${WSA_SUBMISSION}/role/anonymous`]);
const PARTS: ReadonlySet<string> = new Set(["To", "From", "ReplyTo", "FaultTo", "Action", "MessageID", "RelatesTo"]);

export interface Addressing {
  readonly uri: string;
  readonly action: string | undefined;
  readonly messageId: string | undefined;
}

export function isAddressing({ uri, local }: HeaderBlock): boolean {
  return (uri === WSA || uri === WSA_SUBMISSION) && PARTS.has(local);
}

/** undefined where the caller uses none. Throws CALL_INVALID. */
export function addressingOf({ headers }: Envelope): Addressing | undefined {
  const blocks = headers.filter((block) => block.forUs && isAddressing(block));
  const uri = blocks[0]?.uri;
  if (uri === undefined) return undefined;
  const one = (local: string): HeaderBlock | undefined => {
    const found = blocks.filter((block) => block.local === local);
    if (found.length > 1) throw invalid(`the header holds wsa:${local} more than once`);
    return found[0];
  };
  if (blocks.some((block) => block.uri !== uri)) throw invalid("the header holds two editions of WS-Addressing");
  for (const local of ["ReplyTo", "FaultTo"]) {
    const address = addressIn(one(local));
    if (address !== undefined && !ANONYMOUS.has(address))
      throw invalid(`wsa:${local} names another place; answers go back on the same connection only`);
  }
  return { uri, action: one("Action")?.text, messageId: one("MessageID")?.text };
}

/** Header blocks of the answer (1.0 SOAP Binding, section 4). */
export function addressingReply({ uri, messageId }: Addressing, action: string | undefined): readonly string[] {
  const block = (local: string, text: string): string =>
    `<wsa:${local} xmlns:wsa="${uri}">${escapeText(text)}</wsa:${local}>`;
  return [
    ...(action === undefined ? [] : [block("Action", action)]),
    ...(messageId === undefined ? [] : [block("RelatesTo", messageId)]),
  ];
}

export function faultAction({ uri }: Addressing): string {
  return `${uri}/fault`;
}

/** The text of wsa:Address in an endpoint reference. */
function addressIn(block: HeaderBlock | undefined): string | undefined {
  if (block === undefined) return undefined;
  let text = "";
  let inside = 0;
  const parser = new SaxesParser({ xmlns: true });
  parser.on("opentag", ({ uri, local }) => {
    if (inside > 0 || (uri === block.uri && local === "Address")) inside++;
  });
  parser.on("text", (piece) => {
    if (inside > 0) text += piece;
  });
  parser.on("closetag", () => {
    if (inside > 0) inside--;
  });
  parser.write(block.xml).close();
  return text.trim();
}
