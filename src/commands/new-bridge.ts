// The bridge file that `steg new` writes for a service: calls over HTTP on one side, its operations on the other.

import type { JsonSchema, Operation, Value } from "../core/contract.ts";
import { fieldsOf, taken, templateLines, yamlKey } from "./new-template.ts";
import { resolve } from "./new-types.ts";

export interface Plan {
  readonly bridge: string;
  readonly title: string;
  /** Of the WSDL as people gave it, for the first line. */
  readonly source: string;
  /** Below the bridge's folder. */
  readonly wsdl: string;
  /** Where the WSDL says that the service is. */
  readonly addresses: readonly string[];
  readonly calls: readonly PlannedCall[];
}

export interface PlannedCall {
  readonly operation: Operation;
  /** Name of its files, its test and its path. */
  readonly name: string;
  /** `POST /LesePerson` */
  readonly call: string;
  /** Paths below the bridge's folder; undefined = there is nothing to describe. */
  readonly request: string | undefined;
  readonly reply: string | undefined;
}

/** Each operation with a name of its own that files and addresses can have. */
export function plannedCalls(operations: readonly Operation[]): readonly PlannedCall[] {
  const taken = new Set<string>();
  return operations.map((operation) => {
    const plain = operation.name.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 80);
    let name = plain;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${plain}_${count}`;
    taken.add(name.toLowerCase());
    const hasReply = resolve(operation.output, operation.output).schema["type"] !== "null";
    return {
      operation,
      name,
      call: `POST /${name}`,
      request: `schemas/${name}.request.json`,
      reply: hasReply ? `schemas/${name}.reply.json` : undefined,
    };
  });
}

/** Nobody can guess these; without a value `steg check` names each of them. */
const LIFECYCLE = `lifecycle:
  legacy:
    system:        # name and version of the system behind this service
    contact:       # who is asked about it
  owner:
    name:          # the unit that answers for this bridge
    email:         # where it is reached
  reason:          # why the bridge exists
  personalData:    # number in the record of processing (Art. 30 GDPR), or none
  successor:
    title:         # what replaces the bridge
    url:           # where that is, or will be
  plan:
    - by:          # a milestone on the way there: its date
      goal:        # and what is reached then
  started:         # from when the bridge runs, such as 2026-11-01
  deprecated:      # from when its callers are told to leave
  sunset:          # when it ends`;

export function bridgeText(plan: Plan): string {
  const { bridge, title, source, wsdl, calls } = plan;
  return `# Made by steg new from ${commentable(source)}: one call per operation of the service. The formulas take every field over as it is:
# rename what the new side calls otherwise, write a mapping where it differs, delete the cases that nobody needs.
steg: 1
bridge: ${bridge}
title: ${JSON.stringify(title)}

# Nobody can guess what is missing here: steg check names each line until it is filled in.
${LIFECYCLE}

receive:
  # Whoever has a token of the role caller may call; callers: [name] lets in these only.
  rest: {}

cases:
${calls.map(caseText).join("\n")}
deliver:
  soap:
    wsdl: ${wsdl}
    ${endpointLine(plan)}

answer:
  # The service's answer as it came. A template stands here, or in a case, where callers want it otherwise.
  json: = $reply
`;
}

function endpointLine({ bridge, addresses }: Plan): string {
  const [address] = addresses;
  if (address === undefined) return `endpoint: "\${env:${bridge.toUpperCase().replaceAll("-", "_")}_ENDPOINT}"`;
  if (addresses.length === 1) return `endpoint: ${address}`;
  return "# The ports of the WSDL have several addresses, and each is called at its own; endpoint: sends all calls to one.";
}

function caseText({ operation, call, request, reply }: PlannedCall): string {
  const { summary } = operation;
  return [
    `  - call: ${call}`,
    ...(summary === undefined ? [] : [`    summary: ${JSON.stringify(summary.slice(0, 200))}`]),
    ...(request === undefined ? [] : [`    request: { schema: ${request} }`]),
    ...(reply === undefined ? [] : [`    reply: { schema: ${reply} }`]),
    "    map:",
    ...mapLines(operation.input),
    "    deliver:",
    `      soap: { operation: ${yamlKey(operation.name)} }`,
    "",
  ].join("\n");
}

function mapLines(input: JsonSchema): readonly string[] {
  const fields = fieldsOf(input);
  if (fields !== undefined) return ["      json:", ...templateLines(fields).map((line) => `        ${line}`)];
  // Whatever the body is: a text, or an object whose names the contract leaves open.
  return isEmpty(input) ? ["      json: {}"] : ["      json: = $request.body"];
}

function isEmpty(input: JsonSchema): boolean {
  const { schema } = resolve(input, input);
  const names = Object.keys((schema["properties"] as JsonSchema | undefined) ?? {});
  return schema["type"] === "object" && schema["additionalProperties"] === false && names.length === 0;
}

function commentable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, " ").slice(0, 200);
}

/** The input of a mapping's test: the call as a file. */
export function testInput({ call, operation }: PlannedCall): string {
  return json({ call, body: operation.examples?.input ?? {} });
}

/** What the mapping makes of it. */
export function testExpected({ operation }: PlannedCall): string {
  const example = operation.examples?.input ?? {};
  const fields = fieldsOf(operation.input);
  return json(fields === undefined ? example : taken(fields, example));
}

export function schemaText(schema: JsonSchema): string {
  return json(schema);
}

function json(value: Value): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
