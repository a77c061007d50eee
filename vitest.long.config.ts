import { defineConfig } from "vitest/config";

/** The runs that take long: their figures stand in docs/. */
export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 1,
    // See test/full-size.ts.
    env: { STEG_TEST_FULL: "1" },
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
