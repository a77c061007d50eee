// A bridge whose rows become documents of their own, cell by cell, ends like one that makes records and texts of them: the same files, dead
// letters and figures, and every document with its own rows however many are under way.

import { afterEach, describe, expect, it, vi } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

/** Chunks that went the new way, and what rules remarked on. */
const went = vi.hoisted(() => ({ chunks: 0, noticed: new Map<string, number>() }));
vi.mock(import("../../src/core/pipeline/chunk-items.ts"), async (original) => {
  const real = await original();
  const countNotices: typeof real.countNotices = (run, items) => {
    real.countNotices(run, items);
    for (const [rule, count] of run.notices) went.noticed.set(`${run.drop.name} ${rule}`, count);
  };
  return { ...real, countNotices };
});
vi.mock(import("../../src/core/pipeline/chunk-documents.ts"), async (original) => {
  const real = await original();
  const mapDocuments: typeof real.mapDocuments = (...given) => {
    went.chunks++;
    return real.mapDocuments(...given);
  };
  return { ...real, mapDocuments };
});

/** Documents of the other thread, and how often it was told that some will come. */
const elsewhere = { valid: 0, written: 0, left: 0, ready: 0 };
vi.mock(import("../../src/core/pipeline/document-desk.ts"), async (original) => {
  const real = await original();
  const openThreadPlan: typeof real.openThreadPlan = (...given) => {
    const { write, close } = real.openThreadPlan(...given);
    return {
      close,
      async write(runs, out) {
        const outcome = await write(runs, out);
        elsewhere[outcome]++;
        return outcome;
      },
    };
  };
  const readyThread: typeof real.readyThread = () => {
    elsewhere.ready++;
    real.readyThread();
  };
  return { ...real, openThreadPlan, readyThread };
});

/** A validator has no memory left, as libxml2 may; of a document that is not surely valid, so that it is asked. */
vi.mock(import("../../src/core/validation/xsd.ts"), async (original) => {
  const real = await original();
  const openXsd: typeof real.openXsd = async (source) => {
    const opened = await real.openXsd(source);
    return {
      ...opened,
      validate: (body) => {
        if (body.includes("Speicher")) throw new RangeError("out of memory");
        return opened.validate(body);
      },
    };
  };
  return { ...real, openXsd };
});

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const XSD =
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:konto" elementFormDefault="qualified">
<xs:simpleType name="name"><xs:restriction base="xs:string"><xs:maxLength value="12"/></xs:restriction></xs:simpleType>
<xs:simpleType name="betrag"><xs:restriction base="xs:decimal"><xs:fractionDigits value="2"/><xs:maxExclusive value="100000"/></xs:restriction></xs:simpleType>
<xs:complexType name="buchung"><xs:sequence>
  <xs:element name="id" type="xs:positiveInteger"/><xs:element name="name" type="name"/>
  <xs:element name="tag" type="xs:date" minOccurs="0"/><xs:element name="betrag" type="betrag" minOccurs="0"/>
</xs:sequence></xs:complexType>
<xs:element name="konto"><xs:complexType><xs:sequence>
  <xs:element name="nr"><xs:simpleType><xs:restriction base="xs:token"><xs:pattern value="[A-Z]\\d{1,6}"/></xs:restriction></xs:simpleType></xs:element>
  <xs:element name="buchung" type="buchung" maxOccurs="unbounded" xmlns="urn:konto"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>`
    .replaceAll(/type="(name|betrag|buchung)"/g, 'type="k:$1"')
    .replace("<xs:schema ", '<xs:schema xmlns:k="urn:konto" ');

const RULES = `<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <ns prefix="k" uri="urn:konto"/>
  <pattern><rule context="/k:konto">
    <assert id="K-1" flag="fatal" test="not(ends-with(k:nr, '7'))">Ein Konto endet nicht mit sieben.</assert>
    <assert id="K-2" flag="warning" test="count(k:buchung) le 2">Es sind höchstens zwei.</assert>
  </rule></pattern>
