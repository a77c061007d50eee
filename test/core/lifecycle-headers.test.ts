// Every lifecycle header that is generated, read back by parsers that others wrote: structured fields (RFC 9651), links (RFC 8288).

import { createRequire } from "node:module";
import fc from "fast-check";
import { parseItem } from "structured-headers";
import { expect, it } from "vitest";
import { lifecycleHeaders } from "../../src/core/calls/lifecycle.ts";
import { addDays, takesEffect } from "../../src/core/lifecycle/dates.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { lifecycleOf } from "./lifecycle-fixtures.ts";

interface Link {
  readonly uri: string;
  readonly rel: string;
  readonly type?: string;
}
const links = createRequire(import.meta.url)("http-link-header") as { parse(text: string): { refs: readonly Link[] } };

const zone = fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "UTC");
const date = fc.integer({ min: 0, max: 36_500 }).map((days) => addDays("2000-01-01", days));
/** What a bridge file lets through as an address (block.ts), hostile ones among them. */
const address = fc
  .oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => `https://neu.example/${text}`),
    fc.constantFrom(
      'https://neu.example/a>;rel="x"',
      "https://neu.example/,<b>",
      "javascript:alert(1)",
      "https://[",
      "https://neu.example/\u00e4;rel=x",
    ),
  )
  .filter((text) => /^\S+$/u.test(text));
const successor = fc.option(
  fc.record({
    title: fc.constant("Neues Verfahren"),
    url: fc.option(address, { nil: undefined }),
    guide: fc.option(address, { nil: undefined }),
  }),
  { nil: undefined },
);

/** IMF-fixdate (RFC 9110, section 5.6.7), the only form that may be generated. */
const FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

it("Deprecation, Sunset and Link say what the bridge file says, for parsers of others", () => {
  fc.assert(
    fc.property(zone, date, date, successor, date, (where, deprecated, sunset, next, today) => {
      const lifecycle = lifecycleOf({
        deprecated,
        sunset,
        successor: next && {
          title: next.title,
          ...(next.url !== undefined && { url: next.url }),
          ...(next.guide !== undefined && { guide: next.guide }),
        },
      });
      const headers = lifecycleHeaders(lifecycle, standingOf(lifecycle, where, takesEffect(today, where)), where);

      // RFC 9745, section 2.1: an item that is a date, without parameters.
      const [since, parameters] = parseItem(headers["deprecation"] ?? "");
      expect(since).toEqual(new Date(takesEffect(deprecated, where)));
      expect(parameters.size).toBe(0);

      // RFC 8594, section 3.
      expect(headers["sunset"]).toMatch(FIXDATE);
      expect(Date.parse(headers["sunset"] ?? "")).toBe(takesEffect(sunset, where));

      const found = headers["link"] === undefined ? [] : links.parse(headers["link"]).refs;
      expect(found.map(({ rel, uri, type }) => ({ rel, uri, type }))).toEqual([
        ...expected("successor-version", next?.url, undefined),
        ...expected("deprecation", next?.guide, "text/html"),
        ...expected("sunset", next?.guide, "text/html"),
      ]);
      // What a field value may hold (RFC 9110, section 5.5).
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\u0021-\u007e]+(?: [\u0021-\u007e]+)*$/);
    }),
    { numRuns: 1_000 },
  );
});

/** An address that is none is left out; any other leads to the same place. */
function expected(rel: string, text: string | undefined, type: string | undefined): readonly object[] {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return [];
  return [{ rel, uri: url.href.replaceAll(/[<>"\\^`{|}\s]/g, encodeURIComponent), type }];
}
