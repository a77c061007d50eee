// The commands, in the order in which one meets them. Each is loaded only when it is called, so that `steg eval` does not
// wait for an HTTP server.

import type { Command } from "./command.ts";

export interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const COMMANDS: readonly Entry[] = [
  {
    name: "up",
    summary: "run the appliance: all bridges, admin HTTP",
    load: async () => (await import("./up.ts")).command,
  },
  {
    name: "new",
    summary: "write a bridge from what a service says of itself",
    load: async () => (await import("./new.ts")).command,
  },
  {
    name: "check",
    summary: "find every fault in the bridge files, before a clerk does",
    load: async () => (await import("./check.ts")).command,
  },
  { name: "test", summary: "run the mappings' own tests", load: async () => (await import("./test.ts")).command },
  {
    name: "try",
    summary: "one file through decode, map, validate, without delivering",
    load: async () => (await import("./try.ts")).command,
  },
  {
    name: "eval",
    summary: "one formula against one JSON record",
    load: async () => (await import("./eval.ts")).command,
  },
  { name: "drops", summary: "what came", load: async () => (await import("./drops.ts")).command },
  { name: "dead", summary: "what failed, and why", load: async () => (await import("./dead.ts")).command },
  {
    name: "replay",
    summary: "try dead letters again, showing first what changed",
    load: async () => (await import("./replay.ts")).command,
  },
  {
    name: "dismiss",
    summary: "close dead letters for a reason",
    load: async () => (await import("./dismiss.ts")).command,
  },
  { name: "pause", summary: "stop a bridge", load: async () => (await import("./pause.ts")).pause },
  { name: "resume", summary: "let a paused bridge go on", load: async () => (await import("./pause.ts")).resume },
  {
    name: "hand-over",
    summary: "take held drops out for the successor",
    load: async () => (await import("./hand-over.ts")).command,
  },
  {
    name: "notbetrieb",
    summary: "open a bridge for 24 hours after its sunset",
    load: async () => (await import("./notbetrieb.ts")).command,
  },
  {
    name: "retire",
    summary: "close a bridge for good, with a certificate",
    load: async () => (await import("./retire.ts")).command,
  },
  {
    name: "sunset",
    summary: "when every bridge ends; exit 2 if one is overdue",
    load: async () => (await import("./sunset.ts")).command,
  },
  {
    name: "notify",
    summary: "send a test to those who are told of alarms",
    load: async () => (await import("./notify.ts")).command,
  },
  {
    name: "audit",
    summary: "verify or export the audit trail",
    load: async () => (await import("./audit.ts")).command,
  },
  {
    name: "backup",
    summary: "secure the state while the appliance runs",
    load: async () => (await import("./backup.ts")).command,
  },
  {
    name: "restore",
    summary: "make a state of a backup, verified",
    load: async () => (await import("./restore.ts")).command,
  },
  {
    name: "fleet",
    summary: "the dashboard over many appliances",
    load: async () => (await import("./fleet.ts")).command,
  },
  {
    name: "snapshot",
    summary: "what this appliance tells a fleet, signed, as a file",
    load: async () => (await import("./snapshot.ts")).command,
  },
  {
    name: "verify",
    summary: "check a certificate or an export of the trail, offline",
    load: async () => (await import("./verify.ts")).command,
  },
  {
    name: "schema",
    summary: "JSON Schema for editors; add official schemas to the catalogue",
    load: async () => (await import("./schema.ts")).command,
  },
  {
    name: "directory",
    summary: "EDIFACT directories: import a release, list what there is",
    load: async () => (await import("./directory.ts")).command,
  },
  {
    name: "worker",
    summary: "work on chunks of appliances, through Redis",
    load: async () => (await import("./worker.ts")).command,
  },
  { name: "token", summary: "API tokens: new, list, revoke", load: async () => (await import("./token.ts")).command },
];
