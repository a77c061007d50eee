// What the legacy side hears back: one receipt per drop, German because a clerk reads it, as JSON and, if asked, CSV.

import type { DeadLetter, DropRow, Journal } from "../journal/types.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { germanDate, isoIn, wallTime } from "../lifecycle/dates.ts";
import { reasonInGerman, stageInGerman } from "./reasons.ts";

const STANDS: Partial<Record<DropRow["state"], Receipt["stand"]>> = {
  duplicate: "doppelt",
  held: "gehalten",
  "handed-over": "uebergeben",
  refused: "abgelehnt",
};

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
  readonly stand: "erledigt" | "doppelt" | "gehalten" | "uebergeben" | "abgelehnt";
  /** Of a file that came twice: when the same content came first. Its records are those that `saetze` counts. */
  readonly ersteLieferung: {
    readonly vorgang: string;
    /** null once the name is erased. */
    readonly datei: string | null;
    readonly angenommen: string;
  } | null;
  readonly saetze: {
    /** null as long as nobody has read the file to its end; a file that is held, handed over or refused has not been read. */
    readonly gesamt: number | null;
    readonly zugestellt: number;
    readonly uebersprungen: number;
    readonly klaerfaelle: number;
    readonly inArbeit: number | null;
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
  journal: Pick<Journal, "drop" | "dead">,
  notices: (drop: DropRow) => readonly string[],
  /** What is to be said of this drop itself, even if it came twice. */
  own: readonly string[] = [],
): Promise<Receipt> {
  const earlier =
    drop.state === "duplicate" && drop.duplicateOf !== undefined ? await journal.drop(drop.duplicateOf) : undefined;
  const counted = earlier ?? drop;
  const letters = counted.dead > 0 ? await journal.dead({ drop: counted.id, limit: LISTED_MOST }) : [];
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
    angenommen: isoIn(drop.received, bridge.timezone),
    abgeschlossen: drop.finished === undefined ? null : isoIn(drop.finished, bridge.timezone),
    stand: STANDS[drop.state] ?? "erledigt",
    ersteLieferung: earlier === undefined ? null : firstComing(earlier, bridge.timezone),
    saetze: sumsOf(counted),
    klaerfaelle: open.map(lineOf),
    weitereKlaerfaelle: Math.max(0, counted.dead - listed),
    hinweise: [
      ...(earlier === undefined ? [] : [duplicateNotice(drop, earlier, bridge.timezone)]),
      // What is the matter with a file that came twice is the matter with the first one: that it is held, say.
      ...notices(counted),
      ...own,
    ],
  };
}

function firstComing(earlier: DropRow, timezone: string): NonNullable<Receipt["ersteLieferung"]> {
  return {
    vorgang: earlier.id,
    datei: earlier.payload === "kept" ? earlier.name : null,
    angenommen: isoIn(earlier.received, timezone),
  };
}

function sumsOf(drop: DropRow): Receipt["saetze"] {
  const { records, delivered, skipped, dead, complete } = drop;
  return {
    gesamt: complete ? records : null,
    zugestellt: delivered,
    uebersprungen: skipped,
    klaerfaelle: dead,
    inArbeit: complete ? records - delivered - skipped - dead : null,
  };
}

/** The same content again: nothing is delivered twice, only what failed the first time gets another try. */
function duplicateNotice(drop: DropRow, earlier: DropRow, timezone: string): string {
  const { date, time } = wallTime(earlier.received, timezone);
  const name = earlier.payload === "kept" ? ` unter dem Namen »${earlier.name}«` : "";
  const first = `doppelt: Eine Datei mit genau diesem Inhalt ist schon am ${germanDate(date)} um ${time}${name} angenommen worden (Vorgang ${earlier.id}).`;
  return drop.payload === "kept"
    ? `${first} Zugestellt wurde jetzt nur, was damals ein Klärfall war; die Zahlen sagen, wie es um die Sätze nun steht.`
    : `${first} Sie wird nicht noch einmal zugestellt; die Zahlen sind die der ersten Lieferung.`;
}

function lineOf(letter: DeadLetter): Receipt["klaerfaelle"][number] {
  return {
    satz: letter.first,
    bisSatz: letter.last,
    // Of a file that cannot be read on there is no record to have a line; the error knows where it begins.
    zeile: letter.line === 0 && typeof letter.facts?.["line"] === "number" ? letter.facts["line"] : letter.line,
    stufe: stageInGerman(letter.stage),
    code: letter.code,
    grund: reasonInGerman(letter),
  };
}

export function receiptJson(receipt: Receipt): Uint8Array {
  return Buffer.from(`${JSON.stringify(receipt, null, 2)}\n`);
}

/**
 * A line for the file as a whole, one for each record that is not delivered, one for each notice: semicolons, UTF-8 with BOM, so
 * that spreadsheets show umlauts; formulas are disarmed.
 */
export function receiptCsv(receipt: Receipt): Uint8Array {
  const head = [receipt.datei, receipt.vorgang, receipt.stand];
  const whole = (text: string): string[] => [...head, "", "", "", "", "", text];
  const lines = [
    ["Datei", "Vorgang", "Stand", "Satz", "bis Satz", "Zeile", "Stufe", "Code", "Grund"],
    whole(sumsInWords(receipt)),
  ];
  for (const { satz, bisSatz, zeile, stufe, code, grund } of receipt.klaerfaelle) {
    lines.push([...head, String(satz), String(bisSatz), zeile === 0 ? "" : String(zeile), stufe, code, grund]);
  }
  if (receipt.weitereKlaerfaelle > 0) lines.push(whole(`${receipt.weitereKlaerfaelle} weitere Klärfälle`));
  for (const notice of receipt.hinweise) lines.push(whole(notice));
  return Buffer.from(`\uFEFF${lines.map((cells) => cells.map(csvCell).join(";")).join("\r\n")}\r\n`);
}

function sumsInWords({ saetze }: Receipt): string {
  const { gesamt, zugestellt, uebersprungen, klaerfaelle } = saetze;
  if (gesamt === null) return "Die Sätze der Datei sind noch nicht gezählt.";
  const parts = [`${zugestellt} von ${gesamt} Sätzen zugestellt`];
  if (uebersprungen > 0) parts.push(`${uebersprungen} übersprungen`);
  if (klaerfaelle > 0) parts.push(klaerfaelle === 1 ? "1 Klärfall" : `${klaerfaelle} Klärfälle`);
  return parts.join(", ");
}

function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * `gewerbe_1.csv.<id>.quittung.json`; the legacy side's name is data, so only harmless characters of it stay.
 * An umlaut written as a letter and a mark, as macOS does, is the same umlaut.
 */
export function receiptName(drop: DropRow, format: "json" | "csv"): string {
  return answerName(drop, { kind: "quittung", extension: format });
}

/** `bestellung.edi.<id>.contrl.edi`; `number` where a drop has several answers of one kind. */
export function answerName(
  drop: DropRow,
  {
    kind,
    extension,
    number,
  }: { readonly kind: string; readonly extension: string; readonly number?: number | undefined },
): string {
  const safe = drop.name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}._-]/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 120);
  return [safe, drop.id, ...(number === undefined ? [] : [number]), kind, extension].join(".");
}
