// answer.edifact: one invented interchange for each thing that can be wrong, and the CONTRL that tells it.

import { describe, expect, it } from "vitest";
import { answersTo, isAccepted, middle, type Question } from "./edifact-contrl-support.ts";
import { interchange, order, UNB } from "./edifact-samples.ts";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const UCI = "UCI+REF1+4000001000005:14+4000002000004:14";
const group = (reference: string, ...messages: readonly string[]): string =>
  `UNG+ORDERS+A+B:ZZ+261101:1200+${reference}+UN+D:96A'${messages.join("")}UNE+${messages.length}+${reference}'`;
const grouped = (groups: readonly string[]): string => `${UNB}${groups.join("")}UNZ+${groups.length}+REF1'`;
const UCF = (reference: string): string => `UCF+${reference}+A+B:ZZ`;
const UCM = (number: number): string => `UCM+${number}+ORDERS:D:96A:UN`;
/** The second of two orders, changed. */
const second = (from: string, to: string): string => interchange(order(1), order(2).replace(from, to));
const package4 = (length: number): string =>
  `UNB+UNOC:4+4000001000005:14+4000002000004:14+20261101:1200+REF1'UNO+P1+AAA:1+1:X+3'abcUNP+${length}+P1'UNZ+1+REF1'`;

interface Case {
  readonly name: string;
  readonly text: string;
  readonly expected: readonly string[];
  readonly question?: Question;
}

