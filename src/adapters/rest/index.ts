// receive.rest: a new application calls, as applications call today.

import { adapter, type Known, type Refuse } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { restCalls } from "./calls.ts";
import { restFace } from "./face.ts";
import { options, perCall, type Options } from "./options.ts";
import { parameterOf } from "./parameters.ts";
import { readTemplate } from "./template.ts";

export const rest = adapter<"face", Options>({
  name: "rest",
  role: "face",
  summary: "Takes calls over HTTP with JSON and answers them, described by OpenAPI 3.1.",
  options,
  perCall,
  later: true,
  check: checkRest,
  operations: async (given, files) => restCalls(given, files).map(({ operation }) => operation),
  build: async (given, context) => restFace(restCalls(given, context)),
});

/** What belongs to one call makes sense only where there is one; the cases name the others. */
const OF_ONE_CALL = ["params", "query", "request", "reply", "summary", "description"] as const;

function checkRest(given: Known<Options>, refuse: Refuse): void {
  const { method, path } = given;
  if (path === undefined) {
    for (const option of ["method", ...OF_ONE_CALL] as const) {
      if (given[option] !== undefined)
        refuse(option, "belongs to one call, but there is no path", 'path: "/einwohner/{om}"');
    }
    return;
  }
  if (method === undefined) refuse("path", "needs its method beside it", "method: GET");
  const template = readTemplate(path);
  if (typeof template === "string") refuse("path", template);
  for (const place of ["params", "query"] as const) {
    for (const [name, rules] of Object.entries(given[place] ?? {})) {
      try {
        parameterOf(name, place === "params" ? "path" : "query", rules as Parameters<typeof parameterOf>[2]);
      } catch (cause) {
        if (!(cause instanceof BridgeError)) throw cause;
        refuse(`${place}.${name}`, cause.message, cause.hint);
      }
    }
  }
}
