// What an invoice says, by another way than the bridge's: XPath over UBL and over the ISO 20625 form of a message, and the bare segments.

import { readFileSync } from "node:fs";
import { XmlDocument, type XmlNode } from "libxml2-wasm";
import { parse } from "yaml";
import { splitInterchange } from "../adapters/edifact-split.ts";

const NAMESPACES = {
  i: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
  n: "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
  cac: "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
  cbc: "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
};

/** The texts that each path finds, in their order. */
export function textsAt(xml: string, paths: Readonly<Record<string, string>>): Record<string, string[]> {
  const document = XmlDocument.fromString(xml);
  try {
    const texts = (path: string): string[] => document.find(path, NAMESPACES).map(({ content }: XmlNode) => content);
    return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, texts(path)]));
  } finally {
    document.dispose();
  }
}

const moa = (qualifier: string): string => `S_MOA/C_C516[D_5025='${qualifier}']/D_5004`;
const pri = (qualifier: string): string => `G_SG30/S_PRI/C_C509[D_5125='${qualifier}']`;
const total = (qualifier: string): string => `/M_INVOIC/G_SG52/${moa(qualifier)}`;
const alc = (group: string, kind: string, rest: string): string => `${group}[S_ALC/D_5463='${kind}']/${rest}`;
const SG40 = "/M_INVOIC/G_SG27/G_SG40";

/** Business terms with amounts and quantities, in the ISO 20625 form of INVOIC D.14B. */
export const SOURCE: Readonly<Record<string, string>> = {
  "BT-92": alc("/M_INVOIC/G_SG16", "A", `G_SG20/${moa("204")}`),
  "BT-93": alc("/M_INVOIC/G_SG16", "A", `G_SG20/${moa("25")}`),
  "BT-94": alc("/M_INVOIC/G_SG16", "A", "G_SG19/S_PCD/C_C501/D_5482"),
  "BT-99": alc("/M_INVOIC/G_SG16", "C", `G_SG20/${moa("23")}`),
  "BT-100": alc("/M_INVOIC/G_SG16", "C", `G_SG20/${moa("25")}`),
  "BT-106": total("79"),
  "BT-107": total("260"),
  "BT-108": total("259"),
  "BT-109": total("389"),
  "BT-112": total("388"),
  "BT-113": total("113"),
  "BT-114": total("366"),
  "BT-115": total("9"),
  "BT-116": `/M_INVOIC/G_SG54/${moa("125")}`,
  "BT-117": `/M_INVOIC/G_SG54/${moa("124")}`,
  "BT-118": "/M_INVOIC/G_SG54/S_TAX/D_5305",
  "BT-119": "/M_INVOIC/G_SG54/S_TAX/C_C243/D_5278",
  "BT-126": "/M_INVOIC/G_SG27/S_LIN/D_1082",
  "BT-129": "/M_INVOIC/G_SG27/S_QTY/C_C186[D_6063='47']/D_6060",
  "BT-131": `/M_INVOIC/G_SG27/G_SG28/${moa("203")}`,
  // An official example has the charge's amount with the qualifier of an allowance.
  "BT-136": alc(SG40, "A", `G_SG43/${moa("204")}`),
  "BT-141": alc(SG40, "C", "G_SG43/S_MOA/C_C516[D_5025='23' or D_5025='204']/D_5004"),
  "BT-137, BT-142": `${SG40}/G_SG43/${moa("25")}`,
  "BT-146": `/M_INVOIC/G_SG27/${pri("AAA")}/D_5118`,
  "BT-147": `${SG40}/G_SG43/${moa("509")}`,
  "BT-148": `/M_INVOIC/G_SG27[G_SG40/G_SG43/${moa("509")}]/${pri("AAB")}/D_5118`,
  "BT-149": `/M_INVOIC/G_SG27/${pri("AAA")}/D_5284`,
  "BT-152": "/M_INVOIC/G_SG27/G_SG35/S_TAX/C_C243/D_5278",
  "BT-153": "/M_INVOIC/G_SG27/S_IMD[D_7077='F']/C_C273/D_7008",
};

const ubl = (path: string): string => `/i:Invoice/${path}`;
const total2 = (name: string): string => ubl(`cac:LegalMonetaryTotal/cbc:${name}`);
const charge = (is: boolean, name: string): string => `cac:AllowanceCharge[cbc:ChargeIndicator='${is}']/cbc:${name}`;
const line = (path: string): string => ubl(`cac:InvoiceLine/${path}`);
const breakdown = (path: string): string => ubl(`cac:TaxTotal/cac:TaxSubtotal/${path}`);

