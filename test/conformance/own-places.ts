// Tests of a suite whose places are their own and are closed at their end, so that they may run side by side.

import { it } from "vitest";

export type Opened = { close(): Promise<void> }[];
type Body<S> = (start: S) => Promise<void>;

/** Like `it`; each test gets what `starter` makes for it alone. */
export function testsWith<S>(
  starter: (opened: Opened) => S,
): (title: string, ...rest: [body: Body<S>] | [options: { readonly timeout: number }, body: Body<S>]) => void {
  return (title, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    it(title, options, async () => {
      const opened: Opened = [];
      try {
        await body(starter(opened));
      } finally {
        for (const each of opened) await each.close();
      }
    });
  };
}
