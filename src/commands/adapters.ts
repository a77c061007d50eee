// The adapters that main knows, as commands see them.

import type { AnyAdapter } from "../core/bridge/sections.ts";
import type { Channel } from "../core/contract-channels.ts";
import type { NotifySettings } from "../core/notify/settings.ts";
import type { ReportSheet } from "../core/lifecycle/report-sheet.ts";

export interface Adapters {
  readonly adapters: readonly AnyAdapter[];
  /** Text → bytes by the name of an encoding; undefined where the name is not known. */
  encoderNamed(encoding: string): ((text: string) => Uint8Array) | undefined;
  /** What people are told by; empty where nothing is configured. */
  openChannels(settings: NotifySettings): Promise<readonly Channel[]>;
  /** Directories of EDIFACT. */
  openDirectoryDesk(): Promise<DirectoryDesk>;
  /** A sheet of A4 as PDF; `at` in milliseconds. */
  openReportWriter(): Promise<(sheet: ReportSheet, at: number) => Promise<Uint8Array>>;
}

export interface DirectoryDesk {
  /** Files in whatever form → one release in our notation; `types` = only these messages. Throws EDIFACT_DIRECTORY. */
  read(
    files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
    types: readonly string[] | undefined,
  ): SeenDirectory & { readonly text: string };
  /** A file in our notation. Throws EDIFACT_DIRECTORY. */
  look(name: string, text: string): SeenDirectory;
  /** What the appliance brings along. */
  shipped(): readonly SeenDirectory[];
  /** Below the catalogue's folder. */
  readonly folder: string;
  readonly ending: string;
}

export interface SeenDirectory {
  /** `D96A` */
  readonly release: string;
  readonly messages: readonly string[];
}
