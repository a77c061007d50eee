// Flat IDocs as a file port writes them, made independently of what reads and writes them in src.

export type ControlValues = Readonly<Record<string, string>>;

const CONTROL: readonly (readonly [name: string, from: number, length: number])[] = [
  ["TABNAM", 0, 10],
  ["MANDT", 10, 3],
  ["DOCNUM", 13, 16],
  ["DOCREL", 29, 4],
  ["STATUS", 33, 2],
  ["DIRECT", 35, 1],
  ["IDOCTYP", 39, 30],
  ["CIMTYP", 69, 30],
  ["MESTYP", 99, 30],
  ["SNDPOR", 148, 10],
  ["SNDPRT", 158, 2],
  ["SNDPRN", 162, 10],
  ["RCVPOR", 263, 10],
  ["RCVPRT", 273, 2],
  ["RCVPRN", 277, 10],
  ["CREDAT", 378, 8],
  ["CRETIM", 386, 6],
  ["ARCKEY", 434, 70],
  ["SERIAL", 504, 20],
];

export const DOCNUM = "0000000000471100";

export const VALUES: ControlValues = {
  TABNAM: "EDI_DC40",
  MANDT: "100",
  DOCNUM,
  DOCREL: "750",
  STATUS: "30",
  DIRECT: "1",
  IDOCTYP: "ORDERS05",
  MESTYP: "ORDERS",
  SNDPOR: "SAPMUS",
  SNDPRT: "LS",
  SNDPRN: "MUSCLNT100",
  RCVPOR: "STEG",
  RCVPRT: "LI",
  RCVPRN: "0000100042",
  CREDAT: "20261102",
  CRETIM: "081500",
  SERIAL: "20261102081500",
};

/** 524 characters. */
export function control(values: ControlValues = {}): string {
  let text = " ".repeat(524);
  for (const [name, from, length] of CONTROL) {
    const value = ({ ...VALUES, ...values }[name] ?? "").padEnd(length).slice(0, length);
    text = text.slice(0, from) + value + text.slice(from + length);
  }
  return text;
}

/** 1063 characters; a parent of 0 is none. */
export function data(
  segment: string,
  number: number,
  parent: number,
  level: number,
  sdata: string,
  docnum = DOCNUM,
): string {
  const header =
    segment.padEnd(30) +
    "100" +
    docnum.padEnd(16) +
    String(number).padStart(6, "0") +
    String(parent).padStart(6, "0") +
    String(level).padStart(2, "0");
  return header + sdata + " ".repeat(1000 - Array.from(sdata).length);
}

/** `value length …`, one behind the other. */
export function fields(...parts: readonly (readonly [value: string, length: number])[]): string {
  return parts.map(([value, length]) => value + " ".repeat(length - Array.from(value).length)).join("");
}

/** An order with two items, invented. */
export function order(docnum = DOCNUM, customer = "Änne Groß"): readonly string[] {
  const row = (segment: string, number: number, parent: number, level: number, sdata: string): string =>
    data(segment, number, parent, level, sdata, docnum);
  return [
    control({ DOCNUM: docnum }),
    row("E2EDK01005", 1, 0, 1, fields(["", 4], ["EUR", 3], ["EUR", 3], ["1.00000", 12])),
    row("E2EDK14", 2, 0, 2, fields(["014", 3], ["1000", 35])),
    row("E2EDK03", 3, 0, 2, fields(["012", 3], ["20261102", 8])),
    row("E2EDKA1003", 4, 0, 2, fields(["AG", 3], ["0000004711", 17], ["", 17], [customer, 35])),
    row("E2EDK02", 5, 0, 2, fields(["001", 3], ["4500017", 35], ["", 6], ["20261102", 8])),
    row("E2EDP01011", 6, 0, 2, fields(["000010", 6], ["", 5], ["5.000", 15], ["PCE", 3])),
    row("E2EDP19003", 7, 6, 3, fields(["001", 3], ["A-100", 35], ["Blumenkübel", 70])),
    row("E2EDP19003", 8, 6, 3, fields(["002", 3], ["4012345678901", 35])),
    row("E2EDP01011", 9, 0, 2, fields(["000020", 6], ["", 5], ["1.000", 15], ["PCE", 3])),
    row("E2EDS01", 10, 0, 2, fields(["001", 3], ["2", 18])),
  ];
}

/** What decoding `order` gives. */
export function ordered(docnum = DOCNUM, customer = "Änne Groß") {
  return {
    EDI_DC40: { ...VALUES, DOCNUM: docnum },
    E1EDK01: { CURCY: "EUR", HWAER: "EUR", WKURS: "1.00000" },
    E1EDK14: [{ QUALF: "014", ORGID: "1000" }],
    E1EDK03: [{ IDDAT: "012", DATUM: "20261102" }],
    E1EDKA1: [{ PARVW: "AG", PARTN: "0000004711", NAME1: customer }],
    E1EDK02: [{ QUALF: "001", BELNR: "4500017", DATUM: "20261102" }],
    E1EDP01: [
      {
        POSEX: "000010",
        MENGE: "5.000",
        MENEE: "PCE",
        E1EDP19: [
          { QUALF: "001", IDTNR: "A-100", KTEXT: "Blumenkübel" },
          { QUALF: "002", IDTNR: "4012345678901" },
        ],
      },
      { POSEX: "000020", MENGE: "1.000", MENEE: "PCE" },
    ],
    E1EDS01: [{ SUMID: "001", SUMME: "2" }],
  };
}
