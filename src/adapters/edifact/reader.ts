// Drives the scanner through a drop and keeps the envelopes: which interchange, group and message a segment belongs to, and whether
// their trailers say what is there. What a message is made into is the business of the sink; without one only the frame is checked.

import type { DecodeContext } from "../../core/contract.ts";
import { AcrossDrops } from "./across-drops.ts";
import type { MessageName } from "./directory/types.ts";
import {
  envelopeFinding,
  headerFindings,
  identityOf,
  type Interchange,
  interchangeOf,
  messageName,
  references,
  senderOf,
  trailerFindings,
} from "./envelope.ts";
import { type EdifactFinding, errorOf, type Place } from "./finding.ts";
import { LINE_BREAK, unreadableHintOf } from "./hints.ts";
import { MOST_SEGMENTS, QuickPath } from "./quick-path.ts";
import { type Found, type Reports, Scanner } from "./scanner.ts";
import { Segment } from "./segment.ts";
import type { OpenMessage, Reading, Sink } from "./sink.ts";
import { Texts } from "./texts.ts";
import type { Window } from "./windows.ts";

export class Reader implements Reports {
  readonly #reading: Reading;
  readonly #context: DecodeContext;
  readonly #sink: Sink | undefined;
  readonly #scanner: Scanner;
  readonly #texts: Texts;
  readonly #quick: QuickPath;
  readonly #seen = references();
  readonly #across: AcrossDrops;
  #interchange: Interchange | undefined;
  #message: OpenMessage | undefined;
  /** The last one, as long as its UNP has not come. */
  #uno: Segment | undefined;
  #done = false;

  constructor(reading: Reading, context: DecodeContext, sink: Sink | undefined) {
    this.#reading = reading;
    this.#context = context;
    this.#sink = sink;
    this.#scanner = new Scanner(this, reading.most, reading.wrapping);
    this.#across = new AcrossDrops(context);
    this.#texts = new Texts(this, reading.charset);
    this.#quick = new QuickPath(this.#scanner, this.#texts, reading.most);
  }

  /** True = the sink is full, call again with the same window; false = the next one is needed. */
  read(window: Window): boolean {
    const scanner = this.#scanner;
    scanner.show(window);
    this.#texts.show(window);
    let at = window.consumed;
    let isFull = false;
    while (!isFull && !this.#done) {
      at = this.#quick.takeAll(this.#message, at, window);
      const found = scanner.next(at);
      at = scanner.behind;
      if (found === "more") break;
      this.#take(found);
      isFull = this.#sink?.full === true;
    }
    scanner.letGo(at);
    window.consumed = at;
    return isFull;
  }

