// The legacy side of a soak: puts files down, takes away what was made of them, and knows what has to have come in the end.

import { once } from "node:events";
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER, row } from "./end-to-end.ts";
import { interchange } from "./invoic.ts";
import { Numbers } from "./soak-numbers.ts";
import type { SoakAppliance } from "./soak-scene.ts";

const SMALL = 50;
const LARGE = 100_000;
const INVOICES = 20;
/** Every so manieth is wrong and becomes a dead letter. */
const BAD_ROW = 997;
const BAD_INVOICE = 50;

export interface Expected {
  /** Good ones and bad ones, as the legacy side counts them. */
  readonly rows: { readonly good: number; readonly bad: number };
  readonly invoices: { readonly good: number; readonly bad: number };
  /** Interchanges: each has a CONTRL and a receipt. */
  readonly interchanges: number;
  /** Files that came a second time under another name. */
  readonly repeated: number;
}

export interface Feed {
  small(): void;
  /** The last small file again, under another name: nothing of it may be delivered. */
  again(): void;
  large(): Promise<void>;
  interchange(): void;
  /** Takes invoices, CONTRLs and receipts away that are there. */
  collect(): void;
  expected(): Expected;
  readonly invoices: Numbers;
  readonly controls: number;
  readonly receipts: number;
  /** Files that still lie where they were put. */
  waiting(): number;
}

export function createFeed(appliance: SoakAppliance): Feed {
  const rowsFolder = appliance.folder("zeilen");
  const ediFolder = appliance.folder("invoic/eingang");
  const invoices = new Numbers();
  let nextRow = 1;
  let nextInvoice = 1;
  let files = 0;
  let interchanges = 0;
  let repeated = 0;
  let controls = 0;
  let receipts = 0;
  let last = "";

  function rowsText(count: number): string {
    const lines = [HEADER];
    for (const end = nextRow + count; nextRow < end; nextRow++) {
      const text = row(nextRow);
      lines.push(nextRow % BAD_ROW === 0 ? text.replace(/;\d\d\.\d\d\.\d{4};/, ";unbekannt;") : text);
    }
    return `${lines.join("\n")}\n`;
  }

  /** Whole under its name at once, as a careful writer does it. */
  function put(folder: string, name: string, text: string): void {
    const temporary = join(folder, `${name}.tmp`);
    writeFileSync(temporary, text);
    renameSync(temporary, join(folder, name));
  }

  /** What is there goes, `see` has looked at it. Names that begin with a dot are still being written. */
  function takeAway(folder: string, see: (text: string) => void): number {
    if (!existsSync(folder)) return 0;
    const names = readdirSync(folder).filter((name) => !name.startsWith("."));
    for (const name of names) {
      see(readFileSync(join(folder, name), "utf8"));
      rmSync(join(folder, name));
    }
    return names.length;
  }

  const badBelow = (next: number, every: number): number => Math.floor((next - 1) / every);

  return {
    small() {
      last = rowsText(SMALL);
      put(rowsFolder, `klein-${++files}.csv`, last);
    },
    again() {
      // What failed the first time would get a second try.
      if (last === "" || last.includes("unbekannt")) return;
      repeated++;
      put(rowsFolder, `klein-${++files}-nochmal.csv`, last);
    },
    async large() {
      const name = `gross-${++files}.csv`;
      const temporary = join(rowsFolder, `${name}.tmp`);
      const out = createWriteStream(temporary);
      for (let done = 0; done < LARGE; done += 5_000) {
        const text = rowsText(5_000);
        if (!out.write(done === 0 ? text : text.slice(text.indexOf("\n") + 1))) await once(out, "drain");
      }
      out.end();
      await once(out, "finish");
      renameSync(temporary, join(rowsFolder, name));
    },
    interchange() {
      const reference = `S${String(++interchanges).padStart(8, "0")}`;
      const quantity = (number: number): string => (number % BAD_INVOICE === 0 ? "viele" : "10");
      put(ediFolder, `${reference}.edi`, interchange(INVOICES, nextInvoice, reference, quantity));
      nextInvoice += INVOICES;
    },
    collect() {
      takeAway(appliance.folder("invoic/ausgang"), (text) => {
        invoices.add(Number(/<cbc:ID>RE-(\d+)</.exec(text)?.[1]));
      });
      controls += takeAway(appliance.folder("invoic/contrl"), (text) => {
        if (!text.includes("UCI+S")) throw new Error("an answer is no CONTRL");
      });
      receipts += takeAway(appliance.folder("invoic/quittungen"), () => undefined);
    },
    expected() {
      const badRows = badBelow(nextRow, BAD_ROW);
      const badInvoices = badBelow(nextInvoice, BAD_INVOICE);
      return {
        rows: { good: nextRow - 1 - badRows, bad: badRows },
        invoices: { good: nextInvoice - 1 - badInvoices, bad: badInvoices },
        interchanges,
        repeated,
      };
    },
    invoices,
    get controls() {
      return controls;
    },
    get receipts() {
      return receipts;
    },
    waiting: () =>
      [rowsFolder, ediFolder].reduce(
        (sum, folder) => sum + readdirSync(folder).filter((name) => /\.(?:csv|edi)$/.test(name)).length,
        0,
      ),
  };
}
