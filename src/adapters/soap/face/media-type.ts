// A media type with its parameters (RFC 9110, section 8.3.1), read forward: what a peer sends never makes it slow.

export interface MediaType {
  /** Lower-case, `text/xml`. */
  readonly type: string;
  /** Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
}

const LONGEST = 4_096;
const PARAMETER = /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?/uy;

/** undefined where it is none. */
export function mediaTypeOf(header: string | undefined): MediaType | undefined {
  if (header === undefined || header.length > LONGEST) return undefined;
  const head = /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)/u.exec(header);
  if (head?.[1] === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = head[0].length;
  while (at < header.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    if (match === null)
      return /^[ \t]*$/u.test(header.slice(at)) ? { type: head[1].toLowerCase(), parameters } : undefined;
    at = PARAMETER.lastIndex;
    const name = match[1]?.toLowerCase();
    if (name === undefined) continue;
    // Which of two would count is a question that attackers ask.
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2]?.replace(/\\(.)/gu, "$1") ?? match[3] ?? "");
  }
  return { type: head[1].toLowerCase(), parameters };
}
