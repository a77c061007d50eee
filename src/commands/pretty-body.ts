// A message for people: one tag per line, indented. What goes out is never touched by this.

/** White space is put between tags only, where it has no meaning for data; text stays as it is. */
export function prettyBody(body: string, contentType: string): string {
  if (/json/.test(contentType)) return prettyJson(body);
  if (!/xml/.test(contentType)) return body;
  let depth = 0;
  const lines = body
    .split(/(?<=>)\s*(?=<)/)
    .map((piece) => piece.trim())
    .map((piece) => {
      if (piece.startsWith("</")) depth -= 1;
      const line = "  ".repeat(Math.max(0, depth)) + piece;
      const opens = /^<[^/?!]/.test(piece) && !piece.endsWith("/>") && !piece.includes("</");
      if (opens) depth += 1;
      return line;
    });
  return lines.join("\n");
}

function prettyJson(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
