// Options that all roles on servers of files share, whatever the protocol.

import type { Known, Refuse } from "../../../core/contract.ts";
import {
  boolean,
  choice,
  duration,
  integer,
  pattern,
  required,
  text,
  type AnyShape,
} from "../../../core/options/shape.ts";
import { checkNaming, type Naming } from "../naming.ts";
import { sampleOf } from "../patterns.ts";
import { checkTaking, taking, type Taking } from "../taking.ts";
import { unwritable, type NameEncoding } from "./name-code.ts";

/** Seconds that a connection nobody uses is kept. */
export const IDLE = 30_000;

/** To be spread behind what says how the server is reached. */
export const remoteSourceOptions = {
  path: required(text("folder on the server; relative to where the login lands", { example: "/export" })),
  files: taking.files,
  every: duration("longest time between two looks", { default: "60s", least: 100 }),
  settle: duration(
    "how long size and time must stand still before a file counts as complete; servers tell times in whole seconds, so below 1s a file that is written again at the same size can look unchanged",
    { default: "10s", most: 86_400_000 },
  ),
  marker: taking.marker,
  after: taking.after,
  archive: taking.archive,
  sort: taking.sort,
  claim: boolean(
    "whether several appliances take from this folder: each file is renamed to a working name before it is read, so that one of them has it. All of them run a bridge of this name, each over a state of its own, and the server must rename in one step: FTP servers on one disk, and SFTP servers with posix-rename@openssh.com (OpenSSH, ProFTPD) do; one that makes a second name and then takes away the first gives a file to two",
    { default: false },
  ),
  claimFor: taking.claimFor,
};

export const remoteTargetOptions = {
  path: required(
    pattern("path", "folder on the server; what values choose of it is made where it is missing", {
      example: "/import",
    }),
  ),
  name: required(pattern("name", "name of the file of a message or batch", { example: "{$file.stem}-{$index}.xml" })),
};

export const remoteReceiptsOptions = {
  path: required(text("folder on the server that receipts are written to", { example: "/quittung" })),
  format: choice(["json", "csv"], "how a receipt is written", { default: "json" }),
};

/** What must be said of a server need not be said again where receipts go to the one that the files come from. */
export function maybeOfTheSource<P extends Readonly<Record<string, AnyShape>>>(options: P): P {
  return Object.fromEntries(
    Object.entries(options).map(([name, shape]) => [name, { ...shape, required: false }]),
  ) as unknown as P;
}

/** Core has put in what the source says of its server. */
export function checkReceiptsServer(known: object, options: Readonly<Record<string, AnyShape>>, refuse: Refuse): void {
  for (const [name, shape] of Object.entries(options)) {
    if (!shape.required || Object.hasOwn(known, name)) continue;
    refuse(name, "is missing, and the files come from no such server");
  }
}

export function connectionsOption(count: number): ReturnType<typeof integer<{ readonly default: number }>> {
  return integer("connections to the server at the most", { default: count, least: 1, most: 16 });
}

export function checkRemoteSource(
  known: Taking & {
    readonly path: string | undefined;
    readonly claim?: boolean | undefined;
    readonly nameEncoding?: NameEncoding | undefined;
  },
  refuse: Refuse,
): void {
  if (known.path?.includes("\0") === true) refuse("path", "holds a control character");
  for (const option of ["path", "archive", "marker"] as const) {
    const fault = unwritable(known.nameEncoding, known[option] ?? "");
    if (fault !== undefined) refuse(option, fault);
  }
  checkTaking(known, refuse);
}

export function checkRemoteTarget(
  known: Known<Naming> & { readonly nameEncoding?: NameEncoding | undefined },
  refuse: Refuse,
): void {
  for (const option of ["path", "name"] as const) {
    const fault = known[option] && unwritable(known.nameEncoding, sampleOf(known[option]));
    if (fault !== undefined) refuse(option, fault);
  }
  checkNaming(known, refuse);
}
