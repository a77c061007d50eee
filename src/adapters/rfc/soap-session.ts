// A session of the application server over several HTTP requests. The first request asks for one in its SOAP header
// (soap-request.ts); the answer names it by cookies, sap-contextid and its kin, which the following requests carry.

const MOST_COOKIES = 30;
/** RFC 6265, section 4.1.1: what a cookie may be made of. Anything else could write a second header. */
const PAIR = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,200})=("?[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]{0,3900}"?)$/u;

export interface Session {
  /** Whether the server opened one. */
  readonly isOpen: boolean;
  /** The Cookie header; undefined = none yet. */
  readonly cookie: string | undefined;
  /** Takes what an answer sets; undici gives a text where there is one header of the name. */
  remember(setCookie: string | readonly string[] | undefined): void;
}

export function createSession(): Session {
  const cookies = new Map<string, string>();
  return {
    get isOpen() {
      return cookies.size > 0;
    },
    get cookie() {
      return cookies.size === 0 ? undefined : [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    },
    remember(setCookie = []) {
      for (const text of typeof setCookie === "string" ? [setCookie] : setCookie) {
        const [pair = "", ...attributes] = text.split(";").map((part) => part.trim());
        const [, name, value] = PAIR.exec(pair) ?? [];
        if (name === undefined || value === undefined) continue;
        if (attributes.some((each) => /^max-age=(?:0|-\d+)$/iu.test(each))) cookies.delete(name);
        else if (cookies.size < MOST_COOKIES || cookies.has(name)) cookies.set(name, value);
      }
    },
  };
}
