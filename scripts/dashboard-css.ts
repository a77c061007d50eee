// sunset/dashboard/kern.css: of KERN's style sheet what the dashboard uses, a few percent of it. Written by `node scripts/dashboard-css.ts`,
// compared by a test, so that a new version of KERN cannot be forgotten here.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const from = fileURLToPath(new URL("../node_modules/@kern-ux/native/dist/kern.css", import.meta.url));
const to = fileURLToPath(new URL("../sunset/dashboard/kern.css", import.meta.url));

/** Classes of KERN that our pages have. */
const USED = new Set([
  "kern-table",
  "kern-table--small",
  "kern-table__head",
  "kern-table__body",
  "kern-table__row",
  "kern-table__header",
  "kern-table__cell",
  "kern-table__header--numeric",
  "kern-table__cell--numeric",
  "kern-btn",
  "kern-btn--primary",
  "kern-btn--secondary",
  "kern-btn--tertiary",
  "kern-label",
  "kern-hint",
  "kern-form-input",
  "kern-form-input__input",
  "kern-form-input__select",
  "kern-form-input__select-wrapper",
  "kern-title",
  "kern-heading-medium",
  "kern-sr-only",
  "kern-error",
]);
const NOTE =
  "/* From KERN (@kern-ux/native 2.7.2, EUPL-1.2, https://kern-ux.de), by scripts/dashboard-css.ts: what the dashboard uses. */\n";

interface Rule {
  readonly head: string;
  readonly body: string;
  readonly inner: readonly Rule[] | undefined;
}

export function dashboardCss(): string {
  const css = readFileSync(from, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const kept = keep(rulesOf(css.replace(/@charset[^;]*;/, "")));
  const used = usedVariables(kept);
  return NOTE + kept.map((rule) => written(rule, used)).join("");
}

/** Blocks of a style sheet; a string or a url may hold braces. */
function rulesOf(css: string): readonly Rule[] {
  const rules: Rule[] = [];
  let at = 0;
  while (at < css.length) {
    const open = indexOutside(css, at, "{");
    if (open === -1) break;
    const head = css.slice(at, open).trim().replaceAll(/\s+/g, " ");
    const close = closing(css, open);
    const body = css.slice(open + 1, close);
    rules.push({ head, body, inner: head.startsWith("@media") ? rulesOf(body) : undefined });
    at = close + 1;
  }
  return rules;
}

function indexOutside(css: string, from: number, sign: string): number {
  let quote = "";
  for (let at = from; at < css.length; at++) {
    const here = css[at] as string;
    if (quote !== "") quote = here === quote ? "" : quote;
    else if (here === '"' || here === "'") quote = here;
    else if (here === sign) return at;
  }
  return -1;
}

function closing(css: string, open: number): number {
  let [depth, quote] = [0, ""];
  for (let at = open; at < css.length; at++) {
    const here = css[at] as string;
    if (quote !== "") quote = here === quote ? "" : quote;
    else if (here === '"' || here === "'") quote = here;
    else if (here === "{") depth += 1;
    else if (here === "}" && --depth === 0) return at;
  }
  throw new Error("the style sheet of KERN ends within a block");
}

function keep(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap((rule): readonly Rule[] => {
    if (rule.inner !== undefined) {
      const inner = keep(rule.inner);
      return inner.length === 0 ? [] : [{ ...rule, inner }];
    }
    if (rule.head.startsWith("@")) return [];
    const heads = selectors(rule.head).filter(isUsed);
    return heads.length === 0 ? [] : [{ ...rule, head: heads.join(", ") }];
  });
}

/** Commas within brackets part nothing. */
function selectors(head: string): readonly string[] {
  let depth = 0;
  const parts = [""];
  for (const sign of head) {
    if (sign === "(" || sign === "[") depth += 1;
    if (sign === ")" || sign === "]") depth -= 1;
    if (sign === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts.map((part) => part.trim());
}

function isUsed(selector: string): boolean {
  const needed = selector.replaceAll(/:(?:not|has|is|where)\([^)]*\)/g, "");
  const has = /:has\(([^)]*)\)/.exec(selector)?.[1] ?? "";
  const classes = [...`${needed} ${has}`.matchAll(/\.([A-Za-z][\w-]*)/g)].map((match) => match[1] as string);
  return classes.every((name) => USED.has(name)) && !/\.(?!kern-)[A-Za-z]/.test(needed);
}

/** Names of variables that some declaration needs, through others. */
function usedVariables(rules: readonly Rule[]): ReadonlySet<string> {
  const definitions = new Map<string, string[]>();
  const used = new Set(OWN_VARIABLES.flatMap((name) => [name]));
  const read = (text: string): string[] => [...text.matchAll(/var\(\s*(--[\w-]+)/g)].map((match) => match[1] as string);
  const visit = (rule: Rule): void => {
    for (const inner of rule.inner ?? []) visit(inner);
    if (rule.inner !== undefined) return;
    for (const { name, value } of declarations(rule.body)) {
      if (name.startsWith("--")) definitions.set(name, [...(definitions.get(name) ?? []), value]);
      else for (const variable of read(value)) used.add(variable);
    }
  };
  for (const rule of rules) visit(rule);
  // A set that grows while it is gone through: also what the added ones need.
  for (const name of used)
    for (const value of definitions.get(name) ?? []) for (const more of read(value)) used.add(more);
  return used;
}

/** What our own style sheet names. */
const OWN_VARIABLES = [
  ...readFileSync(new URL("../sunset/dashboard/steg.css", import.meta.url), "utf8").matchAll(/var\((--kern-[\w-]+)/g),
].map((match) => match[1] as string);

function declarations(body: string): readonly { readonly name: string; readonly value: string }[] {
  const found = [];
  for (let at = 0; at < body.length;) {
    const end = indexOutside(`${body};`, at, ";");
    const text = body.slice(at, end).trim();
    const colon = text.indexOf(":");
    if (colon > 0) found.push({ name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() });
    at = end + 1;
  }
  return found;
}

function written(rule: Rule, used: ReadonlySet<string>): string {
  if (rule.inner !== undefined) {
    const inner = rule.inner.map((one) => written(one, used)).join("");
    return inner === "" ? "" : `${rule.head} {\n${inner}}\n`;
  }
  const kept = declarations(rule.body).filter(({ name }) => !name.startsWith("--") || used.has(name));
  if (kept.length === 0) return "";
  return `${rule.head} { ${kept.map(({ name, value }) => `${name}: ${value.replaceAll(/\s+/g, " ")}`).join("; ")} }\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(to, dashboardCss());
