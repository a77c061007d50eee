import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// As the launcher does it: hundreds of processes are started, and each would strip and compile the same modules anew.
const NODE_COMPILE_CACHE = fileURLToPath(new URL("node_modules/.cache/steg", import.meta.url));
const common = { pool: "forks" as const, testTimeout: 60_000, hookTimeout: 60_000, env: { NODE_COMPILE_CACHE } };

/** `quick` runs with every check; `real` starts servers and processes, kills them, and takes minutes. */
export default defineConfig({
  test: {
    // Two more than there are processors: tests of the second project wait half of their time.
    maxWorkers: availableParallelism() + 2,
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
          globalSetup: "test/program.ts",
          // Tests that run side by side wait more than they work.
          maxConcurrency: 10,
          include: ["test/{adapters,commands,conformance,crash,engine}/**/*.test.ts"],
        },
      },
    ],
  },
});
