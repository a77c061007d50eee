// Words of what runs beside what lies on the disk.

import type { Language } from "../pages/docs-words.ts";

interface DriftWords {
  readonly title: string;
  readonly version: string;
  readonly asOnDisk: string;
  readonly gone: string;
  readonly onDisk: (hash: string, since: string) => string;
  readonly notRunning: string;
  readonly why: string;
  readonly waits: string;
  readonly policy: string;
  readonly policyDiffers: string;
  readonly policyInvalid: string;
  readonly settings: string;
  readonly unchanged: string;
  readonly settingsChanged: (since: string) => string;
  readonly restored: string;
  readonly restoredFrom: (backup: string, head: string, at: string) => string;
}

export const DRIFT_WORDS: Readonly<Record<Language, DriftWords>> = {
  de: {
    title: "Konfiguration",
    version: "Stand der Brücke",
    asOnDisk: "wie auf der Platte",
    gone: "Der Ordner der Brücke liegt nicht mehr da.",
    onDisk: (hash, since) => `Auf der Platte liegt ein anderer Stand, ${hash}, geändert ${since}.`,
    notRunning: "läuft nicht",
    why: "Er läuft nicht, weil",
    waits: "Er wird innerhalb einer Minute angesehen.",
    policy: "Richtlinie",
    policyDiffers: "Die Datei ist inzwischen eine andere; sie gilt ab dem nächsten Start.",
    policyInvalid: "Die Datei fehlt oder ist nicht gültig; der nächste Start würde scheitern.",
    settings: "Einstellungen",
    unchanged: "seit dem Start unverändert",
    settingsChanged: (since) => `geändert ${since}; die Änderung gilt ab dem nächsten Start.`,
    restored: "Wiederherstellung",
    restoredFrom: (backup, head, at) => `aus der Sicherung vom ${backup} (Eintrag ${head} der Nachweiskette), am ${at}`,
  },
  en: {
    title: "Configuration",
    version: "Version of the bridge",
    asOnDisk: "as on the disk",
    gone: "The folder of the bridge is gone.",
    onDisk: (hash, since) => `Another version lies on the disk, ${hash}, changed ${since}.`,
    notRunning: "does not run",
    why: "It does not run because",
    waits: "It is looked at within a minute.",
    policy: "Policy",
    policyDiffers: "The file is another one by now; it counts from the next start on.",
    policyInvalid: "The file is gone or not valid; the next start would fail.",
    settings: "Settings",
    unchanged: "unchanged since the start",
    settingsChanged: (since) => `changed ${since}; this counts from the next start on.`,
    restored: "Restore",
    restoredFrom: (backup, head, at) => `from the backup of ${backup} (entry ${head} of the audit trail), on ${at}`,
  },
};
