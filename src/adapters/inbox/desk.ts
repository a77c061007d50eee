// What the requests of one session share: whose it is, what is open, and what the user may see of the folder.

import type { Attributes } from "../shared/ssh/wire.ts";
import type { Account } from "./account.ts";
import { createHandles, type Handles } from "./handles.ts";
import { nameRefusal } from "./names.ts";
import { denied, failed, noSuchFile } from "./refusal.ts";
import { fileAttributes, folderAttributes, type Listed } from "./replies.ts";
import { keyOf } from "./upload.ts";

export interface Desk {
  readonly account: Account;
  readonly handles: Handles;
  /** What was written over this session, for the log. */
  readonly written: { files: number; bytes: number };
  /** When the session began: the time of folders. */
  readonly begun: number;
  /** The session sees what it wrote itself, whatever its user may see. */
  wrote(name: Buffer): void;
  /** The name of a file that may be there. */
  fileName(path: Buffer): Buffer;
  /** The name of a file that may be written. */
  writableName(path: Buffer): Buffer;
  attributesAt(path: Buffer): Attributes;
  listing(path: Buffer): Listed[];
  /** Throws while the bridge takes nothing. */
  needOpen(): void;
}

/** A session may go on for weeks. */
const MOST_OWN = 10_000;

export const NO_FOLDERS = "there are no folders here: files lie side by side";

export function createDesk(account: Account): Desk {
  const { shelf, paths, rule, writeOnly } = account;
  const own = new Set<string>();
  const begun = Date.now();

  function nameAt(path: Buffer, otherwise: Error): Buffer {
    const place = paths.placeOf(path);
    if (place.kind === "nowhere") throw otherwise;
    if (place.kind !== "file") throw failed("this is a folder");
    return place.name;
  }

  function files(): Listed[] {
    const others = writeOnly ? [] : shelf.all().filter(({ name }) => !own.has(keyOf(name)));
    const mine = [...own].flatMap((key) => shelf.see(Buffer.from(key, "latin1")) ?? []);
    return [...others, ...mine].map((each) => ({ name: each.name, attributes: fileAttributes(each) }));
  }

  return {
    account,
    handles: createHandles(),
    written: { files: 0, bytes: 0 },
    begun,
    wrote(name) {
      own.add(keyOf(name));
      const [oldest] = own;
      if (own.size > MOST_OWN && oldest !== undefined) own.delete(oldest);
    },
    fileName: (path) => nameAt(path, noSuchFile(NO_FOLDERS)),
    writableName(path) {
      const name = nameAt(path, denied(NO_FOLDERS));
      const why = nameRefusal(name);
      if (why !== undefined) throw denied(why);
      if (rule.kindOf(name) === "neither") throw denied(rule.says);
      return name;
    },
    attributesAt(path) {
      const place = paths.placeOf(path);
      if (place.kind === "home" || place.kind === "above") return folderAttributes(begun);
      const seen = place.kind === "file" ? shelf.see(place.name) : undefined;
      if (!seen) throw noSuchFile();
      return fileAttributes(seen);
    },
    listing(path) {
      const place = paths.placeOf(path);
      if (place.kind !== "home" && place.kind !== "above") throw noSuchFile();
      const dots = [".", ".."].map((name) => Buffer.from(name));
      const folders = [...dots, ...(place.kind === "above" ? [place.next] : [])];
      const listed = folders.map((name) => ({ name, attributes: folderAttributes(begun) }));
      return place.kind === "home" ? [...listed, ...files()] : listed;
    },
    needOpen() {
      const why = account.closed();
      if (why !== undefined) throw failed(why);
    },
  };
}
