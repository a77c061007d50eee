// (a) CSV → NDJSON in a folder, end to end and durably, against csv-parse alone making objects of the same file.
//
//   ours   rows per second of the whole process `steg up --once`: start, spool (hashed, encrypted, fsynced), journal, decode, map
//          with twelve names, write, fsync, end
//   floor  csv-parse reading the file from the disk as objects, which are thrown away
//
// csv-json-1252 is the same of a drop in windows-1252, against the same floor: csv-parse reads no windows-1252.

import { createInput, csvParseObjects, runJob, warmUp, type Input } from "./end-to-end.ts";
import type { Bench, Measured } from "./measure.ts";
import { measureShares, type Shares } from "./shares.ts";

export const BODY = `map:
  json:
    id: = ID
    name: "= NAME & ', ' & VORNAME"
    geburt: = $date(GEBURT, 'dd.MM.yyyy')
    strasse: = STRASSE
    nr: = NR
    plz: = PLZ
    ort: = ORT
    betrag: "= $decimal(BETRAG, '1.234,56')"
    aktiv: = STATUS = 'J'
    datum: = $date(DATUM, 'dd.MM.yyyy')
    text: = TEXT
    quelle: altverfahren

encode:
  json: lines

deliver:
  batch: { drop: true }
  folder: { path: out, name: "{$file.stem}.ndjson" }
`;

/** In turn, so that both see the same weather; the better round of each counts. */
const ROUNDS = 2;

const run: Bench = async ({ quick }) => {
  await warmUp(BODY);
  const rows = quick ? 100_000 : 1_000_000;
  const input = await createInput(rows);
  const old = await createInput(rows, "windows-1252");
  try {
    const shares = (): Promise<Shares> => measureShares((flags) => runJob(input, BODY, { flags }));
    return [
      { ...(await against(input, input)), name: "csv-json", shares: await shares() },
      { ...(await against(old, input)), name: "csv-json-1252" },
    ];
  } finally {
    input.remove();
    old.remove();
  }
};
export default run;

/** The job over one file, csv-parse over the other. */
async function against(input: Input, plain: Input): Promise<Omit<Measured, "name">> {
  let [ours, floor, peakRssMiB, seconds] = [0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    floor = Math.max(floor, await csvParseObjects(plain.path));
    const figures = await runJob(input, BODY);
    peakRssMiB = Math.max(peakRssMiB, figures.peakRssMiB);
    if (figures.rate > ours) ({ rate: ours, seconds } = figures);
  }
  const note = `${input.rows} rows in ${seconds.toFixed(1)} s, process start included`;
  return { ours, floor, floorName: "csv-parse, objects", unit: "records/s", peakRssMiB, note };
}
