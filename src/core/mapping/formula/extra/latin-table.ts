// The characters of DIN 91379:2022-08, "Zeichen und definierte Zeichensequenzen in Unicode für die elektronische
// Verarbeitung von Namen und den Datenaustausch in Europa": section 4 (normative letters and sequences) and the datatypes
// A to E of section 5. Ranges in hexadecimal.
//
//   A  names of natural persons         Latin letters, sequences, the non-letters N1
//   B  other names (firms, streets)     A and N2
//   C  free text                        B and N3 and line ends
//   D  names with Greek                 B, Greek, non-letters E1 and some of N3
//   E  everything                       D, C and Cyrillic

const lettersAndN1 =
  "20 27 2c-2e 41-5a 60-7a 7e a8 b4 b7 c0-d6 d8-f6 f8-17e 187-188 18f 197 1a0-1a1 1af-1b0 1b7 1cd-1dc 1de-1df 1e2-1f0 " +
  "1f4-1f5 1f8-1ff 212-213 218-21b 21e-21f 227-233 259 268 292 2b9-2ba 2be-2bf 2c8 2cc 1e02-1e03 1e06-1e07 1e0a-1e11 " +
  "1e17 1e1c-1e2b 1e2f-1e37 1e3a-1e3b 1e40-1e49 1e52-1e5b 1e5e-1e63 1e6a-1e6f 1e80-1e87 1e8c-1e97 1e9e 1ea0-1ef9 2019 2021";
const n2 = "21-26 28-2b 2f-40 5b-5f 7b-7d a1-a3 a5 a7 a9-ac ae-b3 b5-b6 b9-bb bf d7 f7 20ac";
const n3 = "a4 a6 b8 bc-be";
const lineEnds = "9-a d a0";
const greekAndE1 =
  "192 2b0 2b3 2c6 2dc 2e2 386 388-38a 38c 38e-3a1 3a3-3ce 1d48 1d57 2018 201a 201c-201e 2020 2026 2030 2032-2033 " +
  "2039-203a 2070 2074-2079 207f-2089 2122 221e 2264-2265";
const cyrillic = "40d 410-42a 42c 42e-44a 44c 44e-44f 45d";

export type Datatype = "A" | "B" | "C" | "D" | "E";

const ranges: Readonly<Record<Datatype, readonly string[]>> = {
  A: [lettersAndN1],
  B: [lettersAndN1, n2],
  C: [lettersAndN1, n2, n3, lineEnds],
  D: [lettersAndN1, n2, n3, greekAndE1],
  E: [lettersAndN1, n2, n3, lineEnds, greekAndE1, cyrillic],
};

/** Combining characters, and the letters on which they may stand; the same in all datatypes. */
const sequences =
  "300 43,46,47,4b,4d,50,53,54,5a,63,66,67,6b,6d,70,73,74,7a;301 4a,6a,ff,12a,12b;302 44,4b,4c,4d,4e,64,6b,6c,6d,6e;" +
  "304 43,46,48,4b,4e,50,53,54,5a,63,66,68,6b,6e,70,73,74,7a,db,fb,1e32,1e33,1e62,1e63,1e6c,1e6d,1ee4,1ee5;" +
  "306 43,4d,4e,52,5a,63,6d,6e,72,7a,c7,e7;307 4b,55,6b,75;308 43,54,5a,63,7a,1ea0,1ea1,1ecc,1ecd,1ee4,1ee5;" +
  "30b 41,61;30c 4a;30d 113,14d;310 4d,6d;315 43,4b,50,54,63,6b,70,74,10c,10d;31b 4b,54,6b,74;323 43,50,63,70,10c,10d;" +
  "325 4c,52,6c,72;326 43,48,4b,4c,4e,63,68,6b,6c,6e,17d,17e;327 5a,7a,17d,17e;331 48,53,73;" +
  "328+306 43,63;31b+304 53,73;325+304 4c,52,6c,72;35f+48 4b;35f+68 4b,6b";

/** One flag per code point up to the highest. */
export function charactersOf(datatype: Datatype): Uint8Array {
  const table = new Uint8Array(0x2266);
  for (const range of ranges[datatype].join(" ").split(" ")) {
    const [first = "", last = first] = range.split("-");
    table.fill(1, Number.parseInt(first, 16), Number.parseInt(last, 16) + 1);
  }
  return table;
}

export const sequenceSet: ReadonlySet<string> = new Set(
  sequences.split(";").flatMap((entry) => {
    const [marks = "", letters = ""] = entry.split(" ");
    const tail = String.fromCodePoint(...marks.split("+").map((mark) => Number.parseInt(mark, 16)));
    return letters.split(",").map((letter) => String.fromCodePoint(Number.parseInt(letter, 16)) + tail);
  }),
);
