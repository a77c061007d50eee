// A fleet and an appliance over TLS: by token, by certificate, and what neither lets in.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pulled } from "../../src/core/fleet/fleet-file.ts";
import { pullSnapshot } from "../../src/core/fleet/pull.ts";
import { startServer, type HttpServer } from "../../src/core/http/server.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { makeAuthority, type Authority } from "../peers/certificates.ts";
import { testAppliance, type TestAppliance } from "./fleet-scene.ts";
import { never } from "./journal-state.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-fleet-tls-"));
let appliance: TestAppliance;
let authority: Authority;
let server: HttpServer;

beforeAll(async () => {
  appliance = await testAppliance();
  authority = makeAuthority(folder);
  for (const name of ["steg", "fleet", "caller"]) authority.issue(name);
  server = await startServer(
    {
      operations: { snapshot: async (query: never) => await appliance.snapshot(query) } as unknown as Operations,
      tokens: {
        authenticate: async (token: string) =>
          token === "steg_good" ? { name: "fleet", role: "viewer", tags: [] } : undefined,
      } as unknown as TokenBook,
      version: "0.1.0",
      log: () => undefined,
      tls: {
        cert: join(folder, "steg.pem"),
        key: join(folder, "steg.key"),
        clientCa: authority.caFile,
        clientCert: "optional",
        fleetClient: "fleet",
      },
      ready: () => true,
      zoneOf: () => "Europe/Berlin",
    },
    { host: "127.0.0.1", port: 0 },
  );
});
afterAll(async () => {
  await server.close();
  await appliance.remove();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (change: Partial<Pulled>): Promise<unknown> => {
  const from: Pulled = {
    kind: "pulled",
    url: server.url.replace(/\/$/, ""),
    token: () => undefined,
    clientCert: undefined,
    clientKey: undefined,
    ca: authority.caFile,
    ...change,
  };
  try {
    return (await pullSnapshot(from, { etag: undefined, since: undefined }, never)).kind;
  } catch (cause) {
    const { code, facts } = cause as { code: string; facts?: Record<string, unknown> };
    return `${code} ${String(facts?.["why"])}`;
  }
};
const certificate = (name: string): Partial<Pulled> => ({
  clientCert: join(folder, `${name}.pem`),
  clientKey: join(folder, `${name}.key`),
});

it("lets in who has a token, or the certificate of that name, and nobody else", async () => {
  expect(await ask({ token: () => "steg_good" })).toBe("new");
  expect(await ask(certificate("fleet"))).toBe("new");
  expect(await ask(certificate("caller"))).toBe("APPLIANCE_REFUSES status 401");
  expect(await ask({ token: () => "steg_wrong" })).toBe("APPLIANCE_REFUSES status 401");
  // A wrong token is wrong, whatever is beside it.
  expect(await ask({ ...certificate("fleet"), token: () => "steg_wrong" })).toBe("APPLIANCE_REFUSES status 401");
  expect(await ask({})).toBe("APPLIANCE_REFUSES status 401");
  const stranger = makeAuthority(join(folder, "other")).issue("fleet");
  writeFileSync(join(folder, "stranger.pem"), stranger.cert);
  writeFileSync(join(folder, "stranger.key"), stranger.key);
  expect(await ask(certificate("stranger"))).toBe("APPLIANCE_REFUSES status 401");
});

it("trusts nobody whom the named authority does not know, and says which file is missing", async () => {
  expect(await ask({ token: () => "steg_good", ca: join(folder, "other/ca.pem") })).toMatch(/^APPLIANCE_AWAY [A-Z_]+$/);
  expect(await ask({ token: () => "steg_good", ca: undefined })).toMatch(/^APPLIANCE_AWAY [A-Z_]+$/);
  expect(await ask({ token: () => "steg_good", ca: join(folder, "nie.pem") })).toBe("SECRET_MISSING ENOENT");
});

it("takes a renewed certificate without a restart", async () => {
  writeFileSync(join(folder, "rolling.pem"), "");
  writeFileSync(join(folder, "rolling.key"), "");
  expect(await ask(certificate("rolling"))).not.toBe("new");
  const { cert, key } = authority.issue("fleet");
  writeFileSync(join(folder, "rolling.pem"), cert);
  writeFileSync(join(folder, "rolling.key"), key);
  expect(await ask(certificate("rolling"))).toBe("new");
});
