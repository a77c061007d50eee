// `map.idoc`: the values of a template → one IDoc, flat or as XML.

import type { Scope, Sketch, Value, Writer } from "../../core/contract.ts";
import { asBridgeError, BridgeError } from "../../core/errors.ts";
import { decoderOf } from "../shared/encodings/decoder.ts";
import { encoderOf } from "../shared/encodings/encoder.ts";
import { localTime } from "../shared/local-time.ts";
import { stableNumber } from "../shared/stable-number.ts";
import { escapeText, fitsXml } from "../shared/xml/escape.ts";
import { CONTROL, CONTROL_FIELDS, CONTROL_LENGTH, HEADER, HEADER_LENGTH, SDATA_LENGTH } from "./control.ts";
import type { Field } from "./dictionary.ts";
import { type Branch, branchesOf, controlTexts, lengthOf, refused, type Text, type Values } from "./write-tree.ts";
import { planWriting, type WritePlan } from "./written.ts";

/** Throws IDOC_DICTIONARY; all else that is wrong with the template stands in `problems`. */
export function idocWriter(sketch: Sketch, readFile: (path: string) => Uint8Array): Writer {
  const { plan, problems } = planWriting(sketch, readFile);
  const made = (value: Value, scope: Scope) => {
    const values = value as Values;
    return { control: withDefaults(controlTexts(values), scope), branches: branchesOf(values, plan.dictionary) };
  };
  if (plan.form === "xml") {
    return {
      contentType: "application/xml; charset=utf-8",
      problems,
      write(value, scope) {
        const { control, branches } = made(value, scope);
        return Buffer.from(xmlOf(control, branches));
      },
      show: (bytes) => Buffer.from(bytes).toString(),
    };
  }
  const decode = decoderOf(plan.encoding === "utf-16" ? "utf-16le" : plan.encoding);
  return {
    contentType: `text/plain; charset=${plan.encoding}`,
    joins: true,
    problems,
    write(value, scope) {
      const { control, branches } = made(value, scope);
      return encoded(flatOf(control, branches, plan.lineEnd), [control, ...branches.map(allTexts)].flat(), plan);
    },
    show(bytes) {
      const { text } = decode(Buffer.from(bytes), true);
      return plan.lineEnd === "" ? linesOf(text) : text.replaceAll(/ *\r?\n/g, "\n");
    },
  };
}

/** What the template leaves open: the number is made of the message's name, the date is that of receipt. */
function withDefaults(given: readonly Text[], scope: Scope): readonly Text[] {
  const { date, time } = localTime(scope.received, scope.timezone);
  const defaults = new Map([
    ["TABNAM", CONTROL],
    ["DOCNUM", stableNumber(scope, "idoc", 16)],
    // To SAP.
    ["DIRECT", "2"],
    ["CREDAT", date],
    ["CRETIM", time],
  ]);
  const known = new Map(given.map((text) => [text.name, text]));
  return CONTROL_FIELDS.flatMap(({ name }) => {
    const value = defaults.get(name);
    return known.get(name) ?? (value === undefined ? [] : { name, value, path: `/${CONTROL}` });
  });
}

// ── flat ────────────────────────────────────────────────────────────────────────────────────────────────────────

function flatOf(control: readonly Text[], branches: readonly Branch[], lineEnd: string): string {
  const known = new Map(control.map(({ name, value }) => [name, value]));
  const client = filled(known.get("MANDT") ?? "", 3);
  const document = filled(known.get("DOCNUM") ?? "", HEADER.document.to - HEADER.document.from);
  const records = [laidOut(control, CONTROL_FIELDS, CONTROL_LENGTH)];
  const add = ({ segment, texts, children, single }: Branch, parent: number, above: number): void => {
    const number = records.length;
    // As SAP itself counts: what may repeat directly in the IDoc begins at 2.
    const level = above === 0 ? (single ? 1 : 2) : above + 1;
    const name = filled(segment!.definition!, HEADER.segment.to);
    const numbers = digits(number, 6) + digits(parent, 6) + digits(level, 2);
    records.push(name + client + document + numbers + laidOut(texts, segment!.fields, SDATA_LENGTH));
    for (const child of children) add(child, number, level);
  };
  for (const branch of branches) add(branch, 0, 0);
  return records.map((record) => record + lineEnd).join("");
}

function laidOut(texts: readonly Text[], fields: readonly Field[], length: number): string {
  const values = new Map(texts.map((text) => [text.name, text]));
  let line = "";
  let written = 0;
  for (const { name, from, to } of fields) {
    const text = values.get(name);
    if (!text) continue;
    const { value, path } = text;
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      throw refused("CELL_CHARACTER", path, `${name} holds a control character, which a flat file cannot hold`);
    }
    line += " ".repeat(from - written) + filled(value, to - from);
    written = to;
  }
  return line + " ".repeat(length - written);
}

function filled(text: string, length: number): string {
  return text + " ".repeat(length - lengthOf(text));
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, "0");
}

function allTexts({ texts, children }: Branch): Text[] {
  return [...texts, ...children.flatMap(allTexts)];
}

/** The bytes, or which field has a character that the encoding does not have. */
function encoded(text: string, texts: readonly Text[], { encoding }: WritePlan): Uint8Array {
  const encode = encoderOf(encoding);
  try {
    return encode(text);
  } catch (cause) {
    for (const { value, path } of texts) {
      try {
        encode(value);
      } catch (inner) {
        const { code, message, stage, detail, facts } = asBridgeError(inner, "encode");
        throw new BridgeError(code, message, { stage, detail, facts: { ...facts, path }, cause });
      }
    }
    throw cause;
  }
}

/** Records in lines of their own, for people. */
function linesOf(text: string): string {
  let lines = "";
  const characters = Array.from(text);
  for (let at = 0; at < characters.length;) {
    const length = characters.slice(at, at + 6).join("") === "EDI_DC" ? CONTROL_LENGTH : HEADER_LENGTH + SDATA_LENGTH;
    lines += `${characters
      .slice(at, at + length)
      .join("")
      .trimEnd()}\n`;
    at += length;
  }
  return lines;
}

// ── XML ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function xmlOf(control: readonly Text[], branches: readonly Branch[]): string {
  const type = control.find(({ name }) => name === "IDOCTYP")!;
  const root = elementName(type.value, type.path);
  const head = `<${CONTROL} SEGMENT="1">${control.map(fieldElement).join("")}</${CONTROL}>`;
  const body = `<IDOC BEGIN="1">${head}${branches.map(segmentElement).join("")}</IDOC>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${body}</${root}>\n`;
}

function segmentElement({ type, texts, children }: Branch): string {
  const name = elementName(type, "");
  return `<${name} SEGMENT="1">${texts.map(fieldElement).join("")}${children.map(segmentElement).join("")}</${name}>`;
}

function fieldElement({ name, value, path }: Text): string {
  if (!fitsXml(value)) throw refused("XML_CHARACTER", path, `${name} holds a control character, which XML cannot hold`);
  const element = elementName(name, path);
  return `<${element}>${escapeText(value)}</${element}>`;
}

/** SAP writes the / of a name space as `_-`. */
function elementName(name: string, path: string): string {
  if (!/^[A-Z_/][A-Z0-9_/]*$/.test(name)) {
    throw refused("VALUE_NOT_TEXT", path, "the name of a type, segment or field has capital letters, digits, _ and /");
  }
  return name.replaceAll("/", "_-");
}
