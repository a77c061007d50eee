// bin/steg.js: what `npx steg` and `npm start` run. It says a few things to Node and puts the appliance in its own place.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const launcher = fileURLToPath(new URL("../../bin/steg.js", import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
});

function start(
  nodeFlags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const child = spawn(process.execPath, [...nodeFlags, launcher, ...args], {
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

async function end(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin?.end();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

describe("the launcher", () => {
  it("hands over arguments, output and exit code, and says nothing itself", async () => {
    expect(await end(start([], ["eval", "1 + 1"]))).toEqual({ code: 0, out: "2\n", err: "" });
    const failed = await end(start([], ["eval", "1 +"]));
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("FORMULA_SYNTAX");
  });

  // Only Linux shows the command line of a process by its id.
  describe.skipIf(process.platform !== "linux")("leaves its place to the appliance", () => {
    const commandOf = (child: ChildProcess): readonly string[] =>
      readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0");
    const handedOver = async (child: ChildProcess): Promise<readonly string[]> => {
      await expect
        .poll(() => commandOf(child).some((part) => part.endsWith("src/main.ts")), { timeout: 10_000 })
        .toBe(true);
      return commandOf(child);
    };

    it("under the same process id, so that signals reach it", async () => {
      // Without --input the record comes from stdin, which stays open here.
      const child = start([], ["eval", "$"]);
      const command = await handedOver(child);
      expect(command).toContain("--max-semi-space-size=16");
      child.kill("SIGINT");
      const [code, signal] = (await once(child, "close")) as [number | null, string | null];
      expect(code ?? signal).toBeOneOf([130, "SIGINT"]);
    });

    it("and leaves alone what somebody asked of Node", async () => {
      const asked = await handedOver(start(["--max-semi-space-size=4", "--trace-exit"], ["eval", "$"]));
      expect(asked.filter((part) => part.includes("semi-space"))).toEqual(["--max-semi-space-size=4"]);
      expect(asked).toContain("--trace-exit");
      const byEnvironment = await handedOver(start([], ["eval", "$"], { NODE_OPTIONS: "--max-semi-space-size=4" }));
      expect(byEnvironment.some((part) => part.includes("semi-space"))).toBe(false);
    });
  });

  it("has only modules that Node runs as they stand", async () => {
    // main runs, and threads talk to who started them. In a process of its own: the test's gives modules what Node does not.
    const load = `
      import { readdirSync } from "node:fs";
      const names = readdirSync("src", { recursive: true }).filter((name) => name.endsWith(".ts"));
      const loaded = names.filter((name) => name !== "main.ts" && !name.endsWith("thread.ts"));
      for (const name of loaded)
        await import(process.cwd() + "/src/" + name).catch((cause) => console.log(name, String(cause)));
      console.log(loaded.length > 500);
      process.exit(0);`;
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const node = spawn(process.execPath, ["--input-type=module", "-e", load], { cwd });
    children.push(node);
    expect((await end(node)).out).toBe("true\n");
  });
});