/** The same in UBL. */
export const TARGET: Readonly<Record<keyof typeof SOURCE, string>> = {
  "BT-92": ubl(charge(false, "Amount")),
  "BT-93": ubl(charge(false, "BaseAmount")),
  "BT-94": ubl(charge(false, "MultiplierFactorNumeric")),
  "BT-99": ubl(charge(true, "Amount")),
  "BT-100": ubl(charge(true, "BaseAmount")),
  "BT-106": total2("LineExtensionAmount"),
  "BT-107": total2("AllowanceTotalAmount"),
  "BT-108": total2("ChargeTotalAmount"),
  "BT-109": total2("TaxExclusiveAmount"),
  "BT-112": total2("TaxInclusiveAmount"),
  "BT-113": total2("PrepaidAmount"),
  "BT-114": total2("PayableRoundingAmount"),
  "BT-115": total2("PayableAmount"),
  "BT-116": breakdown("cbc:TaxableAmount"),
  "BT-117": breakdown("cbc:TaxAmount"),
  "BT-118": breakdown("cac:TaxCategory/cbc:ID"),
  "BT-119": breakdown("cac:TaxCategory/cbc:Percent"),
  "BT-126": line("cbc:ID"),
  "BT-129": line("cbc:InvoicedQuantity"),
  "BT-131": line("cbc:LineExtensionAmount"),
  "BT-136": line(charge(false, "Amount")),
  "BT-141": line(charge(true, "Amount")),
  "BT-137, BT-142": line("cac:AllowanceCharge/cbc:BaseAmount"),
  "BT-146": line("cac:Price/cbc:PriceAmount"),
  "BT-147": line("cac:Price/cac:AllowanceCharge/cbc:Amount"),
  "BT-148": line("cac:Price/cac:AllowanceCharge/cbc:BaseAmount"),
  "BT-149": line("cac:Price/cbc:BaseQuantity"),
  "BT-152": line("cac:Item/cac:ClassifiedTaxCategory/cbc:Percent"),
  "BT-153": line("cac:Item/cbc:Name"),
};

/** Every amount and price of the first message, sorted: MOA and PRI, whatever they qualify. */
export function amountsOfSegments(text: string): { readonly all: string[]; has(qualifier: string): boolean } {
  const all: string[] = [];
  const qualifiers = new Set<string>();
  for (const { tag, elements } of splitInterchange(text).messages[0]?.segments ?? []) {
    if (tag !== "MOA" && tag !== "PRI") continue;
    const [qualifier = "", value = ""] = elements()[0]?.[0] ?? [];
    qualifiers.add(qualifier);
    // UNA may have said that numbers have a comma.
    all.push(value.replace(",", "."));
  }
  return { all: all.sort(), has: (qualifier) => qualifiers.has(qualifier) };
}

/** Every amount of a UBL document, sorted. */
export function amountsOfUbl(xml: string): string[] {
  return textsAt(xml, { all: "//*[@currencyID]" })["all"]!.sort();
}

/** Elements that a document has, as paths of local names without the root: `InvoiceLine/Item/Name`. */
export function elementPaths(xml: string): Set<string> {
  const paths = new Set<string>();
  const open: string[] = [];
  for (const [, closes, name, empty] of xml.matchAll(/<(\/?)(?:[\w-]+:)?([A-Z][\w-]*)[^<>]*?(\/?)>/g)) {
    if (closes) open.pop();
    else {
      open.push(name!);
      paths.add(open.slice(1).join("/"));
      if (empty) open.pop();
    }
  }
  return paths;
}

type Template = { readonly [name: string]: unknown };

/** What stands in a template, by path; names of a credit note as an invoice has them. */
function leaves(node: unknown, path = ""): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => leaves(item, path));
  if (typeof node !== "object" || node === null) return [`${path} ${String(node).trim()}`];
  return Object.entries(node as Template).flatMap(([key, value]) => leaves(value, `${path}/${asInvoice(key)}`));
}

function asInvoice(name: string): string {
  return name.replace("CreditNote", "Invoice").replace("Credited", "Invoiced");
}

/** The templates of a bridge that writes invoices, and credit notes in its second case. */
export function templatesOf(bridgeFile: string): { readonly invoice: string[]; readonly creditNote: string[] } {
  const file = parse(readFileSync(bridgeFile, "utf8")) as {
    map: { xml: { Invoice: Template } };
    cases: { map?: { xml: { CreditNote: Template } } }[];
  };
  return { invoice: leaves(file.map.xml.Invoice), creditNote: leaves(file.cases[1]!.map!.xml.CreditNote) };
}

/** The Leitweg-ID of every buyer of the examples. */
export const LEITWEG = "04011000-12345-34";

/** The buyers of the examples, by number and name, all with one Leitweg-ID. */
export function leitwegTable(files: readonly string[]): string {
  const keys = new Set<string>();
  for (const file of files) {
    for (const [, id, name] of readFileSync(file, "latin1").matchAll(/NAD\+BY\+([^:+']*)[^']*?\+\+([^+:']*)/g)) {
      keys.add(id === "" ? name! : id!);
    }
  }
  return `KENNUNG;LEITWEG\n${[...keys].map((key) => `"${key}";${LEITWEG}\n`).join("")}`;
}