</schema>`;

const BOOKING = `        k:id: = ID
        k:name: = NAME
        k:tag: = $date(TAG, 'dd.MM.yyyy')
        k:betrag: { =when: "= BETRAG != ''", =text: "= $decimal(BETRAG, '1.234,56')" }
`;
const PER = {
  group: `  per: { group: "= $substring(KONTO, 0, 7)" }\n`,
  record: "",
  file: "  per: file\n",
} as const;

interface Bridge {
  readonly per: keyof typeof PER;
  readonly deliver: string;
  /** Something that keeps the rows from going straight. */
  readonly general: boolean;
  readonly rules?: boolean;
  readonly encoding?: string;
}

function bridge(world: World, { per, deliver, general, rules, encoding }: Bridge): void {
  world.bridge(
    "konten",
    `${head("konten")}${RECEIVE}${encoding ? CSV.replace("utf-8", encoding) : CSV}map:
  ${general ? "let: { unbenutzt: = ID }" : "# nothing more"}
${PER[per]}  xml:
    k:konto:
      '@xmlns:k': urn:konto
      k:nr: = KONTO
      k:buchung:
${per === "record" ? "" : "        =each: = $group\n"}${BOOKING}validate: { xsd: konto.xsd${rules ? ", schematron: konto.sch" : ""} }
deliver:
${deliver}
${RECEIPTS}`,
    { "konto.xsd": XSD, "konto.sch": RULES },
  );
}

/** Good rows, and among them everything that is none. */
function drop(count: number): string {
  const odd = [
    'K;7;"zwei\nZeilen";01.02.2003;1,5',
    "K9;zu;kurz",
    "K9;1;zu;lang;01.02.2003;1,5",
    "K8;1;kein Tag;31.02.2003;1,5",
    "K8;1;kein Betrag;01.02.2003;eins",
    "K7;0;keine Zahl;;",
    "K7;1;;01.02.2003;",
    "K6;1;viel zu lang für ein Feld;;",
    "K6;1;genau;;1,555",
    'K5;1;"er ""sagt"" &";;',
    "K5;1;\u0000;;",
    "k5;1;klein;;",
    'K4;1;"a"b;;',
    "",
    ";;;;",
    ";2;ohne;;",
    "KÄ4;1;Umlaut;;",
    "K4;3;e\u0301 😀;29.02.2024;-1.234,50",
    "K3;99999;x;;99.999,99",
    "K2;+5;Speicher;;",
  ];
  const rows = Array.from({ length: count }, (_, at) =>
    at % 41 === 5
      ? odd[Math.floor(at / 41) % odd.length]
      : `K${Math.floor(at / 3)};${at + 1};Müller & S.;01.02.2003;${at % 900},50`,
  );
  return `KONTO;ID;NAME;TAG;BETRAG\n${rows.join("\n")}`;
}

interface Ended {
  readonly bridges: unknown;
  readonly files: readonly (readonly [string, string])[];
  readonly dead: readonly { readonly code: string }[];
  readonly receipts: readonly unknown[];
  /** Rules that were remarked on, and how often. */
  readonly noticed: readonly (readonly [string, number])[];
}

/** `pause` is what happens when nothing could be delivered any more, before it goes on. */
async function run(
  given: Bridge,
  drops: readonly (string | Buffer)[],
  pause?: (pending: number) => void,
): Promise<Ended> {
  const world = createWorld();
  worlds.push(world);
  bridge(world, given);
  for (const [at, text] of drops.entries()) world.put(`${at}.csv`, text);
  went.chunks = 0;
  went.noticed.clear();
  if (pause) {
    const first = await world.once("300ms");
    pause(first.bridges[0]?.pending ?? 0);
  }
  const { bridges } = await world.once();
  expect(went.chunks > 0).toBe(!given.general);
  const dead = await world.dead();
  return {
    bridges,
    files: [...world.files("out")],
    dead: dead.map(({ record, stage, code, message, attempts }) => {
      return { record, stage, code, message: message.replace(world.dir, ""), attempts };
    }),
    noticed: [...went.noticed],
    receipts: world.receipts().map(({ saetze, klaerfaelle }) => ({ saetze, klaerfaelle })),
  };
}

const FOLDER = `  folder: { path: out, name: "{$file.stem}_{$index}_{$count($group)}_{$group[-1].ID}.xml" }`;

describe("rows that become documents of their own", () => {
  it.each(["group", "record"] as const)(
    "per %s are the same files, dead letters and figures as records are",
    async (per) => {
      const drops = [drop(per === "group" ? 3_000 : 1_600), "KONTO;ID;NAME;TAG;BETRAG\nK1;1;eins;;"];
      const straight = await run({ per, deliver: FOLDER, general: false }, drops);
      const general = await run({ per, deliver: FOLDER, general: true }, drops);
      expect(straight).toEqual(general);
      expect(straight).toMatchObject({ bridges: [{ drops: 2, pending: 0 }] });
      expect(straight.files.length).toBeGreaterThan(900);
      const codes = new Set(straight.dead.map(({ code }) => code));
      const wanted = [
        "DATE_INVALID",
        "DECIMAL_INVALID",
        "INTERNAL",
        "REQUIRED_EMPTY",
        "SCHEMA_INVALID",
        "XML_CHARACTER",
      ];
      wanted.push(...(per === "group" ? ["GROUP_UNDECODABLE"] : ["ROW_RAGGED", "QUOTE_MISPLACED"]));
      expect([...codes].toSorted()).toEqual(wanted.toSorted());
    },
  );

  it.each(["group", "record"] as const)("per %s are the same from drops in windows-1252", async (per) => {
    // A byte that does not exist spoils its record, and makes the window that it stands in one for the general way.
    const spoilt = Buffer.concat([
      Buffer.from("KONTO;ID;NAME;TAG;BETRAG\nK1;1;"),
      Buffer.from([0x81]),
      Buffer.from(";;"),
    ]);
    const named = drop(per === "group" ? 6_000 : 1_500).replaceAll("Müller & S.", "Müller \u0080 S.");
    const drops = [Buffer.from(named, "latin1"), spoilt];
    const encoding = "windows-1252";
    const straight = await run({ per, deliver: FOLDER, general: false, encoding }, drops);
    expect(straight).toEqual(await run({ per, deliver: FOLDER, general: true, encoding }, drops));
    expect(straight.files.some(([, body]) => body.includes("Müller € S."))).toBe(true);
    expect(straight.dead.map(({ code }) => code)).toContain(per === "group" ? "GROUP_UNDECODABLE" : "ENCODING_INVALID");
  });

  it("are the same where rules remark on some of them, and all of a drop is one", async () => {
    const drops = [drop(130), "KONTO;ID;NAME;TAG;BETRAG\nK1;1;eins;;\nK1;2;zwei;;"];
    const both = async (per: Bridge["per"], texts: readonly string[]): Promise<Ended> => {
      const straight = await run({ per, deliver: FOLDER, general: false, rules: true }, texts);
      expect(straight).toEqual(await run({ per, deliver: FOLDER, general: true, rules: true }, texts));
      return straight;
    };
    const groups = await both("group", drops);
    expect(groups.dead.map(({ code }) => code)).toContain("RULE_BROKEN");
    expect(groups.noticed).toMatchObject([["0.csv K-2", expect.any(Number)]]);
    const rows = Array.from({ length: 3_000 }, (_, at) => `K1;${at + 1};Müller & S.;01.02.2003;${at % 900},50`);
    const files = await both("file", [`KONTO;ID;NAME;TAG;BETRAG\n${rows.join("\n")}`, drop(50)]);
    expect(files).toMatchObject({
      files: [["0_1_3000_3000.xml", expect.stringContaining("<k:id>3000</k:id>")]],
      noticed: [["0.csv K-2", 1]],
    });
    expect(files.dead).toHaveLength(1);
  });

  it("are the same requests, though their addresses are asked for at every attempt, and half of the drop comes later", async () => {
    const requests = async (general: boolean): Promise<unknown> => {
      const receiver = await startReceiver();
      receivers.push(receiver);
      // Each eighth is asked for once more, and nobody answers in the order of the questions.
      let count = 0;
      let isAway = true;
      receiver.rule = () => {
        if (isAway && count > 200) return { instead: "close" };
        return count++ % 8 === 3 ? { status: 503 } : { status: 200, delay: (count * 7) % 5 };
      };
      const deliver = `  http: { url: "${receiver.origin}/{KONTO}/{$count($group)}/{$join($group.ID, '-')}" }
  retry: { first: 1ms, most: 5ms, attempts: 20 }`;
      const { bridges, dead } = await run({ per: "group", deliver, general }, [drop(1_800)], (pending) => {
        isAway = false;
        expect(pending).toBeGreaterThan(0);
      });
      const heard = receiver.heard.map(({ path, body }) => ({ path: decodeURI(path), body: String(body) }));
      for (const { path, body } of heard) {
        const ids = Array.from(body.matchAll(/<k:id>(.*?)</g), ([, id]) => id);
        expect(path).toBe(`/${/<k:nr>(.*?)</.exec(body)?.[1]}/${ids.length}/${ids.join("-")}`);
      }
      expect(heard.length).toBeGreaterThan(receiver.accepted.size);
      return { bridges, dead, heard: [...new Set(heard.map(({ path, body }) => `${path}\n${body}`))].toSorted() };
    };
    expect(await requests(false)).toEqual(await requests(true));
  });

  it("are the same where another thread writes most of them", async () => {
    const rows = drop(24_000)
      .split("\n")
      .slice(1)
      .map((line) => (line.split(";").length === 5 ? `${line};${"f".repeat(400)}` : line))
      // Thirty rows that follow each other are one message, unless one of another account stands between them.
      .map((line) => line.replace(/^K(\d+)\d;/, "K$1;"));
    const text = `KONTO;ID;NAME;TAG;BETRAG;REST\n${rows.join("\n")}`;
    elsewhere.ready = 0;
    const straight = await run({ per: "group", deliver: FOLDER, general: false }, [text, drop(10)]);
    expect(elsewhere.valid).toBeGreaterThan(500);
    expect(elsewhere.left).toBeGreaterThan(5);
    expect(straight).toEqual(await run({ per: "group", deliver: FOLDER, general: true }, [text, drop(10)]));
    // While the large drop was received; never for the small one, nor where the thread could write none of them.
    expect(elsewhere.ready).toBe(1);
  });

  it("hold their own rows, each of them, however often memory is used again while others are under way", async () => {
    const groups = Array.from({ length: 3_000 }, (_, at) =>
      Array.from({ length: 1 + ((at * 7) % 5) }, (_row, index) => `${at * 10 + index + 1}`),
    );
    const rows = groups.flatMap((ids, at) =>
      ids.map((id) => `K${at};${id};${"x".repeat(at % 13)}y;;`.replace(/x{12}y/, "lang")),
    );
    const deliver = `  inFlight: 32\n  folder: { path: out, name: "{KONTO}-{$join($group.ID, '-')}.xml" }`;
    const text = `KONTO;ID;NAME;TAG;BETRAG\n${rows.join("\n")}`;
    const { files, dead } = await run({ per: "group", deliver, general: false }, [text]);
    expect(dead).toEqual([]);
    const found = files.map(([name, body]) => [
      name,
      `${/<k:nr>(.*?)</.exec(body)?.[1]}-${Array.from(body.matchAll(/<k:id>(.*?)</g), ([, id]) => id).join("-")}.xml`,
    ]);
    expect(found.filter(([name, own]) => name !== own)).toEqual([]);
    expect(new Set(files.map(([name]) => name))).toEqual(
      new Set(groups.map((ids, at) => `K${at}-${ids.join("-")}.xml`)),
    );
    for (const [, body] of files) expect(body).toMatch(/^<\?xml [^>]*>\n<k:konto .*<\/k:konto>$/);
  });
});
