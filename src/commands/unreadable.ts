// Why a file that somebody named on the command line cannot be read, in words.

import { BridgeError } from "../core/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "the rights do not allow it",
  ENOTDIR: "a part of its path is no folder",
};

export function unreadable(path: string, cause: unknown): BridgeError {
  const { code } = cause as { code?: unknown };
  const reason = typeof code === "string" && Object.hasOwn(REASONS, code) ? `: ${REASONS[code]}` : "";
  return new BridgeError("FILE_UNREADABLE", `${path} cannot be read${reason}`, { cause });
}
