// What the reader is told, and where its finds go: messages as they begin and end, what is wrong with an interchange.

import type { MessageName } from "./directory/types.ts";
import type { Group, Interchange } from "./envelope.ts";
import type { EdifactFinding } from "./finding.ts";
import type { MadeMessage } from "./messages.ts";
import type { Segment } from "./segment.ts";
import type { QuickText } from "./structure/types.ts";
import type { Wrapping } from "./wrapping.ts";

/** A message, or a package (UNO … UNP), which stands where a message can. */
export interface OpenMessage {
  readonly header: Segment;
  readonly name: MessageName;
  readonly reference: string;
  readonly group: Group | undefined;
  /** What becomes of its segments; undefined = they are only counted. */
  body: MessageBody | undefined;
  /** Up to and with the last one, kept or not. */
  count: number;
  readonly findings: EdifactFinding[];
  /** Why nothing is kept of it. */
  tooLarge: EdifactFinding | undefined;
}

export interface MessageBody {
  add(segment: Segment): void;
  /**
   * Takes a sound segment from the text itself, whose tag begins at `from`: the index behind its terminator; -1 = it has to be added the
   * other way. Absent = all have.
   */
  addQuick?(text: QuickText, from: number, position: number, offset: number, line: number): number;
  /** All of them are there; `findings` are those of the envelope. */
  finish(findings: readonly EdifactFinding[]): MadeMessage;
}

export interface Sink {
  /** A message begins. */
  begin(message: OpenMessage, interchange: Interchange): MessageBody | undefined;
  /** `end` = byte offset behind it. */
  message(message: OpenMessage, interchange: Interchange, end: number): void;
  /** The interchange is over; the trailer may lack. */
  interchange(interchange: Interchange, trailer: Segment | undefined, end: number): void;
  /** Worth handing over. */
  readonly full: boolean;
  /** UNB has been read. */
  begins?(interchange: Interchange): void;
  /** Hears all that breaks an interchange, and reading goes on; absent = it is thrown, or a notice. undefined = there is no UNB. */
  frame?(finding: EdifactFinding, interchange: Interchange | undefined): void;
}

export interface Reading {
  readonly strict: boolean;
  /** A repertoire's name, or declared. */
  readonly charset: string;
  /** Bytes of a message. */
  readonly most: number;
  /** How the drop's lines are wrapped; undefined = they are not. */
  readonly wrapping: Wrapping | undefined;
}
