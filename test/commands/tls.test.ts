// The admin side over TLS: a certificate of its own, and callers who need one.

import { request } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority } from "../peers/certificates.ts";
import type { Authority } from "../peers/certificates.ts";
import { createPlace } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
let authority: Authority;
beforeEach(async () => {
  place = await createPlace();
  await place.bridge("farben");
  authority = makeAuthority(place.path("ca"));
  const { cert, key } = authority.issue("steg");
  await place.write("tls/cert.pem", String(cert));
  await place.write("tls/key.pem", String(key));
});
afterEach(async () => await place.remove());

const files = { STEG_TLS_CERT: "tls/cert.pem", STEG_TLS_KEY: "tls/key.pem" };

const start = async (env: Readonly<Record<string, string>>): Promise<string> => (await place.startUp({ env })).url;

async function get(url: string, options: object): Promise<number | string> {
  return await new Promise((resolve) => {
    const call = request(`${url}health/live`, { ...options, agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () =>
        resolve(answer.headers["strict-transport-security"] === undefined ? "no HSTS" : (answer.statusCode ?? 0)),
      );
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "refused"));
    call.end();
  });
}

describe("TLS", () => {
  it("serves with its certificate, and nothing older than TLS 1.2", async () => {
    const url = await start(files);
    expect(await get(url, { ca: authority.ca })).toBe(200);
    expect(await get(url, { ca: authority.ca, maxVersion: "TLSv1.1", minVersion: "TLSv1" })).not.toBe(200);
    expect(await get(url, {})).not.toBe(200);
  });

  it("lets nobody in without a certificate of the named authority, where one is named", async () => {
    await place.write("tls/ca.pem", String(authority.ca));
    const url = await start({ ...files, STEG_TLS_CLIENT_CA: "tls/ca.pem" });
    const caller = authority.issue("caller");
    const stranger = makeAuthority(place.path("other")).issue("stranger");
    expect(await get(url, { ca: authority.ca })).not.toBe(200);
    expect(await get(url, { ca: authority.ca, cert: stranger.cert, key: stranger.key })).not.toBe(200);
    expect(await get(url, { ca: authority.ca, cert: caller.cert, key: caller.key })).toBe(200);
  });

  it("shows a renewed certificate without a restart, and goes on with the old one where the new does not fit", async () => {
    const up = await place.startUp({ env: { ...files, STEG_LOG: "info" } });
    const other = makeAuthority(place.path("other"));
    const { cert, key } = other.issue("steg");
    await place.write("tls/cert.pem", String(cert));
    await up.says('"tls.not-renewed"');
    expect(await get(up.url, { ca: authority.ca })).toBe(200);
    await place.write("tls/key.pem", String(key));
    await up.says('"tls.renewed"');
    expect(await get(up.url, { ca: other.ca })).toBe(200);
    expect(await get(up.url, { ca: authority.ca })).not.toBe(200);
  });

  it("does not start with a key that does not fit", async () => {
    const other = authority.issue("other");
    await place.write("tls/key.pem", String(other.key));
    const end = await place.steg(["up"], { env: files });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain("SETTING_INVALID");
    expect(end.stderr).not.toContain("PRIVATE");
  });
});
