// steg verify: a certificate, or an export of the trail, checked without an appliance.

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { BridgeError } from "../core/errors.ts";
import { AUDIT_EXPORT, verifyExport } from "../core/journal/exported.ts";
import { CERTIFICATE, keyId, MOST_CERTIFICATE, verifyCertificate } from "../core/lifecycle/retirement/certificate.ts";
import type { Certificate } from "../core/lifecycle/retirement/certificate.ts";
import { formatCount, formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { FINE, INPUT_FAULT, JSON_OUTPUT } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";

const KEY_ID = /^sha256:[0-9a-f]{64}$/;
const MOST_LINE = 4 << 20;
const HEAD = 4_096;

export const command: Command = {
  options: { ...JSON_OUTPUT, key: { type: "string" }, trail: { type: "string" } },
  usage: "FILE [--key KEY] [--trail EXPORT]",
  help: `
Checks offline whether the certificate of a retired bridge is as it was signed, to the byte, or whether an export of the audit trail
(steg audit export) is one unbroken chain. Exit code 1 where it is not.
  --key     whose signature it has to be: sha256:… as the appliance shows it, its public key as a PEM file, or an export of its trail.
            Without it the key in the file itself counts: then nothing says which appliance that is.
  --trail   an export of the trail, made later: the certificate's head of the trail has to be in it
Who controls the host of an appliance can replace its trail and sign another. Heads and certificates that are kept elsewhere show that.`,
  examples: [
    "steg verify gewerbeanmeldung.certificate.json",
    "steg verify gewerbeanmeldung.certificate.json --key steg.pub.pem --trail audit-2028-01.jsonl",
    "steg verify audit-2028-01.jsonl",
  ],
  words: [1, 1],
  async run(args, program) {
    const path = resolve(program.cwd, args.positionals[0] ?? "");
    const start = new TextDecoder().decode(await firstBytes(path, HEAD));
    const expected = await expectedKey(args, program);
    const found = start.startsWith(`{"export":"${AUDIT_EXPORT}"`)
      ? await verifyTrail(path, expected, args)
      : await verifyPaper(path, expected, args, program);
    if (args.flag("json")) program.console.json(found.json);
    else for (const line of found.lines(program)) program.console.line(line);
    return found.json.ok ? FINE : INPUT_FAULT;
  },
};

interface Found {
  readonly json: { readonly ok: boolean; readonly [name: string]: unknown };
  lines(program: Program): readonly string[];
}

const refused = (why: string): Found => ({
  json: { ok: false, why },
  lines: ({ console }) => [`${mark(console.out, "✗")} ${escapeControls(why)}`],
});

async function verifyPaper(
  path: string,
  expected: string | undefined,
  args: Arguments,
  program: Program,
): Promise<Found> {
  const verdict = verifyCertificate(await firstBytes(path, MOST_CERTIFICATE + 1), expected);
  if (!verdict.ok) return refused(verdict.why);
  const { certificate } = verdict;
  const trail = args.text("trail");
  if (trail !== undefined) {
    const chain = await verifyExport(linesOf(resolve(program.cwd, trail)), certificate.trail);
    if (!chain.ok) return refused(`the trail: ${chain.why}`);
    if (keyId(chain.publicKey) !== certificate.appliance.id) return refused("the trail is of another appliance");
  }
  const { bridge, closed, appliance } = certificate;
  const { seq, hash } = certificate.trail;
  const keyGiven = expected !== undefined;
  const trailSeen = trail !== undefined;
  const json = {
    ok: true,
    kind: CERTIFICATE,
    bridge: bridge.name,
    closed: closed.at,
    by: closed.by,
    key: appliance.id,
    keyGiven,
    head: { seq, hash },
    trailSeen,
  };
  return { json, lines: (shown) => paperLines(certificate, { keyGiven, trailSeen }, shown) };
}

/** What was signed may still be nonsense. */
const figure = (value: unknown): string => (typeof value === "number" ? formatCount(value) : "?");

function paperLines(
  { bridge, closed, records, appliance, trail }: Certificate,
  { keyGiven, trailSeen }: { readonly keyGiven: boolean; readonly trailSeen: boolean },
  { console }: Program,
): readonly string[] {
  const safe = escapeControls;
  const open = mark(console.out, "!");
  return [
    `${mark(console.out, "✓")} certificate of ${safe(bridge.name)}, as it was signed`,
    `  ${safe(bridge.title)}, ${safe(bridge.owner)}`,
    `  closed ${safe(closed.at)} by ${safe(closed.by)}: ${safe(closed.reason)}`,
    `  ${figure(records?.all)} records, ${figure(records?.delivered)} delivered`,
    `  signed by ${appliance.id}`,
    `  head of the trail ${trail.seq} ${safe(trail.hash)}`,
    ...(keyGiven
      ? []
      : [`${open} whose key that is, the file cannot say: compare it with the appliance's, or give --key`]),
    ...(trailSeen ? [] : [`${open} whether the trail went on from there, only a later export shows: --trail`]),
  ];
}

async function verifyTrail(path: string, expected: string | undefined, args: Arguments): Promise<Found> {
  if (args.text("trail") !== undefined) throw new BridgeError("USAGE", "--trail belongs to a certificate");
  const verdict = await verifyExport(linesOf(path));
  if (!verdict.ok) return refused(verdict.why);
  const key = keyId(verdict.publicKey);
  if (expected !== undefined && expected !== key) return refused("it is of another appliance than the one named");
  const { entries, head } = verdict;
  return {
    json: { ok: true, kind: AUDIT_EXPORT, entries, head, key, keyGiven: expected !== undefined },
    lines: ({ console }) => [
      `${mark(console.out, "✓")} ${formatNoun(entries, "entry", "entries")}, unbroken; names of people are not part of the chain`,
      `  head ${head.hash}`,
      `  key ${key}`,
      ...(expected === undefined
        ? [`${mark(console.out, "!")} whose key that is, the file cannot say: give --key`]
        : []),
    ],
  };
}

async function expectedKey(args: Arguments, program: Program): Promise<string | undefined> {
  const given = args.text("key");
  if (given === undefined || KEY_ID.test(given)) return given;
  if (given.startsWith("sha256:"))
    throw new BridgeError("USAGE", "--key sha256:… takes 64 digits of 0 to 9 and a to f");
  const text = new TextDecoder().decode(await firstBytes(resolve(program.cwd, given), HEAD));
  try {
    const [line = ""] = text.split("\n");
    const pem = text.startsWith("{") ? String((JSON.parse(line) as { publicKey?: unknown }).publicKey) : text;
    return keyId(pem);
  } catch (cause) {
    throw new BridgeError("USAGE", "--key is neither sha256:… nor a file with a public key", { cause });
  }
}

/** FILE_UNREADABLE */
async function firstBytes(path: string, most: number): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(most);
      let size = 0;
      for (let read = -1; read !== 0 && size < most; size += read)
        ({ bytesRead: read } = await file.read(bytes, size, most - size, size));
      return bytes.subarray(0, size);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${path} cannot be read`, { cause });
  }
}

/** Lines of a file that may be large. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(path, { encoding: "utf8" }) as AsyncIterable<string>) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
      if (rest.length > MOST_LINE) break;
    }
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${path} cannot be read`, { cause });
  }
  if (rest !== "") yield rest;
}
