// Delivers the suite's parcels again and again, eight at a time, until it is killed.
import type { Target } from "../../src/core/contract.ts";
import { probeParcel, probeParcelWithFiles, type ChildTarget } from "./probe.ts";

const [, , request, count, files] = process.argv as [string, string, string, string, string?];
const parcelOf = files === "files" ? probeParcelWithFiles : probeParcel;
const child = JSON.parse(request) as ChildTarget;
const module = (await import(child.module)) as Record<string, (argument: string) => Promise<Target>>;
const target = await (module[child.export] as (argument: string) => Promise<Target>)(child.argument);
const never = new AbortController().signal;

process.stdout.write("ready\n");
let next = 0;
const lane = async (): Promise<void> => {
  for (;;) await target.deliver(parcelOf((next++ % Number(count)) + 1), never);
};
await Promise.all(Array.from({ length: 8 }, lane));
