// HTML from templates in which every value is escaped, unless it is HTML already.

/** Made by `html` only. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For elements and for attributes in quotes. Characters that HTML cannot hold are left out. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] as string);
}

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // The indentation of the source is nobody's; that of values stays, because it may stand in a pre or a textarea.
  const plain = texts.map((text) => text.replaceAll(/\n\s*/g, "\n"));
  let made = plain[0] as string;
  for (const [index, part] of parts.entries()) made += written(part) + (plain[index + 1] as string);
  return { html: made };
}

function written(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(written).join("");
}
