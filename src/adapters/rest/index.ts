// receive.rest: a new application calls, as applications call today.

import { adapter, type Known, type Refuse } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { bodyKind } from "./body.ts";
import { BODIES, BODILESS, restCalls } from "./calls.ts";
import { restFace } from "./face.ts";
import { options, perCall, type Options } from "./options.ts";
import { parameterOf } from "./parameters.ts";
import { readTemplate, type Template } from "./template.ts";

export const rest = adapter<"face", Options>({
  name: "rest",
  role: "face",
  summary: "Takes calls over HTTP with JSON and answers them, described by OpenAPI 3.1.",
  options,
  perCall,
  later: true,
  check: checkRest,
  operations: async (given, files) => {
    // What is wrong with the options themselves was said by `check`, with its place.
    let wrong = 0;
    checkRest(given, () => (wrong += 1));
    return wrong > 0 ? [] : restCalls(given, files).map(({ operation }) => operation);
  },
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
  else checkNames(template, given, refuse);
  checkBody(given, refuse);
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

function checkNames({ path, segments }: Template, { params }: Known<Options>, refuse: Refuse): void {
  for (const name of Object.keys(params ?? {})) {
    const known = segments.some(({ kind, text }) => kind === "parameter" && text === name);
    if (!known) refuse(`params.${name}`, `names nothing in ${path}`, `path: "${path}/{${name}}", or leave it out`);
  }
}

function checkBody({ method, request }: Known<Options>, refuse: Refuse): void {
  if (!request) return;
  if (method === "GET" || method === "DELETE") refuse("request", `stands there, but ${method} has no body`, BODILESS);
  const type = request.contentType;
  if (type !== undefined && bodyKind(type) === undefined) {
    refuse("request.contentType", `is ${type}, which cannot be read here`, BODIES);
  }
}
