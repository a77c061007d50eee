// One way of reading a file of EDIFACT, some rounds, in a process of its own: prints the best in MB per second of processor time, all
// threads of the process together, because that says the same whoever else uses the machine. Started by edifact.ts.
//
//   ours     decode.edifact: records by the message's directory, envelopes, structure and elements checked
//   reader   the package edifact as its Reader does it: its parser with its validator, segments as arrays
//   events   the package's parser alone: one event for each component, nothing made of them

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { edifactCodec } from "../src/adapters/edifact/codec.ts";
import { openDirectories } from "../src/adapters/edifact/directory/open.ts";

interface Parser {
  onopensegment(tag: string): void;
  onelement(): void;
  oncomponent(value: string): void;
  encoding(level: string): void;
  write(text: string): void;
  end(): void;
}

const require = createRequire(import.meta.url);

async function ours(file: string): Promise<number> {
  const options = {
    strict: true,
    charset: "declared",
    messages: undefined,
    directory: undefined,
    duplicates: undefined,
  } as const;
  const codec = edifactCodec({ ...options, record: "message", most: 10 << 20 }, openDirectories());
  const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
  let count = 0;
  for await (const { records } of codec.decode(createReadStream(file), context)) {
    for (const record of records) {
      if ("fault" in record) throw record["fault"] as unknown as Error;
      count++;
    }
  }
  return count;
}

async function theirs(file: string, makes: boolean): Promise<number> {
  const Parser = require("edifact/parser.js") as new (validator?: unknown) => Parser;
  const Validator = require("edifact/validator.js") as new () => { define(what: unknown): void };
  const validator = makes ? new Validator() : undefined;
  validator?.define(require("edifact/segments.js"));
  validator?.define(require("edifact/elements.js"));
  const parser = new Parser(validator);
  let count = 0;
  let message: { name: string; elements: string[][] }[] = [];
  parser.encoding("UNOC");
  parser.onopensegment = (name) => {
    if (name === "UNH") {
      count++;
      message = [];
    }
    if (makes) message.push({ name, elements: [] });
  };
  if (makes) parser.onelement = () => void message.at(-1)!.elements.push([]);
  else parser.onelement = () => {};
  if (makes) parser.oncomponent = (value) => void message.at(-1)!.elements.at(-1)!.push(value);
  else parser.oncomponent = () => {};
  for await (const chunk of createReadStream(file, "latin1")) parser.write(chunk as string);
  parser.end();
  return count;
}

const [, , way, file = "", megabytes = "", rounds = "", messages = ""] = process.argv;
let best = 0;
for (let round = 0; round <= Number(rounds); round++) {
  const started = process.cpuUsage();
  const count = way === "ours" ? await ours(file) : await theirs(file, way === "reader");
  if (count !== Number(messages)) throw new Error(`${count} messages were read instead of ${messages}`);
  const { user, system } = process.cpuUsage(started);
  if (round > 0) best = Math.max(best, (Number(megabytes) / (user + system)) * 1e6);
}
process.stdout.write(`${best.toFixed(2)}\n`);
