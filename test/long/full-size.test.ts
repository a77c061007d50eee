// What npm test does a part of, in full.

await import("../adapters/folder-source.test.ts");
