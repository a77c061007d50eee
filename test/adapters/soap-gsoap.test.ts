// deliver.soap against a gSOAP service: values, and files in the envelope and beside it.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Enclosure, Reply } from "../../src/core/contract.ts";
import { gsoapServerMissing, startGsoapServer, type GsoapServer } from "../peers/gsoap-server.ts";
import { describeNeeding } from "../peers/required.ts";
import { ask, buildSoap, replyOf } from "./soap-target.ts";

const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31 + (index >> 8)) % 256));
const content = BYTES.toString("base64");
const vermerk = [{ "@stufe": "01", text: "Prüfen & <ablegen>", am: "2026-02-28", betrag: "0012.50" }, { text: "zwei" }];
const file: Enclosure = {
  name: "antrag ä.bin",
  mediaType: "application/octet-stream",
  size: BYTES.length,
  sha256: createHash("sha256").update(BYTES).digest("hex"),
  async *open() {
    yield BYTES.subarray(0, 1_000);
    yield BYTES.subarray(1_000);
  },
};

describeNeeding("gsoap", gsoapServerMissing, "deliver.soap and gSOAP", () => {
  const folder = mkdtempSync(join(tmpdir(), "steg-gsoap-"));
  let gsoap: GsoapServer;
  beforeAll(async () => {
    gsoap = await startGsoapServer(folder);
  }, 60_000);
  afterAll(async () => {
    await gsoap.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["in the envelope", false, content],
    ["beside it", true, content],
    ["a file in the envelope", false, "cid:antrag ä.bin"],
    ["a file beside it", true, "cid:antrag ä.bin"],
  ])("%s", async (_what, mtom, inhalt) => {
    const target = await buildSoap("akten.wsdl", gsoap.origin, { mtom });
    const more = inhalt === content ? {} : { enclosures: [file] };
    const attempt = await ask(target, { zeichen: "AZ 007/26", anzahl: 3, eilig: true, vermerk, inhalt }, more);
    await target.close();
    const type = (attempt as { reply?: Reply }).reply?.headers?.["content-type"];
    expect(type).toMatch(mtom ? /^multipart\/related.*xop/ : /^text\/xml/);
    expect(replyOf(attempt)).toEqual({ zeichen: "AZ 007/26", groesse: BYTES.length, vermerk, inhalt: content });
  });

  it("a fault with its detail", async () => {
    const target = await buildSoap("akten.wsdl", gsoap.origin);
    const attempt = await ask(target, { zeichen: "gesperrt", anzahl: 1, eilig: false, inhalt: "AAAA" });
    await target.close();
    expect(attempt).toMatchObject({
      end: "refused",
      status: 422,
      reply: {
        fault: { code: "Client", text: "Die Akte ist gesperrt", detail: { AkteGesperrt: { bis: "2027-01-01" } } },
      },
    });
  });

  it("refuses a reference to a file that does not go along", async () => {
    const target = await buildSoap("akten.wsdl", gsoap.origin, { mtom: true });
    const attempt = await ask(target, { zeichen: "x", anzahl: 1, eilig: false, inhalt: "cid:anderes.pdf" });
    await target.close();
    expect(attempt).toMatchObject({ end: "refused", code: "SCHEMA_INVALID" });
  });
});
