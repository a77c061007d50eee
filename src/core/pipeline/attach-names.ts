// map.attach at run time: what the formulas gave becomes the list of files that go with a message, each under a name that can be a file
// and that no other file of the message has.

import type { Attachment, Rec, Scope, Value } from "../contract.ts";
import { BridgeError, type Position } from "../errors.ts";
import { nameFault } from "../options/file-names.ts";
import type { Pattern } from "../options/shape.ts";
import type { Attaching, NamedAttachment } from "../bridge/types.ts";
import type { CompiledFormula } from "../mapping/types.ts";

/** One entry of map.attach. */
export interface AttachRule {
  /** `map.attach[2]`, for messages. */
  readonly path: string;
  readonly at: Position;
  readonly from: CompiledFormula;
  /** Absent: the files keep their own names. */
  readonly name: Pattern | undefined;
}

/** Files of one message; a message with more is a slip of a pattern, and no target wants it. */
const MOST_FILES = 1_000;

export function attaching(rules: readonly AttachRule[]): Attaching {
  return (record, scope) => {
    const files: NamedAttachment[] = [];
    const taken = new Set<string>();
    for (const rule of rules) {
      for (const [index, attachment] of attachmentsOf(rule, record, scope).entries()) {
        const name = nameOf(rule, attachment, { ...scope, n: index + 1 });
        // Composed or not, an umlaut is one letter to whoever has to keep the two apart.
        const key = name.normalize("NFC");
        if (taken.has(key)) throw wrongName(rule, "two files of the message would have the same name", name);
        taken.add(key);
        files.push({ name, attachment });
        if (files.length > MOST_FILES) throw wrongName(rule, `the message would have more than ${MOST_FILES} files`);
      }
    }
    return files;
  };
}

function wrongName({ path, at }: AttachRule, what: string, detail?: string): BridgeError {
  return new BridgeError("ATTACHMENT_NAME", `${path}: ${what}`, { stage: "map", position: at, detail });
}

function nameOf(rule: AttachRule, attachment: Attachment, scope: Scope): string {
  const name = rule.name ? rule.name(scope) : attachment.name;
  const fault = nameFault(name);
  if (fault !== undefined) throw wrongName(rule, `the name of a file is not usable: ${fault}`, name);
  return name;
}

/** Attachments as $attachment gave them, or names of attachments, or the drop; one or a list. */
function attachmentsOf(rule: AttachRule, record: Rec, scope: Scope): readonly Attachment[] {
  const value = rule.from.evaluate(record, scope);
  if (value === undefined) return [];
  const values: readonly Value[] = Array.isArray(value) ? value : [value];
  return values.map((each) =>
    (each as unknown) === scope.file ? dropOf(rule, scope) : attachmentOf(rule, each, scope.attachments ?? []),
  );
}

function dropOf(rule: AttachRule, { payload }: Scope): Attachment {
  if (!payload) throw wrongName(rule, "$file is no file by itself: it came in an archive, or with a call");
  return payload;
}

function attachmentOf(rule: AttachRule, value: Value, joined: readonly Attachment[]): Attachment {
  const name = nameIn(value);
  if (name === undefined) throw wrongName(rule, "from gives neither attachments nor names of attachments");
  const found = joined.find((attachment) => attachment.name === name);
  if (!found) throw wrongName(rule, "from names a file that was not joined to the record", name);
  return found;
}

function nameIn(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, "name"))
    return undefined;
  const { name } = value as { readonly name: Value };
  return typeof name === "string" ? name : undefined;
}
