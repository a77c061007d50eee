// What is weaker than today's minimum is allowed by name, with a reason, by somebody, until a date.

import { finding } from "../bridge/finding.ts";
import type { Node } from "../bridge/tree.ts";
import type { ObjectState } from "./check.ts";
import type { CheckEnvironment } from "./checked.ts";
import { part, plain } from "./checked.ts";
import { date, object, required, text } from "./shape.ts";
import type { AnyShape } from "./shape.ts";

export const exceptionShape: AnyShape = object(
  {
    reason: required(text("why the weaker way is needed", { example: "the old server knows nothing else" })),
    approvedBy: required(text("who took the responsibility", { example: "sicherheit@stadt.example" })),
    until: required(date("last day on which it holds")),
  },
  "allows an option that is weaker than today's minimum, until a date",
  { example: "{ reason: …, approvedBy: …, until: 2027-06-30 }" },
);

export function settleExceptions(
  state: ObjectState,
  properties: Readonly<Record<string, AnyShape>>,
  path: string,
  environment: CheckEnvironment,
): void {
  const weak = Object.entries(properties).filter(([name, shape]) => {
    const entry = state.written.get(name);
    return entry !== undefined && shape.needsException?.(asWritten(entry.value)) === true;
  });
  const written = state.written.get("exception");
  if (!written) {
    for (const [name] of weak) {
      const entry = state.written.get(name);
      if (!entry) continue;
      const message = `${path}.${name} is weaker than today's minimum and needs an exception beside it`;
      environment.report(
        finding("EXCEPTION_MISSING", entry.keyAt, message, {
          hint: "exception: { reason: …, approvedBy: …, until: 2027-06-30 }",
          length: name.length,
        }),
      );
    }
    return;
  }
  const checked = state.entries.get("exception");
  const exception =
    checked?.kind === "object"
      ? part({ kind: "object", entries: state.entries, at: checked.at }, "exception")
      : undefined;
  if (!exception) return;
  if (weak.length === 0) {
    const message = `nothing in ${path} needs an exception`;
    environment.report(
      finding("EXCEPTION_UNUSED", written.keyAt, message, { severity: "warning", hint: "leave it out", length: 9 }),
    );
    return;
  }
  const until = plain<string>(exception, "until");
  if (until === undefined) return;
  if (until < environment.today) {
    const names = weak.map(([name]) => name).join(", ");
    const at = exception.entries.get("until")?.at ?? written.keyAt;
    environment.report(
      finding("EXCEPTION_EXPIRED", at, `the exception for ${names} ended on ${until}`, {
        hint: `use today's minimum for ${names}, or have a later end approved`,
        length: until.length,
      }),
    );
    return;
  }
  for (const [name] of weak) {
    environment.granted?.({
      option: `${path}.${name}`,
      reason: plain<string>(exception, "reason") ?? "",
      approvedBy: plain<string>(exception, "approvedBy") ?? "",
      until,
      at: written.keyAt,
    });
  }
}

/** Scalars as YAML reads them; anything else as plain JavaScript, for shapes that look deeper. */
function asWritten(node: Node): unknown {
  if (node.kind === "list") return node.items.map(asWritten);
  if (node.kind === "map") return Object.fromEntries(node.entries.map(({ key, value }) => [key, asWritten(value)]));
  if (node.quoted || node.type === "text") return node.text;
  if (node.type === "number") return Number(node.text);
  return node.type === "boolean" ? node.text.toLowerCase() === "true" : null;
}