const CASES: readonly Case[] = [
  { name: "nothing is wrong", text: interchange(order(1), order(2)), expected: [`${UCI}+7`] },
  // interchange
  { name: "syntax version", text: interchange(order(1)).replace("UNOC:3", "UNOC:7"), expected: [`${UCI}+4+2+UNB+2:2`] },
  {
    name: "repertoire, syntax 3",
    text: interchange(order(1)).replace("UNOC:3", "UNOZ:3"),
    expected: [`${UCI}+4+2+UNB+2:1`],
  },
  {
    name: "repertoire, syntax 4",
    text: interchange(order(1)).replace("UNOC:3", "UNOZ:4"),
    expected: [`${UCI}+4+46+UNB+2:1`],
  },
  {
    name: "a character in UNB",
    text: interchange(order(1)).replace("+REF1'", "+REF1+++*\u00fc'").replace("UNOC", "UNOA"),
    expected: [`${UCI}+4+21+UNB+9:1`],
  },
  {
    name: "a segment outside",
    text: interchange(order(1), "FTX+AAI+++x'").replace("UNZ+2", "UNZ+1"),
    expected: [`${UCI}+4+33`],
  },
  { name: "groups and bare messages", text: grouped([group("G1", order(1)), order(2)]), expected: [`${UCI}+4+30+UNH`] },
  { name: "nothing inside", text: interchange(), expected: [`${UCI}+4+32+UNZ`] },
  {
    name: "the reference of UNZ",
    text: interchange(order(1)).replace("UNZ+1+REF1", "UNZ+1+REF2"),
    expected: [`${UCI}+4+28+UNZ+3`],
  },
  { name: "the count of UNZ", text: interchange(order(1)).replace("UNZ+1", "UNZ+7"), expected: [`${UCI}+4+29+UNZ+2`] },
  { name: "no count in UNZ", text: interchange(order(1)).replace("UNZ+1", "UNZ+"), expected: [`${UCI}+4+13+UNZ+2`] },
  {
    name: "no number in UNZ",
    text: interchange(order(1)).replace("UNZ+1", "UNZ+one"),
    expected: [`${UCI}+4+37+UNZ+2`],
  },
  { name: "no UNZ", text: interchange(order(1)).replace(/UNZ.*/, ""), expected: [`${UCI}+4+13+UNZ`] },
  { name: "cut inside of a segment", text: interchange(order(1), order(2)).slice(0, -60), expected: [`${UCI}+4+13`] },
  { name: "UNZ without its end", text: interchange(order(1)).slice(0, -1), expected: [`${UCI}+4+13+UNZ`] },
  {
    name: "an object of no length",
    text: package4(3).replace("1:X+3", "1:X+many"),
    expected: [`${UCI}+4+12+UNO+5:1`],
  },
  // groups
  {
    name: "all groups are fine",
    text: grouped([group("G1", order(1)), group("G2", order(2))]),
    expected: [`${UCI}+7`],
  },
  {
    name: "a group of a reference that came before",
    text: grouped([group("G1", order(1)), group("G1", order(2))]),
    expected: [`${UCI}+7`, `${UCF("G1")}+4+18`, `${UCF("G1")}+4+26+UNG+6`],
  },
  {
    name: "an empty group",
    text: grouped([group("G1", order(1)), group("G2")]),
    expected: [`${UCI}+7`, `${UCF("G1")}+4+18`, `${UCF("G2")}+4+32+UNE`],
  },
  {
    name: "the count of UNE",
    text: grouped([group("G1", order(1)).replace("UNE+1", "UNE+2")]),
    expected: [`${UCI}+7`, `${UCF("G1")}+4+29+UNE+2`],
  },
  {
    name: "the reference of UNE",
    text: grouped([group("G1", order(1)).replace("+G1'UN", "+G2'UN").replace("UNE+1+G1", "UNE+1+G3")]),
    expected: [`${UCI}+7`, `${UCF("G1")}+4+28+UNE+3`],
  },
  {
    name: "no UNE",
    text: grouped([group("G1", order(1)).replace(/UNE.*/, ""), group("G2", order(2))]),
    expected: [`${UCI}+7`, `${UCF("G1")}+4+13+UNG`, `${UCF("G2")}+4+18`],
  },
  {
    name: "UNE without UNG",
    text: interchange(order(1), "UNE+1+G1'").replace("UNZ+2", "UNZ+1"),
    expected: [`${UCI}+4+33+UNE`],
  },
  {
    name: "a bad message in a group",
    text: grouped([group("G1", order(1)), group("G2", order(2), order(3).replace("UNT+10", "UNT+11"))]),
    expected: [`${UCI}+7`, `${UCF("G2")}+7`, `${UCM(3)}+4+29+UNT+2`],
  },
  // messages
  {
    name: "a message of a reference that came before",
    text: interchange(order(1), order(1)),
    expected: [`${UCI}+7`, `${UCM(1)}+4+26+UNH+2`],
  },
  { name: "the count of UNT", text: second("UNT+10", "UNT+12"), expected: [`${UCI}+7`, `${UCM(2)}+4+29+UNT+2`] },
  {
    name: "the reference of UNT",
    text: second("UNT+10+2", "UNT+10+7"),
    expected: [`${UCI}+7`, `${UCM(2)}+4+28+UNT+3`],
  },
  { name: "no UNT", text: second("UNT+10+2'", ""), expected: [`${UCI}+7`, `${UCM(2)}+4+13+UNT`] },
  {
    name: "a type that is not taken",
    text: interchange(order(1), order(2).replaceAll("ORDERS", "ORDRSP")),
    question: { messages: ["ORDERS D 96A"] },
    expected: [`${UCI}+7`, "UCM+2+ORDRSP:D:96A:UN+4+14+UNH+3:1"],
  },
  {
    name: "a type that nobody knows",
    text: interchange(order(1), order(2).replaceAll("ORDERS", "XORDER")),
    question: { messages: ["ORDERS D 96A", "XORDER"] },
    expected: [`${UCI}+7`, "UCM+2+XORDER:D:96A:UN+4+12+UNH+3:1"],
  },
  {
    name: "a message that is too long",
    text: interchange(order(1), order(2, 40)),
    question: { most: 1_024 },
    expected: [`${UCI}+7`, `${UCM(2)}+4+18`],
  },
  {
    name: "no reference in UNH",
    text: second("UNH+2", "UNH+"),
    expected: [`${UCI}+7`, "UCM+-+ORDERS:D:96A:UN+4+13+UNH+2"],
  },
  {
    name: "the length of a package",
    text: package4(4),
    expected: [`${UCI}+7`, "UCM+++4+29+UNP+2+P1+AAA:1"],
  },
  // segments
  {
    name: "a segment that there is not",
    text: second("UNS+S'", "XYZ+1'UNS+S'").replace("UNT+10+2", "UNT+11+2"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+8+15"],
  },
  {
    name: "a segment that is missing",
    text: second("BGM+220+B2+9'", "").replace("UNT+10+2", "UNT+9+2"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+1+13"],
  },
  {
    name: "too many of a segment",
    text: second("BGM+220+B2+9'", "BGM+220+B2+9'BGM+220+B2+9'").replace("UNT+10+2", "UNT+11+2"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+3+35"],
  },
  {
    name: "too many of a group",
    text: second("NAD+SU", `${"NAD+DP'".repeat(98)}NAD+SU`).replace("UNT+10+2", "UNT+108+2"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+103+36"],
  },
  {
    name: "blanks in front of a segment",
    text: second("DTM+137", "  DTM+137"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+3+18"],
  },
  // elements
  {
    name: "too many elements",
    text: second("QTY+21:1'", "QTY+21:2+x'"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+7", "UCD+16+3"],
  },
  {
    name: "too many components",
    text: second("QTY+21:1'", "QTY+21:2:PCE:x'"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+7", "UCD+16+2:4"],
  },
  {
    name: "an element that is missing",
    text: second("NAD+BY", "NAD+"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+4", "UCD+13+2"],
  },
  {
    name: "a wrong type",
    text: second("QTY+21:1'", "QTY+21:two'"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+7", "UCD+37+2:2"],
  },
  { name: "too long", text: second("NAD+BY", "NAD+BUYER"), expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+4", "UCD+39+2"] },
  {
    name: "a decimal mark at the end",
    text: second("QTY+21:1'", "QTY+21:2.'"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+7", "UCD+19+2:2"],
  },
  {
    name: "no digit in front of the mark",
    text: second("QTY+21:1'", "QTY+21:.5'"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+7", "UCD+38+2:2"],
  },
  {
    name: "too short",
    text: interchange(
      order(1),
      "UNH+2+INVOIC:D:01B:UN'BGM+380'DTM+137:20261101:102'DGS+ADR++123'UNS+S'MOA+77:1'UNT+7+2'",
    ),
    expected: [`${UCI}+7`, "UCM+2+INVOIC:D:01B:UN+4", "UCS+4", "UCD+40+4:1"],
  },
  {
    name: "a character",
    text: second("Blumen", "Bl\u0081men"),
    expected: [`${UCI}+7`, `${UCM(2)}+4`, "UCS+5", "UCD+21+5:1"],
  },
  {
    name: "several things in one message",
    text: interchange(
      order(1).replace("NAD+BY", "NAD+").replace("QTY+21:1'", "QTY+21:x:PCES'").replace("UNT+10", "UNT+9"),
      order(2),
    ),
    expected: [`${UCI}+7`, `${UCM(1)}+4+29+UNT+2`, "UCS+4", "UCD+13+2", "UCS+7", "UCD+37+2:2", "UCD+39+2:3"],
  },
  // what was taken, and what not
  {
    name: "read leniently",
    text: interchange(order(1).replace("UNT+10", "UNT+9")).replace("UNZ+1", "UNZ+8"),
    question: { strict: false },
    expected: [`${UCI}+7`],
  },
  {
    name: "leniently, but not that",
    text: interchange(order(1), order(2).replaceAll("ORDERS", "ORDRSP")),
    question: { strict: false, messages: ["ORDERS"] },
    expected: [`${UCI}+7`, "UCM+2+ORDRSP:D:96A:UN+4+14+UNH+3:1"],
  },
  {
    name: "cut, read leniently",
    text: interchange(order(1), order(2)).slice(0, -60),
    question: { strict: false },
    expected: [`${UCI}+4+13`],
  },
  {
    name: "all messages in one record, one of them bad",
    text: interchange(order(1), order(2).replace("UNT+10", "UNT+12"), order(3)),
    question: { record: "interchange" },
    expected: [`${UCI}+7`, `${UCM(1)}+4+18`, `${UCM(2)}+4+29+UNT+2`, `${UCM(3)}+4+18`],
  },
  {
    name: "all messages in one record, all good",
    text: interchange(order(1), order(2)),
    question: { record: "interchange" },
    expected: [`${UCI}+7`],
  },
  {
    name: "a drop that came before",
    text: interchange(order(1)),
    question: { drop: { state: "duplicate" } },
    expected: [`${UCI}+4+26+UNB+6:1`],
  },
];

describe("each thing that can be wrong", () => {
  it.each(CASES)("$name", async ({ text, expected, question }) => {
    const { texts, bodies, notices } = await answersTo(latin(text), question);
    expect(notices).toEqual([]);
    expect(texts).toHaveLength(1);
    expect(middle(texts[0]!)).toEqual(expected);
    await isAccepted(bodies[0]!);
  });
});
