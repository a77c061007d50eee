// Follows a path of keys through a document to the records: `data.items` is the array (or the one object) under the key
// items of the object under the key data of the document.

import { BridgeError } from "../../core/errors.ts";
import type { Scanner, Token } from "../shared/json/scanner.ts";

export interface Finder {
  /** Depth of the containers around a record; -1 = not among the records. */
  readonly base: number;
  /** Whether the token (outside any record) begins one. Throws RECORD_NOT_FOUND, JSON_KEY_DUPLICATE. */
  record(token: Token, scan: Scanner, text: string): boolean;
  /** A record has ended. */
  ended(): void;
  /** The document has ended. Throws RECORD_NOT_FOUND where no records were found. */
  finish(): void;
}

export function finder(path: readonly string[]): Finder {
  // How many steps of the path lead to the innermost object that is on it; its keys stand at this depth.
  let level = 0;
  // The next value is on the path: the document itself at first, then the value of a key that was looked for.
  let pending = true;
  let found = false;
  let single = false;
  const seen = new Set<number>();
  const where = path.length === 0 ? "the document" : `the value at ${path.join(".")}`;

  function onKey(scan: Scanner, text: string): void {
    if (scan.depth !== level || level === 0) return;
    if (JSON.parse(text.slice(scan.start, scan.end)) !== path[level - 1]) return;
    if (seen.has(level)) {
      throw new BridgeError("JSON_KEY_DUPLICATE", `the key ${path.slice(0, level).join(".")} stands there twice`, {
        stage: "decode",
      });
    }
    seen.add(level);
    pending = true;
  }

  function onValue(token: Token, scan: Scanner): boolean {
    pending = false;
    const isObject = token === "begin" && !scan.inArray;
    if (level < path.length) {
      if (!isObject) throw notFound(`${path.slice(0, level).join(".") || "the document"} is no object`);
      level++;
      return false;
    }
    if (token === "scalar") throw notFound(`${where} is neither an array nor an object`);
    found = true;
    single = isObject;
    self.base = isObject ? scan.depth - 1 : scan.depth;
    return isObject;
  }

  const self = {
    base: -1,
    record(token: Token, scan: Scanner, text: string): boolean {
      if (self.base >= 0) {
        if (token !== "end") return true;
        self.base = -1;
        level = Math.min(level, scan.depth);
        return false;
      }
      if (token === "key") onKey(scan, text);
      else if (token === "end") level = Math.min(level, scan.depth);
      else if (pending) return onValue(token, scan);
      return false;
    },
    ended(): void {
      if (single) self.base = -1;
    },
    finish(): void {
      if (!found) throw notFound(`there is no ${path.join(".")}`);
    },
  };
  return self;
}

function notFound(message: string): BridgeError {
  return new BridgeError("RECORD_NOT_FOUND", `${message}; expected an array of records or one object`, {
    stage: "decode",
  });
}
