// The image built and run for real by docker/try, which also says its figures (docs/container.md).

import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tools = ["mmdebstrap", "buildah", "podman", "runc", "curl"];
const missing = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
const lacks =
  process.getuid?.() !== 0 ? "this is not root" : missing.length > 0 ? `there is no ${missing.join(", ")}` : undefined;

describeNeeding("image", lacks, "the image", () => {
  it("is the same when built twice, holds no shell, and runs read-only without rights", async () => {
    const run = spawn("docker/try", [], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => run.on("exit", resolve));
    const said = await text(run.stdout);
    expect(await ended, said).toBe(0);
    process.stdout.write(said);
  });
});
