import { defineConfig } from "vitest/config";

const common = { pool: "forks" as const, testTimeout: 60_000, hookTimeout: 60_000 };

/** `quick` runs with every check; `real` starts servers and processes, kills them, and takes minutes. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: "quick",
          include: ["test/*.test.ts", "test/core/**/*.test.ts", "test/bridge-file/**/*.test.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "real",
          // Tests that run side by side wait more than they work.
          maxConcurrency: 10,
          include: ["test/{adapters,commands,conformance,crash,engine}/**/*.test.ts"],
        },
      },
    ],
  },
});
