// Reading invoices, INVOIC D.96A with ten lines each, 20 MB without line breaks: to full records, against the npm package edifact to less.
// Each way in a process of its own, by processor time; the peak is that of ours, from the file's start to its last record.

import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, measureProcess, type ProcessFigures } from "./measure.ts";

const ROUNDS = 5;
const LINES = 10;
const JOB = fileURLToPath(new URL("edifact-job.ts", import.meta.url));

function invoice(number: number): string {
  const segments = [
    `UNH+${number}+INVOIC:D:96A:UN:EAN008`,
    `BGM+380+R${number}+9`,
    "DTM+137:20261101:102",
    "DTM+35:20261030:102",
    "FTX+ZZZ+++Zahlbar ohne Abzug?: 14 Tage",
    `RFF+ON:B${number}`,
    "NAD+SE+4000001000005::9++Blumen Muster:Abteilung 1+Ratsweg 12+Neustadt++12345+DE",
    "RFF+VA:DE123456789",
    "NAD+BY+4000002000004::9++Stadt Musterstadt+Marktplatz 1+Musterstadt++54321+DE",
    "CUX+2:EUR:4",
    "PAT+3++66:1:D:14",
  ];
  for (let line = 1; line <= LINES; line++) {
    segments.push(
      `LIN+${line}++4000001${line}:EN`,
      `PIA+5+A${line}:SA`,
      `IMD+F++:::Artikel Nummer ${line}`,
      `QTY+47:${line}:PCE`,
      `MOA+203:${line}0.00`,
      "PRI+AAA:10.00",
      "TAX+7+VAT+++:::19+S",
    );
  }
  segments.push("UNS+S", `CNT+2:${LINES}`, "MOA+77:654.50", "MOA+79:550.00", "MOA+124:104.50");
  segments.push("TAX+7+VAT+++:::19+S", "MOA+124:104.50", `UNT+${LINES * 7 + 19}+${number}`);
  return segments.map((segment) => `${segment}'`).join("");
}

/** Writes so many bytes of invoices; answers how many messages and megabytes there are. */
async function writeInvoices(path: string, size: number): Promise<{ messages: number; megabytes: number }> {
  const file = createWriteStream(path);
  let bytes = 0;
  let messages = 0;
  let text = "UNA:+.? 'UNB+UNOC:3+4000001000005:14+4000002000004:14+261101:1200+REF1'";
  const write = async (): Promise<void> => {
    bytes += text.length;
    if (!file.write(text)) await new Promise<void>((resolve) => file.once("drain", resolve));
  };
  while (bytes < size) {
    await write();
    text = invoice(++messages);
  }
  await write();
  text = `UNZ+${messages}+REF1'`;
  await write();
  await new Promise<void>((resolve) => file.end(resolve));
  return { messages, megabytes: bytes / 1e6 };
}

const run: Bench = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), "steg-bench-"));
  const path = join(folder, "rechnungen.edi");
  try {
    const { messages, megabytes } = await writeInvoices(path, quick ? 4e6 : 20e6);
    const measure = async (way: string, rounds = ROUNDS): Promise<ProcessFigures & { rate: number }> => {
      const size = megabytes.toFixed(3);
      const command = [process.execPath, "--max-semi-space-size=16", JOB, way, path, size, `${rounds}`, `${messages}`];
      const figures = await measureProcess(command, {});
      if (figures.code !== 0) throw new Error(`${way} ended with ${figures.code}`);
      return { ...figures, rate: Number(figures.stdout) };
    };
    const { peakRssMiB } = await measure("ours", 1);
    const { rate: ours } = await measure("ours");
    const { rate: records } = await measure("records");
    const { rate: matched } = await measure("matched");
    const { rate: reader } = await measure("reader");
    const { rate: events } = await measure("events");
    const unit = "MB per CPU second";
    const floors = [
      ["edifact", records, "edifact's parser and validator, made into the same records"],
      ["edifact-matched", matched, "edifact's parser alone, made into the same records"],
      ["edifact-reader", reader, "edifact's parser and validator, arrays"],
      ["edifact-events", events, "edifact's parser, events alone"],
    ] as const;
    return floors.map(([name, floor, floorName]) => ({ name, ours, floor, floorName, unit, peakRssMiB }));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
export default run;
