// The bundle that the image holds (scripts/bundle.ts): outside the checkout, so that nothing of it can be found by chance.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, escaped } from "../../scripts/bundle.ts";
import { headOf } from "../bridge-head.ts";
import { createPlace, type Place } from "../commands/steg.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";
let out = "";
let place: Place;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "steg-bundle-"));
  out = join(folder, "steg");
  await bundle(out);
  place = await createPlace("processes", join(out, "bin", "steg.js"));
});
afterAll(async () => {
  await place.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("the bundle", () => {
  it("passes the demo: every shipped example delivers", async () => {
    const { code, stdout, stderr } = await place.steg(["up", "--demo", "--once"], { env: { TMPDIR: folder } });
    expect(code, stderr).toBe(0);
    const examples = await readdir(join(out, "mappings"));
    expect(examples.length).toBeGreaterThan(5);
    for (const name of examples) expect(stdout).toMatch(new RegExp(`[✓!] ${name} .* [1-9]\\d* delivered`));
  });

  it("passes the mappings' own tests: XSD, JSON Schema, PDF, EDIFACT and IDoc", async () => {
    const { code, stderr } = await place.steg(["test", "--dir", join(out, "mappings")]);
    expect(code, stderr).toBe(0);
  });

  it("finds what the checkout finds", async () => {
    const asked = ["check", "--dir", join(checkout, "mappings"), "--json"];
    const own = await createPlace();
    try {
      expect(await place.steg(asked)).toEqual(await own.steg(asked));
    } finally {
      await own.remove();
    }
  });

  it("speaks SFTP: an inbox of its own starts", async () => {
    const inbox = await createPlace("processes", join(out, "bin", "steg.js"));
    try {
      await inbox.write(
        "mappings/post/bridge.yaml",
        `${headOf("post")}receive: { inbox: { sftp: { listen: "127.0.0.1:0", users: { alt: { password: "${"lang".repeat(6)}" } } }, files: "*.csv" } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { name: = NAME } }
deliver: { folder: { path: aus, name: "{NAME}.json" } }
`,
      );
      const up = await inbox.startUp();
      await up.says("inbox.listening");
    } finally {
      await inbox.remove();
    }
  });

  it("writes PDFs in their thread, with the fonts", async () => {
    await place.write(
      "mappings/bogen/bridge.yaml",
      `${headOf("bogen")}receive: { folder: { path: ein, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map: { pdf: { page: { title: Bogen, lines: [{ label: Halterin, value: = NAME }] } } }
deliver: { folder: { path: aus, name: "{NAME}.pdf" } }
`,
    );
    await place.drop("ein/a.csv", "NAME\nŠimůnek\n");
    const { code, stderr } = await place.steg(["up", "--once"]);
    expect(code, stderr).toBe(0);
    expect((await readFile(place.path("data/aus/Šimůnek.pdf"))).subarray(0, 5).toString()).toBe("%PDF-");
  });

  it("serves the dashboard's style sheets and fonts and lives until it is told to end", async () => {
    const up = await place.startUp();
    for (const name of ["kern.css", "steg.js", "fira-sans-400.woff2"])
      expect((await fetch(`${up.url}dashboard/${name}`)).status, name).toBe(200);
    expect(await (await fetch(`${up.url}health/live`)).json()).toEqual({ status: "ok" });
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
  });

  it("has no file that does not load", async () => {
    // main runs, and threads talk to who started them. In a process of its own: the test's gives modules what Node does not.
    const load = `
      import { readdirSync } from "node:fs";
      const files = readdirSync(".").filter((name) => name !== "main.js" && !name.endsWith("-thread.js"));
      for (const name of files) await import(process.cwd() + "/" + name).catch((cause) => console.log(name, String(cause)));
      console.log(files.length > 100);`;
    const node = spawn(process.execPath, ["--input-type=module", "-e", load], { cwd: join(out, "app") });
    expect(await text(node.stdout)).toBe("true\n");
  });

  it("is the same when made again", async () => {
    const again = join(folder, "again");
    const chunks = await bundle(again);
    for (const { fileName } of chunks)
      expect(await readFile(join(again, "app", fileName), "utf8")).toBe(
        await readFile(join(out, "app", fileName), "utf8"),
      );
    expect((await readdir(join(again, "app"))).length).toBe((await readdir(join(out, "app"))).length);
  });

  it("is not written over what is there", async () => {
    await expect(bundle(folder)).rejects.toThrow("is there already");
  });
});

describe("texts of modules in ASCII", () => {
  const meant = (code: string): unknown => runInThisContext(escaped(code, "x.js"));

  it("mean the same", () => {
    for (const code of ['"„Größe“ 😀"', '`ä${"ö"}`', '"\\\\ä"', "({ ä: 1 })"]) {
      expect(escaped(code, "x.js")).toMatch(/^[\u0020-\u007e]*$/);
      expect(meant(code)).toEqual(runInThisContext(code));
    }
    expect(["ä", "😀", "o"].map((text) => (meant("/^[ä😀]$/u") as RegExp).test(text))).toEqual([true, true, false]);
  });

  it("are refused where an escape would mean something else", () => {
    expect(() => escaped('"\\ä"', "x.js")).toThrow("x.js");
    expect(() => escaped("String.raw`ä`", "x.js")).toThrow("cannot be escaped");
  });
});
