// The first start makes an operator token: shown once where there is a terminal, else in a file that only its owner can
// read. Never in a log.

import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenBook } from "../core/operations/tokens.ts";
import type { Settings } from "../core/settings.ts";
import type { Program } from "./command.ts";

const NAME = "operator";
const FILE = "operator-token";

export async function firstToken(tokens: TokenBook, settings: Settings, program: Program): Promise<void> {
  if (!(await tokens.untouched())) return;
  const { console } = program;
  const { token } = await tokens.create({ name: NAME, role: "operator", actor: "system", now: Date.now() });
  if (console.err.tty) {
    console.note(`Operator token, shown this once: ${token}`);
    return;
  }
  const path = join(settings.state, FILE);
  try {
    // Whoever waits for the file finds a whole token in it.
    const part = `${path}.part`;
    await rm(part, { force: true });
    await writeFile(part, `${token}\n`, { mode: 0o600, flag: "wx" });
    await rename(part, path);
  } catch (cause) {
    // A token nobody can read is no token: the next start makes another.
    await tokens.revoke({ name: NAME, actor: "system", now: Date.now() });
    throw cause;
  }
}
