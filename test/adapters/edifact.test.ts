// decode.edifact: the suite of all codecs, and the parts of the language one by one.

import { codecConformance } from "../conformance/codec.ts";
import { edifact, interchange, order, orderRecord, UNB, unb } from "./edifact-samples.ts";

const latin = (text: string): Buffer => Buffer.from(text, "latin1");

codecConformance({
  name: "edifact",
  open: (window) => edifact({}, window),
  secrets: ["Geheim", "99X"],
  samples: [
    {
      name: "two orders",
      bytes: latin(interchange(order(1), order(2, 3))),
      records: [orderRecord(1), orderRecord(2, 3)],
    },
    {
      name: "service characters of its own, released ones, line breaks",
      bytes: latin(
        "UNA*@,!~#\r\nUNB@UNOC*4@4000001000005*14@4000002000004*14@20261101*1200@R?1#\nUNH@1@XORDER*9*1*ZZ#\n" +
          "FTX@!@!!@a!*b*c!#@'+:?@x~y*z#UNT@3@1#\r\nUNZ@1@R?1#\r\n",
      ),
      records: [
        {
          UNB: {
            ...unb,
            S001: { de0001: "UNOC", de0002: "4" },
            S004: { de0017: "20261101", de0019: "1200" },
            de0020: "R?1",
          },
          UNH: { de0062: "1", S009: { de0065: "XORDER", de0052: "9", de0054: "1", de0051: "ZZ" } },
          segments: [
            { tag: "FTX", elements: [["@!"], ["a*b", "c#"], ["'+:?"], [["x"], ["y", "z"]]] },
            { tag: "UNT", elements: [["3"], ["1"]] },
          ],
        },
      ],
    },
    {
      name: "bad messages between good ones",
      bytes: latin(
        interchange(
          order(1),
          order(2).replace("UNT+10", "UNT+99"),
          order(3).replace("QTY+21:1", "QTY+21:Geheim"),
          order(4).replace("UNS+S'", "XYZ+99X'UNS+S'").replace("UNT+10", "UNT+11"),
          order(5),
        ),
      ),
      records: [orderRecord(1), "EDIFACT_ENVELOPE", "EDIFACT_ELEMENT", "EDIFACT_STRUCTURE", orderRecord(5)],
    },
    {
      name: "several interchanges in groups, without line breaks",
      bytes: latin(
        `${UNB}UNG+ORDERS+A+B+261101:1200+G1+UN+D:96A'${order(1)}UNE+1+G1'UNZ+1+REF1'` +
          `${UNB.replace("REF1", "REF2")}${order(1)}UNZ+1+REF2'`,
      ),
      records: [
        {
          ...(orderRecord(1) as object),
          UNG: {
            de0038: "ORDERS",
            S006: { de0040: "A" },
            S007: { de0044: "B" },
            S004: { de0017: "261101", de0019: "1200" },
            de0048: "G1",
            de0051: "UN",
            S008: { de0052: "D", de0054: "96A" },
          },
        },
        { ...(orderRecord(1) as object), UNB: { ...unb, de0020: "REF2" } },
      ],
    },
    {
      name: "a wrong trailer",
      bytes: latin(interchange(order(1)).replace("UNZ+1", "UNZ+2")),
      records: [orderRecord(1)],
      thrown: "EDIFACT_BROKEN",
    },
    {
      name: "a cut drop",
      bytes: latin(interchange(order(1), order(2)).slice(0, -40)),
      records: [orderRecord(1)],
      thrown: "EDIFACT_BROKEN",
    },
    { name: "nothing", bytes: Buffer.alloc(0), records: [], thrown: "EDIFACT_BROKEN" },
    { name: "something else", bytes: latin("NR;NAME\r\n1;Geheim\r\n"), records: [], thrown: "EDIFACT_BROKEN" },
  ],
  endless: { head: UNB, record: (number) => order(number) },
});
