// What common codes mean: `Seller` for SE of 3035. A short list for people who read messages; no code is checked against it.

import { shippedNames } from "../../shared/names/names.ts";

const names = shippedNames(new URL("shipped/meanings.txt", import.meta.url));

/** undefined = the short list does not have it. */
export function meaningOf(element: string, code: string): string | undefined {
  return names.meaning(element, code);
}
