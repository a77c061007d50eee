// Faults of SOAP 1.1 (4.4) and 1.2 (part 1, 5.4) in one form. Code is the local name, `Client.NichtGefunden`; of SOAP 1.2
// the code and its subcodes, `Sender.NichtGefunden`. Details are read by their types where the WSDL declares them.

import type { SaxesTagNS } from "saxes";
import type { Value } from "../../core/contract.ts";
import { openKey } from "./value/open-content.ts";
import type { Plans } from "./value/plan.ts";
import { type Reading, readElement, type ResolvePrefix } from "./value/read.ts";
import type { SoapVersion } from "./wsdl/names.ts";

export interface Fault {
  /** Local names without prefix, joined by dots. */
  readonly code: string;
  readonly text: string;
  /** By the name of the element in it: `detail.PersonNichtGefunden`; a text where there are none. */
  readonly detail: Value;
  /** Who is to blame: Client (1.1), Sender (1.2); else the server. */
  readonly sender: boolean;
}

const TEXT_LIMIT = 16 * 1024;

/** Codes are for comparing, so they are names and nothing else. */
function codeName(text: string): string {
  return (text.trim().split(":").at(-1) ?? "").replaceAll(/[^\p{L}\p{N}_.-]/gu, "").slice(0, 200);
}

export function readFault(
  plans: Plans,
  version: SoapVersion,
  resolve: ResolvePrefix,
  found: (fault: Fault) => void,
): Reading {
  const path: string[] = [];
  const texts = new Map<string, string>();
  const codes: string[] = [];
  const detail: { [name: string]: Value } = Object.create(null) as { [name: string]: Value };
  let detailText = "";
  let inner: { readonly key: string; readonly reading: Reading } | undefined;
  let done = false;
  // SOAP 1.1 has its elements without namespace, but some services write the envelope's; both are taken.
  const detailName = version === "1.1" ? "detail" : "Detail";

  return {
    open(tag: SaxesTagNS) {
      if (inner !== undefined) return inner.reading.open(tag);
      if (path.length === 2 && path[1] === detailName) {
        const plan = plans.element({ namespace: tag.uri, local: tag.local });
        const key = plan === undefined && tag.uri !== "" ? openKey(tag.uri, tag.local) : tag.local;
        inner = { key, reading: readElement(plans, plan, { resolve }) };
        return inner.reading.open(tag);
      }
      path.push(tag.local);
      return undefined;
    },
    text(text) {
      if (inner !== undefined) return inner.reading.text(text);
      if (path.length === 2 && path[1] === detailName) detailText = (detailText + text).slice(0, TEXT_LIMIT);
      else {
        const at = path.slice(1).join("/");
        texts.set(at, ((texts.get(at) ?? "") + text).slice(0, TEXT_LIMIT));
      }
      return undefined;
    },
    close() {
      if (inner !== undefined) {
        inner.reading.close();
        if (inner.reading.done) {
          detail[inner.key] = inner.reading.value;
          inner = undefined;
        }
        return;
      }
      const at = path.slice(1).join("/");
      if (/^Code(?:\/Subcode)*\/Value$/.test(at)) codes.push(codeName(texts.get(at) ?? ""));
      path.pop();
      if (path.length > 0) return;
      done = true;
      found(assembled());
    },
    get done() {
      return done;
    },
    value: undefined,
  };

  function assembled(): Fault {
    const isOld = version === "1.1";
    const code = isOld ? codeName(texts.get("faultcode") ?? "") : codes.filter((it) => it !== "").join(".");
    const text = (isOld ? texts.get("faultstring") : texts.get("Reason/Text")) ?? "";
    const blank = !/\S/.test(detailText);
    const entries = Object.keys(detail).length;
    return {
      code: code === "" ? "Server" : code,
      text: text.trim(),
      detail: entries > 0 ? detail : blank ? undefined : detailText,
      sender: /^(?:Client|Sender)(?:\.|$)/.test(code),
    };
  }
}
