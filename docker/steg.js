#!/usr/local/bin/node
// The image's launcher. It puts the appliance in its own place: same process id, so the container's signals reach it.
//
//   memory   as in bin/steg.js; one arena, because threads that sleep each keep their own otherwise
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../app/main.js", import.meta.url));
const given = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
const memory = given.includes("semi-space-size") ? [] : ["--max-semi-space-size=16"];
const command = [...process.execArgv, ...memory, "--expose-gc", main, ...process.argv.slice(2)];
process.execve(process.execPath, [process.execPath, ...command], { MALLOC_ARENA_MAX: "1", ...process.env });
