// A sheet for people who asked for one: no record stands behind it, so a sign that the font lacks is replaced and not refused.

import { createHash } from "node:crypto";
import { hasSign } from "./fonts.ts";
import { writePdf } from "./write.ts";

export interface ReportLines {
  readonly title: string;
  readonly lines: readonly { readonly label: string | undefined; readonly value: string }[];
  readonly footer: string;
}

/** PDF; the same lines at the same time give the same bytes. `at`: milliseconds. */
export async function writeReport({ title, lines, footer }: ReportLines, at: number): Promise<Uint8Array> {
  const id = createHash("sha256")
    .update(JSON.stringify([title, lines, footer, at]))
    .digest("hex")
    .slice(0, 32);
  const sheet = {
    title: shown(title),
    lines: lines.map(({ label, value }, index) => ({
      label: label === undefined ? undefined : shown(label),
      value: shown(value),
      path: `/lines/${index}`,
    })),
    footer: shown(footer),
  };
  return await writePdf({ form: undefined, sheet, embed: [], title: sheet.title, received: at, id });
}

function shown(text: string): string {
  const letters = Array.from(text.toWellFormed(), (letter) => (letter === "\n" || hasSign(letter) ? letter : "?"));
  return letters.join("");
}
