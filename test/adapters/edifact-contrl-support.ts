// Interchanges of invented firms, answered.

import { createRequire } from "node:module";
import { expect } from "vitest";
import { acknowledger } from "../../src/adapters/edifact/control/acknowledger.ts";
import type { Options as AnswerOptions } from "../../src/adapters/edifact/control/options.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import type { Options } from "../../src/adapters/edifact/options.ts";
import type { EndedDrop } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { decodeAll } from "../conformance/codec.ts";
import { DEFAULTS, edifact } from "./edifact-samples.ts";
import { endedOf } from "./ended-drop.ts";

export interface Answered {
  readonly bodies: readonly Uint8Array[];
  /** Each as text. */
  readonly texts: readonly string[];
  readonly notices: readonly BridgeError[];
}

export interface Question extends Partial<Options> {
  readonly control?: AnswerOptions["control"];
  /** Of the drop: how it ended, when and where. */
  readonly drop?: Partial<EndedDrop>;
}

/** What a bridge answers to a drop of these bytes, or of these files. */
export async function answersTo(
  given: Uint8Array | readonly Uint8Array[],
  { control = true, drop, ...options }: Question = {},
): Promise<Answered> {
  const files = given instanceof Uint8Array ? [given] : given;
  const notices: BridgeError[] = [];
  const by = acknowledger({ control }, { ...DEFAULTS, ...options }, openDirectories());
  const ended = endedOf(files, notices, drop);
  const answers = await by.acknowledge(ended, new AbortController().signal);
  const bodies = answers.map(({ body }) => body);
  return { bodies, texts: bodies.map((body) => Buffer.from(body).toString("latin1")), notices };
}

/** The segments between UNH and UNT. */
export function middle(text: string): readonly string[] {
  const segments = text.split("'");
  return segments.slice(
    segments.findIndex((segment) => segment.startsWith("UNH")) + 1,
    segments.findIndex((segment) => segment.startsWith("UNT")),
  );
}

/** Our own reader takes it strictly, by the shipped CONTRL, and the package reads it. */
export async function isAccepted(body: Uint8Array): Promise<void> {
  const outcome = await decodeAll(edifact({ messages: ["CONTRL"] }), body);
  expect(outcome.messages).toEqual([]);
  expect(outcome.records).toHaveLength(1);
  expect(packageTags(Buffer.from(body).toString("latin1"))).toMatchObject(["UNB", "UNH", "UCI"]);
}

function packageTags(text: string): readonly string[] {
  interface Parser {
    onopensegment(tag: string): void;
    encoding(level: string): void;
    write(text: string): void;
    end(): void;
  }
  const Made = createRequire(import.meta.url)("edifact/parser.js") as new () => Parser;
  const parser = new Made();
  const tags: string[] = [];
  parser.encoding("UNOY");
  parser.onopensegment = (tag) => void tags.push(tag);
  parser.write(text);
  parser.end();
  return tags.slice(0, 3);
}
