// Folders of users that are there from before.

import { readdir } from "node:fs/promises";

export async function otherUsers(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && USER_NAME.test(entry.name)).map(({ name }) => name);
}

/** Also a folder's name, so that it can never lead anywhere else. */
export const USER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/u;
