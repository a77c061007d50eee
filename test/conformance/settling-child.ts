// Takes and archives what lies in a folder, until it is killed.
import { folderSource } from "../../src/adapters/folder/source.ts";
import { contextIn } from "./surroundings.ts";

const never = new AbortController().signal;
const source = await folderSource.build(
  {
    path: "drops",
    files: undefined,
    marker: undefined,
    settle: 0,
    after: "archive",
    archive: "archive",
    poll: true,
    every: 1_000,
    sort: "name",
    claim: false,
    claimFor: 3_600_000,
  },
  contextIn(process.argv[2] as string),
);
process.stdout.write("ready\n");
let number = 0;
for (;;) {
  for await (const delivery of source.look(never)) await delivery.settle(`d${process.pid}x${number++}`, never);
}
