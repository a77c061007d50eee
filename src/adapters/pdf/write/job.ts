// What the template gave for one message → what the thread is to write. Everything that a record can be at fault for is said here, with the
// line of the bridge file.

import { createHash } from "node:crypto";
import type { Scope, Value } from "../../../core/contract.ts";
import { BridgeError, type Code } from "../../../core/errors.ts";
import { nameFault } from "../../../core/options/file-names.ts";
import { fillingOf, type Form } from "./form.ts";
import type { Embedded, Filling, Sheet, SheetLine, WriteJob } from "./protocol.ts";
import { type Plan, RELATIONSHIPS } from "./template.ts";
import { isFilling, pointer, type Step, walkFields } from "./walk.ts";

/** Bytes of all files in one PDF. */
const MOST_EMBEDDED = 64 * 1024 * 1024;
const MOST_FILES = 100;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  json: "application/json",
  pdf: "application/pdf",
  txt: "text/plain",
  xml: "application/xml",
};

/** Throws BridgeError with stage map; `facts.path` points into the template. */
export function jobOf({ form, flatten }: Plan, value: Value, { received, dropIdentity, index }: Scope): WriteJob {
  const top = objectOf(value, []) ?? {};
  const fillings = form ? fillingsOf(form, top["fields"]) : [];
  const embed = filesOf(top["embed"]);
  const title = textOf(top["title"], ["title"]);
  const sheet = top["page"] === undefined ? undefined : sheetOf(top["page"]);
  // The same message has the same identifier, another one another.
  const hash = createHash("sha256").update(`${dropIdentity}\0${index}\0${JSON.stringify(value)}`);
  return {
    form: form && { bytes: form.bytes, fillings, flatten },
    sheet,
    embed,
    title,
    received,
    id: hash.digest("hex").slice(0, 32),
  };
}

function fault(code: Code, path: readonly Step[], message: string, hint?: string): BridgeError {
  return new BridgeError(code, message, { stage: "map", facts: { path: pointer(path) }, hint });
}

function objectOf(value: Value, path: readonly Step[]): { readonly [name: string]: Value } | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value))
    throw fault("VALUE_NOT_TEXT", path, "an object is needed here");
  return value as { readonly [name: string]: Value };
}

function listOf(value: Value, path: readonly Step[]): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fault("VALUE_NOT_TEXT", path, "a list is needed here");
  return value;
}

function textOf(value: Value, path: readonly Step[]): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object")
    throw fault("VALUE_NOT_TEXT", path, "one text is needed here, the formula gives several values");
  return String(value);
}

// ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────────

function fillingsOf(form: Form, value: Value): readonly Filling[] {
  const fillings: Filling[] = [];
  walkFields<Value>(objectOf(value, ["fields"]) ?? {}, form, ["fields"], {
    unknown: (path, name) => {
      throw new BridgeError("PDF_FIELD_UNKNOWN", "the form has no such field", {
        stage: "map",
        facts: { path: pointer(path) },
        detail: name,
      });
    },
    field: (path, field, value) => {
      if (value === undefined || value === null) return;
      const given = Array.isArray(value)
        ? (value as readonly Value[]).map((item) => textOf(item, path) ?? "")
        : textOf(value, path)!;
      const filling = fillingOf(field, given, pointer(path));
      if (!isFilling(filling)) throw fault(filling.code, path, `the field ${filling.message}`, filling.hint);
      fillings.push(filling);
    },
  });
  return fillings;
}

// ── sheets ──────────────────────────────────────────────────────────────────────────────────────────────────────

function sheetOf(value: Value): Sheet {
  const page = objectOf(value, ["page"]) ?? {};
  return {
    title: textOf(page["title"], ["page", "title"]),
    lines: listOf(page["lines"], ["page", "lines"]).map((line, at) => lineOf(line, ["page", "lines", at])),
    footer: textOf(page["footer"], ["page", "footer"]),
  };
}

function lineOf(line: Value, path: readonly Step[]): SheetLine {
  if (typeof line !== "object") return { label: undefined, value: unbroken(textOf(line, path)), path: pointer(path) };
  const { label, value } = objectOf(line, path) ?? {};
  return {
    label: textOf(label, [...path, "label"]),
    value: unbroken(textOf(value, [...path, "value"])),
    path: pointer([...path, value === undefined ? "label" : "value"]),
  };
}

function unbroken(text = ""): string {
  return text.replaceAll(/\r\n?/g, "\n").replaceAll("\t", " ");
}

// ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

function filesOf(value: Value): readonly Embedded[] {
  const list = listOf(value, ["embed"]);
  if (list.length > MOST_FILES) throw fault("OUTPUT_TOO_LARGE", ["embed"], `there are more than ${MOST_FILES} files`);
  const files = list.map((item, at) => fileOf(item, ["embed", at]));
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length) throw fault("ATTACHMENT_NAME", ["embed"], "two files of the PDF have one name");
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > MOST_EMBEDDED) {
    throw fault("OUTPUT_TOO_LARGE", ["embed"], `the files of the PDF have more than ${MOST_EMBEDDED} bytes`);
  }
  return files;
}

function fileOf(item: Value, path: readonly Step[]): Embedded {
  const file = objectOf(item, path) ?? {};
  const text = (key: string): string | undefined => textOf(file[key], [...path, key]);
  const name = text("name") ?? "";
  const wrong = name === "" ? "there is none" : nameFault(name);
  if (wrong !== undefined) throw fault("ATTACHMENT_NAME", [...path, "name"], `the name of a file: ${wrong}`);
  const known = RELATIONSHIPS.find((one) => one === (text("relationship") ?? "Unspecified"));
  if (!known)
    throw fault("PDF_OPTION", [...path, "relationship"], `a file's relationship is one of ${RELATIONSHIPS.join(", ")}`);
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return {
    name,
    bytes: bytesOf(text("content"), text("base64"), path),
    mediaType:
      text("mediaType") ??
      (Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension]! : "application/octet-stream"),
    description: text("description"),
    relationship: known,
  };
}

function bytesOf(content: string | undefined, base64: string | undefined, path: readonly Step[]): Uint8Array {
  if (content !== undefined) return Buffer.from(content);
  if (base64 === undefined) throw fault("VALUE_REQUIRED", path, "a file of the PDF has no content");
  const bytes = Buffer.from(base64, "base64");
  // Node passes over what is no base64.
  if (bytes.toString("base64").replace(/=+$/, "") !== base64.replaceAll(/\s+/g, "").replace(/=+$/, "")) {
    throw fault("CELL_CHARACTER", [...path, "base64"], "the content of a file is no base64");
  }
  return bytes;
}
