// An interface file from SAP's own description: the answers to RFC_GET_FUNCTION_INTERFACE (asked with NONE_UNICODE_LENGTH = X, so that
// lengths are characters) and, for each structure that it names, to DDIF_FIELDINFO_GET. Both are SOAP-RFC, as any answer.

import type { Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { checkedInterface } from "./interface-file.ts";
import { resultsOf } from "./results.ts";
import { readAnswer } from "./soap-answer.ts";
import { abapType } from "./types.ts";

type Row = Readonly<Record<string, Value>>;

export interface InterfaceFile {
  readonly function: string;
  readonly parameters: readonly Readonly<Record<string, unknown>>[];
  readonly exceptions: readonly string[];
}

/**
 * `structures`: answers to DDIF_FIELDINFO_GET by the name that was asked for; a structure without one stays open. Throws REPLY_INVALID,
 * and OPTION_UNUSABLE where what SAP says is no interface.
 */
export async function interfaceFromAnswer(
  functionName: string,
  answer: Uint8Array,
  structures: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<InterfaceFile> {
  const rows = await rowsOf(answer, "RFC_GET_FUNCTION_INTERFACE", "PARAMS");
  const fields = new Map<string, readonly object[]>();
  for (const [name, bytes] of structures) {
    fields.set(name, fieldsOf(await rowsOf(bytes, "DDIF_FIELDINFO_GET", "DFIES_TAB")));
  }
  const made: InterfaceFile = {
    function: functionName,
    parameters: rows.flatMap((row) => (text(row, "PARAMCLASS") === "X" ? [] : [parameterOf(row, fields)])),
    exceptions: rows.flatMap((row) => (text(row, "PARAMCLASS") === "X" ? [text(row, "PARAMETER")] : [])),
  };
  checkedInterface({ ...made }, "made of SAP's answer");
  return made;
}

/** Structures whose fields have to be asked for. */
export async function structuresIn(answer: Uint8Array): Promise<readonly string[]> {
  const names = (await rowsOf(answer, "RFC_GET_FUNCTION_INTERFACE", "PARAMS")).flatMap((row) => {
    const exid = text(row, "EXID");
    const isOpen = text(row, "PARAMCLASS") === "T" || abapType(exid) === "STRUCTURE" || abapType(exid) === "TABLE";
    return isOpen && text(row, "TABNAME") !== "" && text(row, "FIELDNAME") === "" ? [text(row, "TABNAME")] : [];
  });
  return [...new Set(names)];
}

async function rowsOf(bytes: Uint8Array, functionName: string, table: string): Promise<readonly Row[]> {
  const answer = await readAnswer(bytes, undefined, functionName);
  if (answer.kind !== "response")
    throw new BridgeError("REPLY_INVALID", `the answer to ${functionName} is a fault`, { detail: answer.text });
  const rows = resultsOf(answer.parameters, undefined, [table])[table];
  if (!Array.isArray(rows))
    throw new BridgeError("REPLY_INVALID", `the answer to ${functionName} has no table ${table}`, {
      hint: `Send the empty tag <${table}/>, or it does not come back.`,
    });
  return rows.filter((row): row is Row => typeof row === "object" && row !== null && !Array.isArray(row));
}

function text(row: Row, name: string): string {
  const value = Object.hasOwn(row, name) ? row[name] : undefined;
  return typeof value === "string" ? value.trim() : "";
}

function number(row: Row, name: string): number {
  return Number(/^\d{1,9}$/u.exec(text(row, name))?.[0] ?? 0);
}

function parameterOf(row: Row, structures: ReadonlyMap<string, readonly object[]>): Readonly<Record<string, unknown>> {
  const direction = text(row, "PARAMCLASS");
  const type = abapType(text(row, "EXID")) ?? (direction === "T" ? "TABLE" : "STRUCTURE");
  const fields = structures.get(text(row, "TABNAME"));
  const words = text(row, "PARAMTEXT");
  const isOpen = direction === "T" || type === "TABLE" || type === "STRUCTURE";
  return {
    name: text(row, "PARAMETER"),
    direction,
    type: direction === "T" ? "TABLE" : type,
    ...(isOpen ? fields && fields.length > 0 && { fields } : sizeOf(type, number(row, "INTLENGTH"), row)),
    ...(text(row, "OPTIONAL") === "X" && { optional: true }),
    ...(words !== "" && { text: words }),
  };
}

/** INTLENGTH counts bytes: a packed number has two digits in each, and its sign in half of the last. */
function sizeOf(type: string, length: number, row: Row): object {
  if (type === "CHAR" || type === "NUMC" || type === "RAW") return { length };
  if (type === "BCD") return { length: length * 2 - 1, decimals: number(row, "DECIMALS") };
  return {};
}

/** LENG counts characters and digits. */
function fieldsOf(rows: readonly Row[]): readonly object[] {
  return rows.map((row) => {
    const type = abapType(text(row, "INTTYPE")) ?? "STRING";
    const length = number(row, "LENG");
    return {
      name: text(row, "FIELDNAME"),
      type,
      ...(["CHAR", "NUMC", "RAW", "BCD"].includes(type) && length > 0 && { length }),
      ...(type === "BCD" && { decimals: number(row, "DECIMALS") }),
    };
  });
}
