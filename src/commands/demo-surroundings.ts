// What a demo needs around it: a folder of its own, sample drops where the bridges look for them, and a target that takes
// what is sent to it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { parse } from "yaml";
import { bridgeFiles } from "../core/operations/admission.ts";
import { connectOperations } from "../core/operations/socket.ts";

/** /tmp/steg-demo; another name beside it where that is in use or not ours. */
export async function demoFolder(): Promise<string> {
  const folder = join(tmpdir(), "steg-demo");
  if (existsSync(folder)) {
    const found = lstatSync(folder);
    const ours = found.isDirectory() && found.uid === process.getuid?.();
    if (!ours || (await connectOperations(join(folder, "state"))) !== undefined) return await mkdtemp(`${folder}-`);
    // A demo that was killed; nothing in it was ever meant to stay.
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

export interface Receiver {
  /** Values for the variables that bridge files name and nobody set. */
  environment(dir: string): Record<string, string>;
  close(): Promise<void>;
}

/** Stands for the successor: takes every message and says so. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(201, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    environment(dir) {
      const values: Record<string, string> = {};
      for (const folder of readdirSync(dir)) {
        const file = join(dir, folder, "bridge.yaml");
        if (!existsSync(file)) continue;
        for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/\$\{env:([A-Za-z_]\w*)\}/g)) {
          if ((process.env[name] ?? "") === "") values[name] = name.endsWith("URL") ? url : "demo";
        }
      }
      return values;
    },
    close: async () =>
      await new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface Sample {
  readonly bridge: string;
  readonly from: string;
  /** The folder in which the bridge looks. */
  readonly to: string;
  /** Name of another file that the bridge would take. */
  readonly next: string;
}

/** One sample per bridge that polls a folder: a fixture, else the input of its first test. */
export async function placeSamples(dir: string, home: string, dataDir: string): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const file of await bridgeFiles(dir)) {
    const source = folderSourceOf(file);
    if (source === undefined) continue;
    const from = sampleFor(source.files, dirname(file), join(home, "fixtures"));
    if (from === undefined) continue;
    const to = join(dataDir, source.path);
    const named = (text: string): string => source.files.replaceAll(/\*+/g, text).replaceAll("?", "1");
    const name = named("demo");
    await mkdir(to, { recursive: true });
    await copyFile(from, join(to, name));
    if (source.marker !== undefined) await writeFile(join(to, source.marker.replaceAll("{name}", name)), "");
    samples.push({ bridge: source.bridge, from, to, next: named("neu") });
  }
  return samples;
}

interface FolderSource {
  readonly bridge: string;
  readonly path: string;
  readonly files: string;
  readonly marker: string | undefined;
}

/** A file that does not parse has its finding elsewhere; the demo only leaves it out. */
function folderSourceOf(file: string): FolderSource | undefined {
  try {
    const document = parse(readFileSync(file, "utf8"), { maxAliasCount: 0 }) as {
      bridge?: unknown;
      receive?: { folder?: { path?: unknown; files?: unknown; marker?: unknown } };
    };
    const folder = document.receive?.folder;
    if (typeof document.bridge !== "string" || typeof folder?.path !== "string" || folder.path.startsWith("/"))
      return undefined;
    const files = typeof folder.files === "string" ? folder.files : "*";
    return {
      bridge: document.bridge,
      path: folder.path,
      files,
      marker: typeof folder.marker === "string" ? folder.marker : undefined,
    };
  } catch {
    return undefined;
  }
}

function sampleFor(files: string, folder: string, fixtures: string): string | undefined {
  const beginning = files.replace(/[*?].*$/s, "");
  const fixture = list(fixtures).find(
    (name) =>
      extname(name) === extname(files) && beginning !== "" && beginning.startsWith(basename(name, extname(name))),
  );
  if (fixture !== undefined) return join(fixtures, fixture);
  const inputs: string[] = [];
  for (const name of list(join(folder, "tests"))) {
    const files = list(join(folder, "tests", name));
    const input = files.find((one) => !one.startsWith("expected") && !one.startsWith("."));
    if (input === undefined) continue;
    const path = join(folder, "tests", name, input);
    // Rather one that shows messages than one that is there for its errors.
    if (!files.includes("expected-error.txt")) return path;
    inputs.push(path);
  }
  return inputs[0];
}

function list(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}
