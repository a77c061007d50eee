// (a) CSV → NDJSON in a folder, end to end and durably, against csv-parse alone making objects of the same file.

import { createJob, csvParseObjects, writeRows } from "./end-to-end.ts";
import type { Bench } from "./measure.ts";

const BODY = `map:
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

const run: Bench = async ({ quick }) => {
  const rows = quick ? 100_000 : 1_000_000;
  const job = createJob(BODY);
  try {
    await writeRows(job.input, rows);
    const floor = await csvParseObjects(job.input);
    const figures = await job.run();
    const delivered = figures.summary.bridges[0]?.delivered;
    if (delivered !== rows) throw new Error(`${delivered} of ${rows} records were delivered`);
    return {
      name: "csv-json",
      ours: rows / figures.seconds,
      floor,
      floorName: "csv-parse, objects",
      unit: "records/s",
      peakRssMiB: figures.peakRssMiB,
      note: `${rows} rows in ${figures.seconds.toFixed(1)} s, process start included`,
    };
  } finally {
    job.remove();
  }
};
export default run;