  #take(found: Found): void {
    if (found === "segment") this.#segment();
    else if (found === "object") this.#object();
    else if (found === "headless") this.#beginWithout();
    else {
      this.#abandon(found === "end" ? "the drop ends" : "another interchange begins");
      this.#done = found === "end";
    }
  }

  // ── segments ──────────────────────────────────────────────────────────────────────────────────────────────────

  #segment(): void {
    const { tag } = this.#scanner;
    const message = this.#message;
    // UN. are the segments of the envelope; UNS is none of them.
    if (tag.charCodeAt(0) === 85 && tag.charCodeAt(1) === 78 && tag !== "UNS") this.#serviceSegment(tag);
    else if (message) this.#add(message);
    else if (!tag.startsWith("US")) this.#stray();
    // Security segments of syntax 4 stand around messages, too.
    else this.notice(envelopeFinding("UCI", "18", this.#made(0), "a security segment, which is not looked at"));
  }

  #serviceSegment(tag: string): void {
    switch (tag) {
      case "UNB":
        return this.#begin();
      case "UNZ":
        return this.#end();
      case "UNG":
        return this.#beginGroup();
      case "UNE":
        return this.#endGroup();
      case "UNH":
        return this.#beginMessage();
      case "UNT":
        return this.#endMessage();
      case "UNO":
        return this.#announce();
      case "UNP":
        return this.#endPackage();
      default:
        if (this.#message) this.#add(this.#message);
        else this.#stray();
    }
  }

  /** Outside of messages there are service segments only. */
  #stray(): void {
    this.frame(envelopeFinding("UCI", "33", this.#made(0), "a segment stands outside of a message"));
  }

  /** The segment that was found, with its real characters. */
  #made(position: number): Segment {
    const { tag, kinds, offset, line } = this.#scanner;
    const { text, from, to } = this.#texts.of(this.#scanner, position);
    return new Segment(tag, position, text, from, to, kinds, offset, line);
  }

  #add(message: OpenMessage): Segment | undefined {
    const position = ++message.count;
    if (!this.#sink || message.tooLarge) return undefined;
    const { tag, offset, end, line } = this.#scanner;
    const limit = this.#passed(position, end - message.header.offset);
    if (limit !== undefined) {
      const finding = envelopeFinding(
        "UCM",
        "18",
        { tag, position, offset, line },
        `the message is longer than ${limit}`,
      );
      message.tooLarge = { ...finding, code: "RECORD_TOO_LARGE" };
      message.body = undefined;
    }
    if (!message.body) return undefined;
    const segment = this.#made(position);
    this.#quick.into(message.body, segment);
    if (tag === "") {
      const finding = envelopeFinding("UCS", "15", segment, "there is no segment tag");
      message.findings.push({ ...finding, code: "EDIFACT_STRUCTURE" });
    }
    return segment;
  }

  /** The limit of a message that so many segments and bytes are beyond. */
  #passed(segments: number, bytes: number): string | undefined {
    if (segments > MOST_SEGMENTS) return `${MOST_SEGMENTS} segments`;
    return bytes > this.#reading.most ? `${this.#reading.most} bytes` : undefined;
  }

  // ── interchange ───────────────────────────────────────────────────────────────────────────────────────────────

  #begin(): void {
    if (this.#interchange) this.#abandon("another interchange begins");
    const scanner = this.#scanner;
    const raw = new Segment(
      "UNB",
      0,
      scanner.text,
      scanner.from,
      scanner.to,
      scanner.kinds,
      scanner.offset,
      scanner.line,
    );
    const interchange = interchangeOf(raw);
    const { service } = scanner;
    const repeats = interchange.syntax === 4 || (interchange.declared === undefined && interchange.syntax > 0);
    scanner.repeatAt(repeats ? (scanner.hasUna ? service.repetition : "*") : undefined);
    // In syntax 1 to 3 a comma is the default; UNA may say that it is the point.
    interchange.decimal = scanner.hasUna ? service.decimal : ".,";
    this.#texts.enter(interchange, scanner.service);
    Object.assign(interchange, { service: scanner.service, hasUna: scanner.hasUna });
    this.#interchange = { ...interchange, header: this.#made(0) };
    this.#sink?.begins?.(this.#interchange);
    for (const finding of headerFindings(interchange, this.#reading.charset !== "declared")) this.frame(finding);
    if (this.#seen.isTwice(identityOf(this.#interchange.header))) {
      this.frame(
        envelopeFinding("UCI", "26", raw, "an interchange of this sender, recipient and reference came before", 6),
      );
    }
    this.#context.sender?.(senderOf(this.#interchange.header));
    if (!this.#sink) this.#across.take(this.#interchange.header);
  }

  /** Messages without an interchange around them: nothing is known of it. */
  #beginWithout(): void {
    const { kinds, offset, line } = this.#scanner;
    this.#interchange = interchangeOf(new Segment("UNB", 0, "UNB", 0, 3, kinds, offset, line));
    this.#texts.enter(this.#interchange, this.#scanner.service);
  }

  #end(): void {
    const interchange = this.#interchange!;
    const trailer = this.#made(0);
    this.#closeMessage("the interchange ends");
    if (interchange.group) this.#closeGroup(trailer, undefined);
    const { groups, messages, reference } = interchange;
    if (messages === 0) {
      this.frame(envelopeFinding("UCI", "32", trailer, "the interchange holds no message"));
    }
    const [counted, of] = groups > 0 ? [groups, "groups"] : [messages, "messages"];
    for (const finding of trailerFindings("UCI", trailer, counted, reference, of)) this.frame(finding);
    this.#sink?.interchange(interchange, trailer, this.#scanner.end);
    this.#interchange = undefined;
    this.#scanner.leave();
  }

  /** The drop or another interchange comes where UNZ is expected. */
  #abandon(what: string): void {
    const interchange = this.#interchange;
    if (!interchange) return;
    this.#closeMessage(what);
    const finding = envelopeFinding("UCI", "13", interchange.header, "");
    const at = { ...this.#scanner.place(), tag: "UNZ" };
    this.frame({ ...finding, at, what: `${what}, expected the trailer UNZ of the interchange` });
    this.#sink?.interchange(interchange, undefined, this.#scanner.offset);
    this.#interchange = undefined;
  }

  // ── groups ────────────────────────────────────────────────────────────────────────────────────────────────────

  #beginGroup(): void {
    const interchange = this.#interchange!;
    this.#closeMessage("a group begins");
    const header = this.#made(0);
    if (interchange.group) this.#closeGroup(header, undefined);
    const reference = header.component(5, 1);
    interchange.groups++;
    interchange.group = { header, reference, messages: 0 };
    if (interchange.bare > 0) this.#mixed(header);
    if (interchange.seen.isTwice(`UNG ${reference}`)) {
      this.frame(envelopeFinding("UCF", "26", header, "a group of this reference came before", 6));
    }
  }

  #endGroup(): void {
    const trailer = this.#made(0);
    this.#closeMessage("the group ends");
    this.#closeGroup(trailer, trailer);
  }

  #closeGroup(at: Segment, trailer: Segment | undefined): void {
    const interchange = this.#interchange!;
    const { group } = interchange;
    if (!group) {
      this.frame(envelopeFinding("UCI", "33", at, "the trailer of a group, but none is open"));
    } else if (!trailer) {
      this.frame(envelopeFinding("UCF", "13", at, "expected the trailer UNE of the group first"));
    } else {
      if (group.messages === 0) this.frame(envelopeFinding("UCF", "32", at, "the group holds no message"));
      const { messages, reference } = group;
      for (const finding of trailerFindings("UCF", trailer, messages, reference, "messages")) this.frame(finding);
    }
    interchange.group = undefined;
  }

  #mixed(at: Segment): void {
    this.frame(envelopeFinding("UCI", "30", at, "messages stand in groups and outside of them"));
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────

  #beginMessage(): void {
    this.#closeMessage("another message begins");
    const header = this.#made(1);
    this.#open(header, messageName(header), header.component(1, 1));
  }

  #open(header: Segment, name: MessageName, reference: string): void {
    const interchange = this.#interchange!;
    const { group } = interchange;
    interchange.messages++;
    if (group) group.messages++;
    else if (interchange.bare++ === 0 && interchange.groups > 0) this.#mixed(header);
    const message: OpenMessage = {
      header,
      name,
      reference,
      group,
      body: undefined,
      count: 1,
      findings: [],
      tooLarge: undefined,
    };
    this.#message = message;
    message.body = this.#sink?.begin(message, interchange);
    if (message.body) this.#quick.into(message.body, header);
    if (reference === "") message.findings.push(envelopeFinding("UCM", "13", header, "the reference is missing", 2));
    else if (interchange.seen.isTwice(`${header.tag} ${group?.reference ?? ""} ${reference} ${name.type}`)) {
      message.findings.push(envelopeFinding("UCM", "26", header, "a message of this reference came before", 2));
    }
  }

  #endMessage(): void {
    const message = this.#message;
    if (message?.header.tag !== "UNH") return this.#stray();
    const trailer = this.#add(message) ?? this.#made(message.count);
    message.findings.push(...trailerFindings("UCM", trailer, message.count, message.reference, "segments"));
    this.#finish(message, this.#scanner.end);
  }

  /** Another header or trailer comes where UNT is expected. */
  #closeMessage(what: string): void {
    const message = this.#message;
    if (!message) return;
    const { offset, line } = this.#scanner;
    const at: Place = { tag: "UNT", position: message.count, offset, line };
    const finding = envelopeFinding("UCM", "13", message.header, "");
    const trailer = message.header.tag === "UNH" ? "UNT of the message" : "UNP of the package";
    message.findings.push({ ...finding, at, what: `${what}, expected the trailer ${trailer}` });
    this.#finish(message, offset);
  }

  #finish(message: OpenMessage, end: number): void {
    this.#message = undefined;
    this.#sink?.message(message, this.#interchange!, end);
  }

  // ── packages and objects ──────────────────────────────────────────────────────────────────────────────────────

  /** UNO stands in a message, or in the place of one; so many bytes behind it are an object. */
  #announce(): void {
    const inside = this.#message?.header.tag === "UNH" ? this.#message : undefined;
    if (!inside) this.#closeMessage("a package begins");
    const segment = inside ? (this.#add(inside) ?? this.#made(inside.count)) : this.#made(1);
    const length = segment.component(4, 1);
    if (!/^[0-9]{1,10}$/.test(length)) {
      this.unreadable(
        envelopeFinding("UCI", "12", segment, "the length of the object is no number, so its end is not known", 5, 1),
      );
    }
    if (!inside) {
      const name = { type: "UNO", version: "", release: "", agency: "", association: "" };
      this.#open(segment, name, segment.component(1, 1));
    }
    this.#uno = segment;
    this.#scanner.announce(Number(length));
  }

  #object(): void {
    if (this.#uno) this.#uno.object = this.#scanner.object;
  }

  #endPackage(): void {
    const message = this.#message;
    if (!message) return this.#stray();
    const opener = this.#uno;
    this.#uno = undefined;
    const trailer = this.#add(message) ?? this.#made(message.count);
    if (opener) {
      const [length, reference] = [Number(opener.component(4, 1)), opener.component(1, 1)];
      message.findings.push(...trailerFindings("UCM", trailer, length, reference, "bytes"));
    }
    if (message.header.tag === "UNO") this.#finish(message, this.#scanner.end);
  }

  // ── what is wrong ─────────────────────────────────────────────────────────────────────────────────────────────

  notice(finding: EdifactFinding): void {
    if (this.#sink) this.#context.notice?.(errorOf(finding));
  }

  frame(finding: EdifactFinding): void {
    if (this.#sink?.frame) this.#sink.frame(finding, this.#interchange);
    else if (this.#reading.strict) throw errorOf(finding);
    else this.notice(finding);
  }

  unreadable(finding: EdifactFinding): never {
    throw errorOf({ ...finding, hint: unreadableHintOf(finding) });
  }

  /** Of the message that is open, else of the interchange. */
  inSegment(finding: EdifactFinding): void {
    if (this.#message) this.#message.findings.push(finding);
    else this.frame({ ...finding, level: "UCI" });
  }

  layout(at: Place): void {
    this.#odd(at, { code: "EDIFACT_BROKEN", error0085: "18", what: "blanks stand in front of the segment" });
  }

  broken(at: Place): void {
    const what = "there is a line break inside of the segment";
    this.#odd(at, { code: "EDIFACT_CHARACTER", error0085: "21", what, hint: LINE_BREAK, why: "lineBreak" });
  }

  #odd(at: Place, found: Pick<EdifactFinding, "code" | "error0085" | "what" | "hint" | "why">): void {
    const position = this.#message ? this.#message.count + 1 : 0;
    this.inSegment({ ...found, level: "UCS", at: { ...at, position }, element: 0, component: 0 });
  }
}
