// $attachment: the files that were joined to the records of the message (`receive.attach`). One that fits is an object, several are a
// list in the order of their names, none is absent.
//
// The bytes are in memory only where a formula of the bridge can reach `.base64` (attachment-use.ts); they become text when they are asked
// for, not before.

import type { Attachment } from "../../../contract.ts";
import { BridgeError } from "../../../errors.ts";
import { compileGlobs, type NameMatch } from "../../../options/glob.ts";
import { Fault, LAZY, type Data, type Run } from "../runtime.ts";
import { remembered, textOr, type Extra } from "./contract.ts";

const values = new WeakMap<Attachment>();

/** What formulas see of an attachment: always the same object, so that map.attach knows it again. */
export function attachmentValue(attachment: Attachment): Data {
  const known: Data = values.get(attachment);
  if (known !== undefined) return known;
  const { name, size, sha256, mediaType } = attachment;
  const value: Data = { name, size, sha256, mediaType };
  Object.defineProperties(value, {
    base64: { enumerable: true, get: () => base64Of(attachment) },
    [LAZY]: { value: true },
  });
  values.set(attachment, value);
  return value;
}

function base64Of({ content }: Attachment): string {
  if (content === undefined) throw new Fault("FORMULA_PLACE", { note: "the bytes of attachments cannot be read here" });
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
}

function joined(run: Run): readonly Attachment[] {
  const found = run.scope?.attachments;
  if (found === undefined)
    throw new Fault("FORMULA_PLACE", { note: "$attachment needs a message with receive.attach" });
  return found;
}

function matcherOf(pattern: string): NameMatch {
  try {
    return compileGlobs([pattern]);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    throw new Fault("PATTERN_INVALID", { value: pattern, note: cause.message });
  }
}

const rememberedMatcher = remembered(matcherOf);

function fitting(run: Run, matches: NameMatch | undefined): Data {
  const found: Data[] = [];
  for (const attachment of joined(run)) {
    if (matches === undefined || matches(attachment.name)) found.push(attachmentValue(attachment));
  }
  return found.length > 1 ? found : found[0];
}

/** A pattern that is computed may hold values, so no message shows it. */
function computedMatcher(pattern: string): NameMatch {
  try {
    return rememberedMatcher(pattern);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new Fault("PATTERN_INVALID", { value: pattern, note: "the pattern for names of attachments cannot be read" });
  }
}

function call(run: Run, _label: string, ...args: readonly Data[]): Data {
  if (args.length === 0) return fitting(run, undefined);
  const pattern = textOr(args[0], 1);
  return pattern === undefined ? undefined : fitting(run, computedMatcher(pattern));
}

const attachment: Extra = {
  name: "attachment",
  signature: "<s?:x>",
  least: 0,
  most: 1,
  call,
  prepare: ([pattern]) => {
    if (pattern === undefined) return (_input, _frame, run) => fitting(run, undefined);
    if (typeof pattern.literal === "string") {
      const matches = matcherOf(pattern.literal);
      return (_input, _frame, run) => fitting(run, matches);
    }
    const { code } = pattern;
    return (input, frame, run) => call(run, "", code(input, frame, run));
  },
};

export const attachmentFunctions: readonly Extra[] = [attachment];
