#!/usr/local/bin/node
// The image's launcher. It puts the appliance in its own place: same process id, so that the container's signals reach it.
//
//   memory   as in bin/steg.js; one arena of the C library, because threads that sleep would keep one each; and the optimizing compiler
//            later than V8 would take it (3,000 calls), or the start alone maps 5 MiB of it that an appliance at rest never needs
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../app/main.js", import.meta.url));
const given = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
const memory = given.includes("semi-space-size") ? [] : ["--max-semi-space-size=16"];
const flags = [...process.execArgv, ...memory, "--invocation-count-for-turbofan=30000", "--expose-gc"];
process.execve(process.execPath, [process.execPath, ...flags, main, ...process.argv.slice(2)], {
  MALLOC_ARENA_MAX: "1",
  ...process.env,
});
