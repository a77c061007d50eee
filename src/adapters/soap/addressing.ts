// WS-Addressing 1.0 (SOAP Binding, 3): who is meant, what for, and which message this is. Answers come back on the same
// connection.

import { escapeText } from "../shared/xml/escape.ts";

export const WSA = "http://www.w3.org/2005/08/addressing";
/** The submission of 2004, which old stacks send. */
export const WSA_SUBMISSION = "http://schemas.xmlsoap.org/ws/2004/08/addressing";

export interface Addressing {
  readonly action: string;
  readonly to: string;
  /** `urn:uuid:…` */
  readonly message: string;
}

export function addressingHeaders({ action, to, message }: Addressing): readonly string[] {
  const declared = ` xmlns:wsa="${WSA}"`;
  return [
    `<wsa:Action${declared} soap:mustUnderstand="1">${escapeText(action)}</wsa:Action>`,
    `<wsa:To${declared} soap:mustUnderstand="1">${escapeText(to)}</wsa:To>`,
    `<wsa:MessageID${declared}>${escapeText(message)}</wsa:MessageID>`,
    `<wsa:ReplyTo${declared}><wsa:Address>${WSA}/anonymous</wsa:Address></wsa:ReplyTo>`,
  ];
}
