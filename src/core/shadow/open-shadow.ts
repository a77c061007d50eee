// The shadow of a bridge that runs; undefined where its file has none.

import type { AdapterContext, Log } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import { createShadow, type Shadow } from "./shadow.ts";
import { createShadowBook } from "./shadow-book.ts";

export async function openShadow(
  { name, shadow: section, timezone }: LoadedBridge,
  context: AdapterContext,
  journal: Pick<Journal, "get" | "set">,
  log: Log,
): Promise<Shadow | undefined> {
  if (!section) return undefined;
  const target = await section.target.build(context);
  const book = createShadowBook(journal, name);
  return createShadow({
    section,
    target,
    book,
    timezone,
    log: (level, event, fields) => log(level, event, { bridge: name, ...fields }),
  });
}
