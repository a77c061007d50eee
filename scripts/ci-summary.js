// Prints "N passed, N failed, N skipped" from vitest's JSON report; fails where no test ran or a skip is not allowed.
// Plain JavaScript, so that it runs on whatever Node is there even when the installation failed.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
  passed = report.numPassedTests;
  failed =
    report.numFailedTests +
    report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  skipped = report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status !== "passed") console.log(`${test.status}: ${test.fullName}`);
    }
  }
} catch {
  failed = 1;
  console.log("no test report");
}
const forbidden = process.env.CI === "true" && skipped > 0;
if (forbidden) console.log("continuous integration allows no skipped test");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 || forbidden ? 1 : 0);
