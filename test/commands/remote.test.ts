// A bridge from an SFTP server to the same one, with receipts, in the real process: what stands in the bridge file is enough.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWithOpenssh, startOpenssh, type Openssh } from "../peers/openssh.ts";
import { createPlace, type Place } from "./steg.ts";

describeWithOpenssh("steg up --once over SFTP", () => {
  let server: Openssh;
  let place: Place;
  beforeAll(async () => {
    server = await startOpenssh({ chroot: true });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    place = await createPlace();
    for (const name of ["export", "import", "quittung"]) mkdirSync(join(server.root, name), { recursive: true });
  });
  afterEach(async () => {
    await place.remove();
    await server.kill();
    await server.start();
  });

  const filesOf = (name: string): string[] =>
    readdirSync(join(server.root, name), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();

  async function bridge(more = ""): Promise<void> {
    await place.write("key", server.key);
    const login = `host: 127.0.0.1, port: ${server.port}, user: ${server.user}, privateKey: "\${file:../../key}", hostKey: "${server.hostKey}"`;
    await place.bridge("farben", {
      deliver: `sftp: { ${login}, path: "/import/{$file.stem}", name: "alle.json" }\n  batch: { drop: true }`,
      extra: `encode: { json: { lines: true } }\n${more}`,
    });
    const file = "mappings/farben/bridge.yaml";
    const text = readFileSync(place.path(file), "utf8")
      .replace(
        / {2}folder: \{ path: farben\/in.*\n/u,
        `  sftp: { ${login}, path: /export, files: "*.csv", settle: 0s }\n`,
      )
      .replace("folder: { path: farben/quittung, format: json }", "sftp: { path: /quittung }");
    await place.write(file, text);
  }

  it("takes, delivers in a folder that values chose, archives and answers", async () => {
    await bridge();
    expect(await place.steg(["check"])).toMatchObject({ code: 0 });
    writeFileSync(join(server.root, "export/eins.csv"), "NAME;FARBE\nAnna;rot\nBert;blau\n");
    const end = await place.steg(["up", "--once", "--json"]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toMatchObject({ bridges: [{ drops: 1, records: 2, delivered: 2, dead: 0 }] });
    expect(filesOf("export")).toEqual([]);
    expect(filesOf("export/archive")).toEqual(["eins.csv"]);
    const lines = readFileSync(join(server.root, "import/eins/alle.json"), "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(["Anna", "Bert"]);
    expect(filesOf("import/eins")).toEqual(["alle.json"]);
    expect(filesOf("quittung").length).toBe(1);
  });

  it("shows each server's health while it runs, and a dead one stops no other bridge", async () => {
    await bridge();
    await place.bridge("nachbar");
    await server.kill();
    const up = await place.startUp();
    const { url } = up;
    const health = async () =>
      ((await (await fetch(`${url}health/ready`)).json()) as { servers: Record<string, unknown>[] }).servers;
    const source = { bridge: "farben", role: "source", server: `127.0.0.1:${server.port}` };
    await expect
      .poll(health, { timeout: 20_000 })
      .toMatchObject([{ ...source, up: false, code: "SERVER_UNREACHABLE" }]);
    expect(await (await fetch(`${url}metrics`)).text()).toContain(
      `steg_server_up{bridge="farben",role="source",server="127.0.0.1:${server.port}"} 0\n`,
    );
    await place.drop("nachbar/in/a.csv", "NAME;FARBE\nAnna;rot\n");
    await expect.poll(async () => await place.names("data/nachbar/out"), { timeout: 20_000 }).toHaveLength(1);

    writeFileSync(join(server.root, "export/drei.csv"), "NAME;FARBE\nAnna;rot\n");
    await server.start();
    const others = ["receipts", "target"].map((role) => ({ ...source, role, up: true, code: null }));
    await expect
      .poll(async () => (await health()).toSorted((a, b) => (String(a["role"]) < String(b["role"]) ? -1 : 1)), {
        timeout: 30_000,
      })
      .toMatchObject([others[0], { ...source, up: true, code: null }, others[1]]);
    expect(filesOf("import/drei")).toEqual(["alle.json"]);
    up.child.kill("SIGTERM");
    expect((await up.ended).code).toBe(0);
  });

  it("says that the server is away, takes nothing twice, and goes on when it is there again", async () => {
    await bridge();
    writeFileSync(join(server.root, "export/zwei.csv"), "NAME;FARBE\nAnna;rot\n");
    await server.kill();
    const away = await place.steg(["up", "--once"]);
    expect(away.code).not.toBe(0);
    expect(away.stdout + away.stderr).toContain("SERVER_UNREACHABLE");
    expect(away.stdout + away.stderr).toContain(`127.0.0.1:${server.port}`);
    await server.start();
    for (let run = 0; run < 2; run++) expect((await place.steg(["up", "--once"])).code).toBe(0);
    expect(filesOf("import/zwei")).toEqual(["alle.json"]);
    expect(filesOf("export/archive")).toContain("zwei.csv");
  });
});
