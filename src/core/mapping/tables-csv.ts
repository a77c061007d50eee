// Tables as CSV (RFC 4180): a header line, `;` or `,`, quotes doubled inside, LF or CR LF. Strict: what is doubtful is refused
// with its line, because a table that was read wrongly makes wrong messages without any error.

/** Says what is wrong and leaves. */
export type RefuseRow = (line: number, what: string) => never;

/** The delimiter of a table: the one of the two that stands in the header outside of quotes; `;` if both do. */
export function delimiterOf(text: string): ";" | "," {
  const header = text.slice(0, headerEnd(text)).replaceAll(/"(?:[^"]|"")*"/g, "");
  return header.includes(";") || !header.includes(",") ? ";" : ",";
}

function headerEnd(text: string): number {
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) quoted = !quoted;
    else if (code === 0x0a && !quoted) return index;
  }
  return text.length;
}

/** Calls `visit` with the cells of each row and the line it begins on, from 1. Empty lines are passed over. */
export function readRows(
  text: string,
  delimiter: ";" | ",",
  refuse: RefuseRow,
  visit: (cells: readonly string[], line: number) => void,
): void {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begins = line;
    const cells: string[] = [];
    let more = true;
    while (more) {
      let cell: string;
      if (text.charCodeAt(at) === 0x22) {
        const end = closingQuote(text, at, () => refuse(begins, "a quote is opened and never closed"));
        cell = text.slice(at + 1, end).replaceAll('""', '"');
        line += countLines(text, at, end);
        at = end + 1;
        if (text.charCodeAt(at) === 0x0d && text.charCodeAt(at + 1) === 0x0a) at += 1;
      } else {
        const end = cellEnd(text, at, delimiter);
        cell = text.slice(
          at,
          text.charCodeAt(end) === 0x0a && text.charCodeAt(end - 1) === 0x0d && end > at ? end - 1 : end,
        );
        at = end;
      }
      cells.push(cell);
      const behind = text[at];
      more = behind === delimiter;
      if (!more && behind !== undefined && behind !== "\n") refuse(line, "text stands behind a closing quote");
      at += 1;
    }
    line += 1;
    if (cells.length > 1 || cells[0] !== "") visit(cells, begins);
  }
}

function cellEnd(text: string, from: number, delimiter: string): number {
  const mark = delimiter.charCodeAt(0);
  let index = from;
  for (; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === mark || code === 0x0a) break;
  }
  return index;
}

function closingQuote(text: string, open: number, unclosed: () => never): number {
  let end = text.indexOf('"', open + 1);
  while (end >= 0 && text.charCodeAt(end + 1) === 0x22) end = text.indexOf('"', end + 2);
  return end < 0 ? unclosed() : end;
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
