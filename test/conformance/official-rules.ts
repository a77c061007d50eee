// The rules of EN 16931 and XRechnung as their publishers give them. They are not ours to ship: whoever has them names the folder in
// OFFICIAL_RULES (docs/schematron.md says what lies where in it).

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openRules, type OpenedRules } from "../../src/core/validation/schematron/open.ts";
import { runRules } from "../../src/core/validation/schematron/run-rules.ts";
import { readTree } from "../../src/core/validation/xpath/read-tree.ts";
import { sharedData } from "../shared-data.ts";

const folder = process.env["OFFICIAL_RULES"] ?? sharedData("");
/** The folder `schematron` of eInvoicing-EN16931, by syntax, with the stylesheet of the publisher in it. */
const EN16931 = join(folder, "en16931/schematron");
/** What a release of xrechnung-schematron has. */
const XRECHNUNG = join(folder, "xrechnung/schematron");
export const INVOICES = sharedData("xrechnung/business-cases");

const lacking = [EN16931, XRECHNUNG, INVOICES].find((path) => !existsSync(path));
/** Why they cannot be used; undefined = they can. */
export const noOfficialRules: string | undefined = lacking === undefined ? undefined : `there is no ${lacking}`;

/** What no invoice needs. */
export const BUDGET = 50_000_000;

export type Syntax = "ubl" | "cii";

export function stylesheetOf(syntax: Syntax): string {
  return join(EN16931, syntax, `EN16931-${syntax.toUpperCase()}-validation.xslt`);
}

function open(dir: string, schema: string): OpenedRules {
  return openRules({ source: { schema, bridgeDir: dir, catalogDir: undefined }, phase: undefined, levels: new Map() });
}

export function openEn16931(syntax: Syntax): OpenedRules {
  return open(join(EN16931, syntax), `EN16931-${syntax.toUpperCase()}-validation.sch`);
}

export function openXRechnung(syntax: Syntax): OpenedRules {
  return open(XRECHNUNG, `${syntax}/XRechnung-${syntax.toUpperCase()}-validation.sch`);
}

/** `error BR-02` for each finding. */
export function broken(rules: OpenedRules, xml: string): readonly string[] {
  return runRules(rules, readTree(xml), BUDGET).map(({ rule = "", level = "" }) => `${level} ${rule}`);
}
