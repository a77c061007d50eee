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
import { checkTaking, taking, type Taking } from "../taking.ts";

/** Seconds that a connection nobody uses is kept. */
export const IDLE = 30_000;

/** To be spread behind what says how the server is reached. */
export const remoteSourceOptions = {
  path: required(text("folder on the server; relative to where the login lands", { example: "/export" })),
  files: taking.files,
  every: duration("longest time between two looks", { default: "60s", least: 100 }),
  settle: taking.settle,
  marker: taking.marker,
  after: taking.after,
  archive: taking.archive,
  sort: taking.sort,
  claim: boolean(
    "whether several appliances take from this folder: each file is renamed before it is read, so that one of them has it; all of them run a bridge of this name, and the server must rename atomically",
    { default: false },
  ),
  claimFor: duration("how long a file that another appliance has claimed is left to it before it counts as dead", {
    default: "1h",
    least: 1_000,
  }),
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
  known: Taking & { readonly path: string | undefined; readonly claim?: boolean | undefined },
  refuse: Refuse,
): void {
  if (known.claim === true && known.after === "keep") {
    refuse("claim", "renames the files, and after: keep leaves them as they are", "after: archive");
  }
  if (known.path?.includes("\0") === true) refuse("path", "holds a control character");
  checkTaking(known, refuse);
}

export function checkRemoteTarget(known: Known<Naming>, refuse: Refuse): void {
  checkNaming(known, refuse);
}
