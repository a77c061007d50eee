// The certificate that a target showed is in the calendar of its bridge: through the real command line.

import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeAuthority } from "../peers/certificates.ts";
import { startReceiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIVE } from "./world.ts";

it("a target's certificate runs out like one of the bridge's own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "steg-shown-"));
  const world = createWorld();
  const authority = makeAuthority(folder);
  const pair = authority.issue("neu");
  const receiver = await startReceiver({ tls: pair });
  onTestFinished(async () => {
    await receiver.close();
    world.remove();
    rmSync(folder, { recursive: true });
  });
  world.bridge(
    "farben",
    `${head("farben")}${RECEIVE}${CSV}map: { json: { name: = NAME } }
deliver: { http: { url: "${receiver.origin}/x", ca: ca.pem } }
`,
    { "ca.pem": authority.ca.toString("latin1") },
  );
  const server = `127.0.0.1:${receiver.port}`;
  expect((await world.steg(["sunset", "--ics"])).stdout).not.toContain(server);
  world.put("a.csv", "NAME\nAnna\nBert\n");
  expect((await world.once()).bridges).toMatchObject([{ delivered: 2 }]);
  const calendar = (await world.steg(["sunset", "--ics"])).stdout.replaceAll("\r\n ", "");
  const end = new X509Certificate(pair.cert).validToDate;
  const [, event = ""] =
    /BEGIN:VEVENT((?:(?!END:VEVENT)[\s\S])*Zertifikat läuft ab: 127(?:(?!END:VEVENT)[\s\S])*)/.exec(calendar) ?? [];
  expect(event).toContain(`SUMMARY:Zertifikat läuft ab: ${server}`);
  expect(event).toMatch(/DTSTART/);
  expect(event).toContain(end.toISOString().slice(0, 8).replaceAll("-", ""));
});
