// One way of reading a file of EDIFACT, some rounds, in a process of its own: prints the best in MB per second of processor time, all
// threads of the process together, because that says the same whoever else uses the machine. Started by edifact.ts.
//
//   ours     decode.edifact: records by the message's directory, envelopes, structure and elements checked
//   records  the same records by the package edifact: its parser with its validator, what it gives matched against the directory
//   matched  the same without its validator: the matching checks elements, too
//   reader   the package as its Reader does it: its parser with its validator, segments as arrays
//   events   the package's parser alone: one event for each component, nothing made of them

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { edifactCodec } from "../src/adapters/edifact/codec.ts";
import { openDirectories } from "../src/adapters/edifact/directory/open.ts";
import { compileMessage } from "../src/adapters/edifact/structure/match.ts";
import type { MessageRun } from "../src/adapters/edifact/structure/types.ts";

interface Parser {
  onopensegment(tag: string): void;
  onelement(): void;
  oncomponent(value: string): void;
  encoding(level: string): void;
  write(text: string): void;
  end(): void;
}

type Way = "ours" | "records" | "matched" | "reader" | "events";

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

function parserOf(validated: boolean): Parser {
  const Made = require("edifact/parser.js") as new (validator?: unknown) => Parser;
  if (!validated) return new Made();
  const Validator = require("edifact/validator.js") as new () => { define(what: unknown): void };
  const validator = new Validator();
  validator.define(require("edifact/segments.js"));
  validator.define(require("edifact/elements.js"));
  return new Made(validator);
}

type Listener = Pick<Parser, "onopensegment" | "onelement" | "oncomponent">;

async function theirs(file: string, way: Exclude<Way, "ours">): Promise<number> {
  const parser = parserOf(way === "reader" || way === "records");
  const { onopensegment, onelement, oncomponent } = LISTENERS[way]();
  let count = 0;
  parser.encoding("UNOC");
  parser.onopensegment = (tag) => {
    if (tag === "UNH") count++;
    onopensegment(tag);
  };
  Object.assign(parser, { onelement, oncomponent });
  for await (const chunk of createReadStream(file, "latin1")) parser.write(chunk as string);
  parser.end();
  return count;
}

const LISTENERS: Readonly<Record<Exclude<Way, "ours">, () => Listener>> = {
  records: matching,
  matched: matching,
  reader: gathering,
  events: () => ({ onopensegment: () => {}, onelement: () => {}, oncomponent: () => {} }),
};

/** Segments as arrays of texts, message by message. */
function gathering(): Listener {
  let message: { readonly name: string; readonly elements: string[][] }[] = [];
  return {
    onopensegment(name) {
      if (name === "UNH") message = [];
      message.push({ name, elements: [] });
    },
    onelement: () => void message.at(-1)!.elements.push([]),
    oncomponent: (value) => void message.at(-1)!.elements.at(-1)!.push(value),
  };
}

/** Makes records of segments as they come: each is whole when the next one begins. */
function matching(): Listener {
  const directories = openDirectories();
  const def = directories.message({ type: "INVOIC", version: "D", release: "96A", agency: "UN", association: "" })!;
  const matcher = compileMessage(def, { syntax: 3, decimal: "." }, (tag) => directories.service(tag, 3));
  const elements: string[][][] = [];
  let run: MessageRun | undefined;
  let last = "";
  let position = 0;
  return {
    onelement: () => void elements.push([[]]),
    oncomponent: (value) => void elements.at(-1)![0]!.push(value),
    onopensegment(tag) {
      run?.take({ tag: last, position: ++position, elements: () => elements });
      if (last === "UNT" && run) {
        const { findings } = run.finish();
        if (findings.length > 0) throw new Error(findings[0]!.message);
        run = undefined;
      }
      if (tag === "UNH") [run, position] = [matcher.begin(), 0];
      elements.length = 0;
      last = tag;
    },
  };
}

const [, , given, file = "", megabytes = "", rounds = "", messages = ""] = process.argv;
const way = given as Way;
let best = 0;
for (let round = 0; round <= Number(rounds); round++) {
  const started = process.cpuUsage();
  const count = way === "ours" ? await ours(file) : await theirs(file, way);
  if (count !== Number(messages)) throw new Error(`${count} messages were read instead of ${messages}`);
  const { user, system } = process.cpuUsage(started);
  if (round > 0) best = Math.max(best, (Number(megabytes) / (user + system)) * 1e6);
}
process.stdout.write(`${best.toFixed(2)}\n`);
