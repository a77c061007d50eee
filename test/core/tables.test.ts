import { describe, expect, it } from "vitest";
import type { TableSpec } from "../../src/core/mapping/tables.ts";
import { loadTables, readTable, TABLE_LIMITS } from "../../src/core/mapping/tables.ts";
import { render, scopeOf, template } from "./template-support.ts";

const at = { file: "bridge.yaml", line: 1, column: 1 };
const spec = (file: string, key?: string): TableSpec => ({ name: "rechtsform", file, key, at });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, key?: string) => readTable(spec("codes/rf.csv", key), bytes(text)).table;

describe("CSV", () => {
  it.each([
    ["semicolons", "KURZ;CODE;NAME\nGMBH;351;GmbH, klein\nAG;352;\n"],
    ["commas, BOM, CR LF", '\ufeffKURZ,CODE,NAME\r\nGMBH,351,"GmbH, klein"\r\n\r\nAG,352,\r\n'],
    ["quotes everywhere, no line end at the end", '"KURZ";"CODE";"NAME"\n"GMBH";"351";"GmbH, klein"\n"AG";"352";""'],
  ])("%s", (_name, text) => {
    const table = read(text);
    expect(table).toMatchObject({
      name: "rechtsform",
      file: "codes/rf.csv",
      keyColumn: "KURZ",
      columns: ["KURZ", "CODE", "NAME"],
    });
    expect([...table.rows.keys()]).toEqual(["GMBH", "AG"]);
    expect({ ...table.rows.get("GMBH") }).toEqual({ KURZ: "GMBH", CODE: "351", NAME: "GmbH, klein" });
    expect(table.rows.get("AG")?.["NAME"]).toBeUndefined();
  });

  it("reads cells with line ends and doubled quotes", () => {
    expect({ ...read('A;B\n"x\ny";"sagt ""nein"""\n').rows.get("x\ny") }).toEqual({ A: "x\ny", B: 'sagt "nein"' });
  });

  it("takes another key column; the value is then still the second, or the first where the key is the second", () => {
    expect(read("A;B;ID\n1;2;3\n", "ID")).toMatchObject({ keyColumn: "ID", columns: ["A", "B", "ID"] });
    expect(read("A;ID;C\n1;2;3\n", "ID")).toMatchObject({ keyColumn: "ID", columns: ["ID", "A", "C"] });
  });

  it("takes names that nobody would choose as data", () => {
    const row = read("KEY;__proto__;constructor\na;1;2\n").rows.get("a");
    expect(row && Object.keys(row)).toEqual(["KEY", "__proto__", "constructor"]);
    expect(row?.["toString"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });

  const faults: readonly (readonly [string, string, string])[] = [
    [
      "a key twice, with both lines",
      "A;B\nx;1\ny;2\nx;3\n",
      'TABLE_KEY_TWICE table rechtsform: codes/rf.csv:4 has the key "x", which stands on line 2 already',
    ],
    [
      "lines are counted through quotes",
      'A;B\n"x\n";1\ny;"\n\n"\ny;3\n',
      'TABLE_KEY_TWICE table rechtsform: codes/rf.csv:7 has the key "y", which stands on line 4 already',
    ],
    ["no key", "A;B\n;1\n", "TABLE_INVALID table rechtsform: codes/rf.csv:2 has no key in column A"],
    ["a cell too many", "A;B\nx;1;2\n", "TABLE_INVALID table rechtsform: codes/rf.csv:2 has 3 cells, the header 2"],
    ["a name twice", "A;A\n", "TABLE_INVALID table rechtsform: codes/rf.csv:1 has two columns called A"],
    ["a blank name", "A;\n", "TABLE_INVALID table rechtsform: codes/rf.csv:1 has no name for column 2"],
    [
      "one column",
      "A\nx\n",
      "TABLE_INVALID table rechtsform: codes/rf.csv:1 has one column only; a table needs a key and a value",
    ],
    ["nothing", "", "TABLE_INVALID table rechtsform: codes/rf.csv:1 has no header line"],
    [
      "an open quote",
      'A;B\nx;"1\n',
      "TABLE_INVALID table rechtsform: codes/rf.csv:2 a quote is opened and never closed",
    ],
    [
      "text behind a quote",
      'A;B\nx;"1"2\n',
      "TABLE_INVALID table rechtsform: codes/rf.csv:2 text stands behind a closing quote",
    ],
  ];
  it.each(faults)("%s", (_name, text, expected) => {
    expect(fault(() => read(text))).toBe(expected);
  });

  it("refuses another key column that is not there, with the nearest", () => {
    expect(() => read("GP-ID;B\n", "GPID")).toThrow(
      expect.objectContaining({ code: "TABLE_INVALID", hint: "Did you mean GP-ID?" }),
    );
  });

  it("refuses what is not UTF-8, with the line", () => {
    const latin = Buffer.from("A;B\nx;1\nM\u00fcller;2\n", "latin1");
    expect(fault(() => readTable(spec("a.csv"), latin))).toBe("TABLE_INVALID table rechtsform: a.csv:3 is not UTF-8");
  });

  it("reads a table of 1,000,000 rows, and not one more", { timeout: 60_000 }, () => {
    const lines = Array.from({ length: TABLE_LIMITS.rows }, (_, index) => `${index};w`).join("\n");
    expect(read(`A;B\n${lines}\n`).rows.size).toBe(TABLE_LIMITS.rows);
    expect(fault(() => read(`A;B\n${lines}\nx;y\n`))).toMatch(/^TABLE_TOO_LARGE /);
  });

  it("refuses files beyond 64 MiB", () => {
    expect(fault(() => readTable(spec("a.csv"), new Uint8Array(TABLE_LIMITS.bytes + 1)))).toMatch(/^TABLE_TOO_LARGE /);
  });
});

const list = (rows: string, head = "") => `<?xml version="1.0" encoding="UTF-8"?>${head}
<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">
  <Identification><ShortName>rf</ShortName></Identification>
  <ColumnSet>
    <Column Id="name" Use="required"><ShortName>Name</ShortName><Data Type="string"/></Column>
    <Column Id="code" Use="required"><ShortName>Code</ShortName><Data Type="string"/></Column>
    <Key Id="codeKey"><ShortName>k</ShortName><ColumnRef Ref="code"/></Key>
  </ColumnSet>
  <SimpleCodeList>${rows}</SimpleCodeList>
</gc:CodeList>`;
const row =
  '<Row><Value ColumnRef="code"><SimpleValue>351</SimpleValue></Value><Value ColumnRef="name"><SimpleValue>GmbH &amp; Co.</SimpleValue></Value></Row>';

describe("Genericode", () => {
  it("is read with its own key", () => {
    const table = read(
      list(
        `${row}\n<Row><Value><SimpleValue>AG</SimpleValue></Value><Value><SimpleValue>352</SimpleValue></Value></Row>`,
      ),
    );
    expect(table).toMatchObject({ keyColumn: "code", columns: ["code", "name"] });
    expect({ ...table.rows.get("351") }).toEqual({ code: "351", name: "GmbH & Co." });
    expect({ ...table.rows.get("352") }).toEqual({ code: "352", name: "AG" });
  });

  it("or with another", () => {
    expect(read(list(row), "name")).toMatchObject({ keyColumn: "name", columns: ["name", "code"] });
  });

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ["a DOCTYPE", list(row, '<!DOCTYPE x [<!ENTITY a "b">]>'), /^TABLE_INVALID .*:1 has a DOCTYPE/],
    ["other XML", "<a/>", /^TABLE_INVALID .*:1 is XML, but no Genericode/],
    ["broken XML", list("<Row><Value>&bad;</Value></Row>"), /^TABLE_INVALID .* is not well-formed XML/],
    ["a key twice", list(`${row}\n${row}`), /^TABLE_KEY_TWICE .*:10 has the key "351", which stands on line 9 already/],
    [
      "an unknown column",
      list('<Row><Value ColumnRef="x"><SimpleValue>1</SimpleValue></Value></Row>'),
      /no column is called x/,
    ],
    ["a complex value", list('<Row><Value ColumnRef="code"><ComplexValue/></Value></Row>'), /complex value/],
    ["another encoding", list(row).replace("UTF-8", "ISO-8859-1"), /declares the encoding ISO-8859-1/],
  ];
  it.each(faults)("refuses %s", (_name, text, expected) => {
    expect(fault(() => read(text))).toMatch(expected);
  });
});

const hash = (text: string, key?: string) => loadTables([spec("a.csv", key)], () => bytes(text)).hash;

describe("map.codes", () => {
  it("hashes what was read: the same for the same, another for another byte or key", () => {
    expect(hash("A;B\nx;1\n")).toMatch(/^[0-9a-f]{64}$/);
    expect(hash("A;B\nx;1\n")).toBe(hash("A;B\nx;1\n"));
    expect(new Set([hash("A;B\nx;1\n"), hash("A;B\nx;2\n"), hash("A;B\nx;1\n", "B")]).size).toBe(3);
  });

  it("is what $code and $row look into", () => {
    const table = read("KURZ;CODE;NAME\nGMBH;351;GmbH\n");
    const tables = new Map([["rechtsform", table]]);
    const made = template("xml", "a: { b: \"= $code('rechtsform', RF)\", c: \"= $row('rechtsform', RF).NAME\" }", {
      tables: new Map([["rechtsform", table.columns]]),
    });
    const record = { RF: "GMBH" };
    expect(made.render(record, scopeOf(record, tables))).toContain("<a><b>351</b><c>GmbH</c></a>");
    expect(() => made.render({ RF: "GEHEIM" }, scopeOf({ RF: "GEHEIM" }, tables))).toThrow(
      expect.objectContaining({ stage: "map" }),
    );
    expect(render(made, {})).toBeUndefined();
  });
});

function fault(act: () => unknown): string {
  try {
    act();
  } catch (cause) {
    const { code, message } = cause as { code: string; message: string };
    return `${code} ${message}`;
  }
  return "nothing was thrown";
}
