// Node-RED's settings for bench/node-red.ts: no editor, no storage of contexts on the disk, and three marks that the flows set.
const { readFileSync } = require("node:fs");

const say = (line) => process.stdout.write(`${line}\n`);
const mark = (name) => say(`mark ${name} ${Date.now()}`);
const rows = Number(process.env.BENCH_ROWS);
let done = 0;

module.exports = {
  flowFile: "flows.json",
  httpAdminRoot: false,
  httpNodeRoot: false,
  disableEditor: true,
  uiHost: "127.0.0.1",
  uiPort: 0,
  credentialSecret: false,
  functionExternalModules: true,
  externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
  telemetry: { enabled: false },
  logging: { console: { level: "warn", metrics: false, audit: false } },
  functionGlobalContext: {
    bench: {
      input: process.env.BENCH_INPUT,
      out: process.env.BENCH_OUT,
      schema: readFileSync(process.env.BENCH_SCHEMA),
      schemaPath: process.env.BENCH_SCHEMA,
      begin: () => mark("begin"),
      /** Files with so many records are written; with the last of them the process ends. */
      written(records) {
        done += records;
        if (done < rows) return;
        mark("end");
        process.exit(0);
      },
      failed(text) {
        process.stderr.write(`${text}\n`);
        process.exit(1);
      },
    },
  },
};
