// What a bridge file can say about EDIFACT interchanges.

import { BridgeError } from "../../core/errors.ts";
import {
  boolean,
  bridgeFile,
  choice,
  duration,
  type Infer,
  list,
  object,
  required,
  size,
  text,
} from "../../core/options/shape.ts";
import type { MessageName } from "./directory/types.ts";
import { REPERTOIRES } from "./repertoires.ts";

export const options = required(
  object({
    record: text(
      "what one record is: message; interchange = all messages of one; or a segment group of the messages such as SG25, then each record has the rest of its message under message",
      {
        default: "message",
        pattern: /^(message|interchange|SG[1-9][0-9]{0,3})$/,
        patternHint: "message, interchange, or a segment group such as SG25",
      },
    ),
    strict: boolean(
      "true: a message that breaks a rule is a dead letter, and a broken interchange delivers nothing; false: what can be read is read, and what was wrong is said in the receipt",
      { default: true },
    ),
    charset: choice(
      ["declared", "detect", ...REPERTOIRES],
      "how bytes become characters: declared = as UNB says; a repertoire of ISO 9735 (or windows-1252) overrules it for partners who say one and write another; detect looks at the first MiB of a drop for UTF-8 and windows-1252, and says so",
      { default: "declared" },
    ),
    messages: list(
      text("type, then as far as wanted version, release, agency and association as UNH has them", {
        example: "INVOIC D 96A UN EAN008",
        pattern: /^[A-Z0-9]{1,6}( [A-Za-z0-9.-]{1,6}){0,4}$/,
        patternHint: "a message type such as INVOIC, or with version and release: INVOIC D 96A",
      }),
      "messages that are taken, UNO for documents (packages) among them; others are dead letters. Without it all are taken",
      { example: "[INVOIC D 96A, INVOIC D 01B]", most: 100 },
    ),
    directory: list(
      bridgeFile("directory that was imported with steg directory import", {
        catalog: true,
        example: "catalog:edifact/d99b.directory",
      }),
      "directories beside the shipped ones, for messages or versions of them that these lack",
      { most: 20 },
    ),
    duplicates: duration(
      "how long interchanges are remembered by sender, recipient and reference: a drop with one that came before is refused. Without it only the same bytes are recognised",
      { least: 60_000, most: 3_650 * 86_400_000, example: "90d" },
    ),
    most: size("longest message (longest interchange, where that is the record), in bytes", {
      default: "10MiB",
      least: 1024,
      most: 256 * 1024 * 1024,
    }),
  }),
);
export type Options = Infer<typeof options>;

/** A message that is taken; undefined = whatever UNH says. */
export type Wanted = Partial<MessageName> & Pick<MessageName, "type">;

export function wantedOf(written: string): Wanted {
  const [type, version, release, agency, association] = written.split(" ");
  return {
    type: type!,
    ...(version !== undefined && { version }),
    ...(release !== undefined && { release }),
    ...(agency !== undefined && { agency }),
    ...(association !== undefined && { association }),
  };
}

export function isWanted(name: MessageName, wanted: Wanted): boolean {
  return (Object.keys(wanted) as (keyof MessageName)[]).every((key) => name[key] === wanted[key]);
}

export function unusable(message: string, hint?: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.edifact: ${message}`, { hint });
}
