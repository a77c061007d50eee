// Documents of many rows, which a thread beside writes into memory that is used again: in the end each stands in its folder once and whole.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { expectSettled, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { createWorld, PLAIN } from "./world.ts";

const SCHEMA = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:l="urn:liste" targetNamespace="urn:liste" elementFormDefault="qualified">
<xs:element name="liste"><xs:complexType><xs:sequence>
  <xs:element name="posten" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:element name="id" type="xs:positiveInteger"/><xs:element name="betrag" type="xs:decimal"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element></xs:schema>`;

/** Together with the rows' own columns a drop is large enough for the thread. */
const REST = "r".repeat(440);

function drop(groups: number, rows: number, from: number): string {
  const lines = range(0, groups * rows - 1).map(
    (at) => `${from + at};G${Math.floor(at / rows)};${at % 900}.000,50;${REST}`,
  );
  return `ID;GRUPPE;BETRAG;REST\n${lines.join("\n")}\n`;
}

/** A new drop comes with every kill: `groups` documents of `rows` records. */
export function documents(groups: number, rows: number): KillPlan {
  return {
    name: "documents of many rows",
    begin(): Promise<Scene> {
      const world = createWorld({
        target: '  folder: { path: out, name: "{$file.stem}-{GRUPPE}.xml" }',
        deliver: PLAIN.deliver,
        map: `  per: { group: = GRUPPE }
  xml:
    l:liste:
      "@xmlns:l": urn:liste
      l:posten:
        =each: = $group
        l:id: = ID
        l:betrag: "= $decimal(BETRAG, '1.234,56')"`,
        more: "validate: { xsd: liste.xsd }\n",
      });
      writeFileSync(join(world.dir, "mappings", "crash", "liste.xsd"), SCHEMA);
      const out = join(world.data, "out");
      const each = groups * rows;
      let drops = 0;
      return Promise.resolve({
        world,
        moved: () => namesIn(out).length,
        next() {
          drops++;
          const path = join(world.drops, `drop-${drops}.csv`);
          writeFileSync(path, drop(groups, rows, drops * each));
          writeFileSync(`${path}.fertig`, "");
        },
        async end() {
          expect(namesIn(out)).toHaveLength(drops * groups);
          for (let at = 0; at < drops * groups; at++) {
            const [number, group] = [Math.floor(at / groups) + 1, at % groups];
            const text = readFileSync(join(out, `drop-${number}-G${group}.xml`), "utf8");
            const first = number * each + group * rows;
            const ids = Array.from(text.matchAll(/<l:id>(\d+)<\/l:id>/g), ([, id]) => Number(id));
            expect(ids).toEqual(range(first, first + rows - 1));
            expect(text).toMatch(/<\/l:posten><\/l:liste>$/);
          }
          const records = drops * each;
          await expectSettled(world, { records, delivered: records, dead: 0, drops });
          return { drops, records, lost: 0, twice: 0 };
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not made yet.
    return [];
  }
}
