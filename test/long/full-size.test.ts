// What npm test does a part of, in full.

await import("../adapters/folder-source.test.ts");
await import("../crash/backup-kill.test.ts");
