#!/usr/bin/env node
// The launcher. Steg is TypeScript that Node 24 runs directly; an older Node hands over to the one in node_modules.
//
// Two things have to be said before Node starts, so the launcher puts the appliance in its own place (same process id, same
// terminal, same signals):
//   memory   records live for milliseconds: a small space for young objects keeps the process small, whatever the size of a drop,
//            and what starting took is collected at once, what work took at rest
//   cache    modules without their types, and as byte code: otherwise each start strips and compiles them anew
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
const main = fileOf("../src/main.ts");
const pinned = fileOf("../node_modules/.bin/node");

const given = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
const memory = given.includes("semi-space-size") ? [] : ["--max-semi-space-size=16"];
const env = { NODE_COMPILE_CACHE: fileOf("../node_modules/.cache/steg"), ...process.env };
const command = [...process.execArgv, ...memory, "--expose-gc", main, ...process.argv.slice(2)];

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // Missing on Windows: there everything works as well, with more memory and a slower start.
  if (process.execve) process.execve(process.execPath, [process.execPath, ...command], env);
  await import(new URL("../src/main.ts", import.meta.url).href);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, command, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 130 : (code ?? 3)));
} else {
  process.stderr.write(
    `steg needs Node 24 or newer, this is ${process.version}. Run npm ci in the checkout: it brings one.\n`,
  );
  process.exit(3);
}
