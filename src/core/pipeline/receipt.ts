// What the legacy side hears back: one receipt per drop, German because a clerk reads it, as JSON and, if asked, CSV.

import type { DeadLetter, DropRow, Journal } from "../journal/types.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { reasonInGerman, stageInGerman } from "./reasons.ts";

/** Refused records a receipt names one by one; beyond it a line says how many more there are. */
const LISTED_MOST = 10_000;

export interface Receipt {
  readonly quittung: 1;
  readonly bruecke: string;
  readonly titel: string;
  readonly datei: string;
  readonly vorgang: string;
  readonly groesse: number;
  readonly sha256: string;
  readonly angenommen: string;
  readonly abgeschlossen: string | null;
  readonly stand: "erledigt" | "doppelt" | "gehalten";
  readonly saetze: {
    readonly gesamt: number;
    readonly zugestellt: number;
    readonly uebersprungen: number;
    readonly klaerfaelle: number;
    readonly inArbeit: number;
  };
  readonly klaerfaelle: readonly {
    readonly satz: number;
    readonly bisSatz: number;
    readonly zeile: number;
    readonly stufe: string;
    readonly code: string;
    readonly grund: string;
  }[];
  readonly weitereKlaerfaelle: number;
  readonly hinweise: readonly string[];
}

export async function receiptFor(
  bridge: LoadedBridge,
  drop: DropRow,
  journal: Journal,
  notices: readonly string[],
): Promise<Receipt> {
  const letters =
    drop.state === "done" && drop.dead > 0 ? await journal.dead({ drop: drop.id, limit: LISTED_MOST }) : [];
  const open = letters.filter((letter) => letter.state !== "delivered");
  const listed = open.reduce((sum, letter) => sum + letter.last - letter.first + 1, 0);
  return {
    quittung: 1,
    bruecke: bridge.name,
    titel: bridge.title,
    datei: drop.name,
    vorgang: drop.id,
    groesse: drop.size,
    sha256: drop.sha256,
    angenommen: localTime(drop.received, bridge.timezone),
    abgeschlossen: drop.finished === undefined ? null : localTime(drop.finished, bridge.timezone),
    stand: drop.state === "held" ? "gehalten" : drop.state === "duplicate" ? "doppelt" : "erledigt",
    saetze: {
      gesamt: drop.records,
      zugestellt: drop.delivered,
      uebersprungen: drop.skipped,
      klaerfaelle: drop.dead,
      inArbeit: drop.records - drop.delivered - drop.skipped - drop.dead,
    },
    klaerfaelle: open.map(lineOf),
    weitereKlaerfaelle: drop.dead - listed,
    hinweise: notices,
  };
}

function lineOf(letter: DeadLetter): Receipt["klaerfaelle"][number] {
  return {
    satz: letter.first,
    bisSatz: letter.last,
    zeile: letter.line,
    stufe: stageInGerman(letter.stage),
    code: letter.code,
    grund: reasonInGerman(letter),
  };
}

export function receiptJson(receipt: Receipt): Uint8Array {
  return Buffer.from(`${JSON.stringify(receipt, null, 2)}\n`);
}

/** The refused records as CSV (semicolon, UTF-8 with BOM, so that spreadsheets show umlauts); formulas are disarmed. */
export function receiptCsv(receipt: Receipt): Uint8Array {
  const lines = [["Datei", "Vorgang", "Stand", "Satz", "bis Satz", "Zeile", "Stufe", "Code", "Grund"]];
  const head = [receipt.datei, receipt.vorgang, receipt.stand];
  for (const item of receipt.klaerfaelle) {
    lines.push([
      ...head,
      String(item.satz),
      String(item.bisSatz),
      String(item.zeile),
      item.stufe,
      item.code,
      item.grund,
    ]);
  }
  if (receipt.klaerfaelle.length === 0)
    lines.push([
      ...head,
      "",
      "",
      "",
      "",
      "",
      `${receipt.saetze.zugestellt} von ${receipt.saetze.gesamt} Sätzen zugestellt`,
    ]);
  return Buffer.from(`\uFEFF${lines.map((cells) => cells.map(csvCell).join(";")).join("\r\n")}\r\n`);
}

function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** `gewerbe_1.csv.<id>.quittung.json`; the legacy side's name is data, so only harmless characters of it stay. */
export function receiptName(drop: DropRow, format: "json" | "csv"): string {
  const safe = drop.name
    .replace(/[^\p{L}\p{N}._-]/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 120);
  return `${safe}.${drop.id}.quittung.${format}`;
}

/** `2026-11-20T18:04:12+01:00` in the bridge's zone. */
function localTime(milliseconds: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  }).formatToParts(milliseconds);
  const part = (type: string): string => parts.find((item) => item.type === type)?.value ?? "";
  const offset = part("timeZoneName").replace("GMT", "").replace("\u2212", "-") || "+00:00";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}${offset}`;
}
