// probe.http: a figure out of a JSON document of the successor.

import { adapter, type AdapterContext, type Known, type Probe, type Refuse } from "../../core/contract.ts";
import { choice, object, required, text, type Infer } from "../../core/options/shape.ts";
import { askingShapes, checkAsking, failed, figureOf, openAsker } from "../shared/http/asking.ts";

const options = object(
  {
    ...askingShapes,
    pointer: required(
      text("where the figure stands in the answer (RFC 6901)", {
        pattern: /^(?:\/(?:[^~/]|~[01])*)*$/u,
        patternHint: "a JSON pointer such as /anfragen/gesamt",
        example: "/anfragen/gesamt",
        most: 500,
      }),
    ),
    counts: choice(
      ["total", "today"],
      "a counter that only grows (and may begin anew at 0), or what there was since midnight in the bridge's time zone",
      { default: "total" },
    ),
  },
  "A figure in a JSON document",
);
type HttpProbeOptions = NonNullable<Infer<typeof options>>;

export const httpProbe = adapter({
  name: "http",
  role: "probe",
  summary: "Reads a figure out of a JSON document of the successor.",
  options: required(options),
  check: (given: Known<HttpProbeOptions>, refuse: Refuse) => checkAsking(given, refuse),
  build: buildHttpProbe,
});

async function buildHttpProbe(given: HttpProbeOptions, context: AdapterContext): Promise<Probe> {
  const asker = await openAsker(given, context, "probe.http");
  const { pathname, search } = new URL(given.url.trim());
  return {
    reads: given.counts,
    async read(_span, signal) {
      const figure = figureOf(at(await asker.ask(pathname + search, undefined, signal), given.pointer));
      if (figure !== undefined) return figure;
      const place = given.pointer === "" ? "in" : `at ${given.pointer} of`;
      throw failed(`there is no figure from 0 on ${place} what ${asker.shown} answered`);
    },
    close: () => asker.close(),
  };
}

/** RFC 6901, section 4; undefined where there is nothing. */
function at(document: unknown, pointer: string): unknown {
  let found = document;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null) return undefined;
    if (Array.isArray(found) && !/^(?:0|[1-9]\d*)$/u.test(name)) return undefined;
    found = Object.hasOwn(found, name) ? (found as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  return found;
}
