// IDoc-XML: <ORDERS05><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">…</EDI_DC40><E1EDK01 SEGMENT="1">…, segments in segments.
//
// Names stand in the document, so no dictionary is needed; where there is one it says which segments stand there only once.

import type { SaxesTagNS } from "saxes";
import type { Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Records, Tree } from "../shared/xml/picker.ts";
import { CONTROL } from "./control.ts";
import type { Dictionary } from "./dictionary.ts";
import { factsOf, fault, type Node, occurrenceFault, put } from "./document.ts";
import type { Plan } from "./plan.ts";
import { cut } from "./segments.ts";

/** Segments and fields of one IDoc. */
const MOST_ELEMENTS = 1_000_000;

const Element = recordType();

interface Open {
  readonly name: string;
  text: string;
  /** undefined = as far as is known a field. */
  record: OpenRecord | undefined;
}

export function xmlRecords(plan: Plan): Records {
  const any = { local: undefined, uri: undefined };
  return {
    path: [any, { local: "IDOC", uri: undefined }],
    most: plan.most,
    tree: (where) => tree(plan, where),
    lacks: (steps) =>
      steps < 2 ? fault("IDOC_CONTROL", "the document has no element IDOC directly below its root") : undefined,
  };
}

function tree(plan: Plan, where: string): Tree {
  let stack: Open[] = [];
  let elements = 0;
  let problem: BridgeError | undefined;
  let dictionary: Dictionary | undefined;
  let top: OpenRecord = new Element();
  const nodes: Node[] = [];
  // Told if a record comes of it.
  const passed = new Map<string, BridgeError>();

  function fail(cause: BridgeError): void {
    problem ??= cause;
    stack = [];
    nodes.length = 0;
    top = new Element();
  }

  function wrong(message: string, detail?: string): void {
    fail(fault("IDOC_RECORD", `${where}: ${message}`, detail));
  }

  function closeField(parent: Open, { name, text }: Open): void {
    const record = (parent.record ??= new Element());
    if (Object.hasOwn(record, name)) wrong("a segment has the same field twice", name);
    else record[name] = cut(text, 0, text.length, plan.empty);
  }

  function closeSegment(parent: Open, { name, record, text }: Open): void {
    if (/[^ \t\r\n]/.test(text)) {
      wrong("text stands beside the fields of a segment");
      return;
    }
    const container = (parent.record ??= new Element());
    if (stack.length === 1 && !Object.hasOwn(top, CONTROL)) {
      if (name === CONTROL) begin(record!);
      else fail(fault("IDOC_CONTROL", `${where}: the first segment of the IDoc is not EDI_DC40`, name));
      return;
    }
    const segment = dictionary?.typeOf(name);
    const type = segment?.type ?? name;
    const above = stack.length === 1 ? "" : (dictionary?.typeOf(parent.name)?.type ?? parent.name);
    const place = dictionary?.places.get(above)?.get(type);
    if (plan.own && !place) {
      const problem = segment
        ? fault(
            "IDOC_HIERARCHY",
            `${where}: ${type} stands where the dictionary does not have it`,
            undefined,
            undefined,
            factsOf(where),
          )
        : fault(
            "IDOC_SEGMENT_UNKNOWN",
            `${where}: the dictionary does not have one of its segments`,
            name,
            undefined,
            factsOf(where),
          );
      if (plan.strict) {
        fail(problem);
        return;
      }
      if (!passed.has(problem.code)) passed.set(problem.code, problem);
    }
    const node: Node = { type, record: record!, at: 0, order: nodes.length };
    put(container, node, place?.most === 1);
    nodes.push(node);
  }

  function begin(control: OpenRecord): void {
    top[CONTROL] = control;
    const type = control["IDOCTYP"];
    dictionary = plan.dictionaryOf(typeof type === "string" ? type : "");
  }

  return {
    fail,
    open({ local, attributes }: SaxesTagNS) {
      if (problem) return;
      if (++elements > MOST_ELEMENTS) {
        fail(fault("RECORD_TOO_LARGE", `${where}: the IDoc has more than ${MOST_ELEMENTS} segments and fields`));
        return;
      }
      const parent = stack.at(-1);
      if (parent) parent.record ??= new Element();
      // The IDoc itself, and what says so, are segments; others show by what they hold.
      const record = parent ? ("SEGMENT" in attributes ? new Element() : undefined) : top;
      // SAP writes the / of a name space as `_-`.
      stack.push({ name: local.replaceAll("_-", "/"), text: "", record });
    },
    text(text) {
      const open = stack.at(-1);
      if (open) open.text += text;
    },
    close() {
      const open = stack.pop();
      const parent = stack.at(-1);
      if (!open || !parent) return;
      if (open.record) closeSegment(parent, open);
      else closeField(parent, open);
    },
    record(): Rec | BridgeError {
      if (problem) return problem;
      if (!Object.hasOwn(top, CONTROL)) return fault("IDOC_CONTROL", `${where}: the IDoc has no EDI_DC40`);
      const root: Node = { type: "", record: top, at: 0, order: 0 };
      const occurrences = plan.own && dictionary && occurrenceFault(dictionary, [root, ...nodes], () => where);
      if (occurrences && plan.strict) return occurrences;
      if (occurrences) passed.set(occurrences.code, occurrences);
      for (const what of passed.values()) plan.notice?.(what);
      return top;
    },
  };
}
