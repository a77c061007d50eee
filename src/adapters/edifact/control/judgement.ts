// What became of one interchange, gathered while it is read, and the CONTRL that tells it.
//
// Exactly one of these, from above:
//
//   UCI 4 with an error                    it is broken, came before, or was not taken with the others of its drop
//   UCI 7, UCF 4 for each group            a group is broken, and nothing was taken
//   UCI 7, UCF 7 / UCM 4 for messages      these were refused, the others taken
//   UCI 7                                  all of it was taken

import type { Directories } from "../directory/types.ts";
import type { Group, Interchange } from "../envelope.ts";
import type { EdifactFinding } from "../finding.ts";
import type { OpenMessage } from "../sink.ts";
import { fitted } from "./fitting.ts";
import { answerIn, type Head, headOf, type Lack, type Stamp } from "./head.ts";
import { compose, type Below } from "./compose.ts";
import { ACKNOWLEDGED, actionElements, type Fault, REFUSED, refusalOf, WITH_OTHERS } from "./refusal.ts";
import type { Elements, Writing } from "./writing.ts";

/** Messages of a group, or those outside of groups. */
interface Section {
  /** 0048, S006 and S007; undefined = outside of groups. */
  readonly group: Elements | undefined;
  fault: Fault | undefined;
  /** UCM and what is below it, encoded. */
  readonly refused: Uint8Array[];
  segments: number;
}

/** Bytes that all answers of a drop may still have; it keeps UNT within its six digits, too. */
export interface Room {
  left: number;
}

/** How the bridge decodes. */
export interface Decoding {
  /** As decode has it, or what it detected. */
  readonly charset: string;
  readonly directories: Directories;
  /** `record: interchange`: one bad message costs the others. */
  readonly isWhole: boolean;
}

export class Judgement {
  readonly head: Head;
  /** Why there can be no CONTRL. */
  lack: Lack | "length" | undefined;
  /** It breaks the interchange. */
  fault: Fault | undefined;
  holdsControl = false;

  readonly #decoding: Decoding;
  readonly #room: Room;
  readonly #writing: Writing | undefined;
  readonly #sections: Section[] = [];
  #group: Group | undefined;
  #hasRefused = false;

  constructor(interchange: Interchange, decoding: Decoding, room: Room) {
    this.#decoding = decoding;
    this.#room = room;
    this.head = headOf(interchange);
    const writing = answerIn(interchange, this.head, decoding.charset, decoding.directories);
    this.lack = typeof writing === "string" ? writing : undefined;
    this.#writing = typeof writing === "string" ? undefined : writing;
  }

  /** `refused`: why the message is none; undefined = it is one. */
  add(message: OpenMessage, refused: readonly EdifactFinding[] | undefined): void {
    const section = this.#sectionOf(message.group);
    if (refused) this.#hasRefused = true;
    else if (!this.#decoding.isWhole) return;
    const writing = this.#writing;
    if (!writing || this.lack) return;
    const segments = refusalOf(message, refused ?? [], writing, this.#decoding.directories);
    const bytes = writing.encode(segments.join(""));
    this.#room.left -= bytes.length;
    if (this.#room.left < 0) this.lack = "length";
    section.refused.push(bytes);
    section.segments += segments.length;
  }

  /** It breaks the group. */
  blame(group: Group, fault: Fault): void {
    this.#sectionOf(group).fault ??= fault;
  }

  /** A group is broken. */
  get hasBadGroup(): boolean {
    return this.#sections.some(({ fault }) => fault !== undefined);
  }

  /** `whole`: why nothing of it was taken, where nothing is wrong with itself. undefined = there can be none, and `lack` says why. */
  answer(whole: Fault | undefined, stamp: Stamp): Uint8Array | undefined {
    const writing = this.#writing;
    if (!writing) return undefined;
    const fault = this.fault ?? (this.hasBadGroup ? undefined : whole);
    // Nothing below it has to be told.
    if (fault) return compose(this.head, writing, stamp, REFUSED, fault, []);
    if (this.lack) return undefined;
    const below = this.hasBadGroup ? this.#badGroups(writing) : this.#hasRefused ? this.#refusedMessages(writing) : [];
    return below && compose(this.head, writing, stamp, ACKNOWLEDGED, undefined, below);
  }

  #sectionOf(group: Group | undefined): Section {
    const last = this.#sections.at(-1);
    if (last && group === this.#group) return last;
    this.#group = group;
    const elements = group?.header.elements();
    const composite = (place: number): readonly string[] =>
      (elements?.[place - 1]?.[0] ?? []).map((value) => Buffer.from(value, "utf16le").toString("utf16le"));
    const section: Section = {
      group: group && [composite(5), composite(2), composite(3)],
      fault: undefined,
      refused: [],
      segments: 0,
    };
    this.#sections.push(section);
    this.#room.left -= group ? SECTION_BYTES : 0;
    if (this.#room.left < 0) this.lack ??= "length";
    return section;
  }

  #badGroups(writing: Writing): readonly Below[] {
    return this.#sections.flatMap(({ group, fault }) =>
      group ? [this.#groupResponse(writing, group, REFUSED, fault ?? WITH_OTHERS)] : [],
    );
  }

  /** undefined = they stand in groups and outside of them, and a CONTRL tells of one or the other. */
  #refusedMessages(writing: Writing): readonly Below[] | undefined {
    const told = this.#sections.filter(({ refused }) => refused.length > 0);
    if (new Set(told.map(({ group }) => group === undefined)).size > 1) {
      this.lack = "form";
      return undefined;
    }
    return told.flatMap(({ group, refused, segments }): Below[] => {
      const messages = { bytes: refused, segments };
      return group ? [this.#groupResponse(writing, group, ACKNOWLEDGED, undefined), messages] : [messages];
    });
  }

  #groupResponse(writing: Writing, group: Elements, action: string, fault: Fault | undefined): Below {
    const elements = [...group, ...actionElements(action, fault, writing)];
    const def = this.#decoding.directories.service("UCF", writing.syntax)!;
    return { bytes: [writing.encode(writing.segment("UCF", fitted(def, elements)))], segments: 1 };
  }
}

/** A UCF, whatever it names, and what is remembered for it. */
const SECTION_BYTES = 256;
