// The image's bill of materials, with npm's own as its oracle.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { licences, sbom } from "../scripts/sbom.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const purls = (of: { readonly components: readonly { readonly purl: string }[] }): readonly string[] =>
  of.components.map(({ purl }) => purl);

describe("the bill of materials", () => {
  const ours = sbom(["libc6=2.36-9+deb12u14"], 1_700_000_000);

  it("has what npm's has, and Node and Debian's libraries", () => {
    const asked = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
    const npm = JSON.parse(execFileSync("npm", asked, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 }));
    // npm names packages for other machines, too, and none that a development dependency wants as well.
    const here = purls(npm).filter((purl) => !/node-linux-/.test(purl));
    expect(here.length).toBeGreaterThan(50);
    expect(purls(ours)).toEqual(expect.arrayContaining(here));
    expect(purls(ours)).toContain("pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?distro=debian-12");
    expect(purls(ours)).toContain(`pkg:generic/node@${process.versions.node}`);
  });

  it("has no development dependency, and nothing twice", () => {
    expect(purls(ours).filter((purl) => /vitest|rolldown|typescript|oxlint/.test(purl))).toEqual([]);
    expect(new Set(purls(ours)).size).toBe(purls(ours).length);
  });

  it("is the same for the same, and another for another time", () => {
    expect(sbom(["libc6=2.36-9+deb12u14"], 1_700_000_000)).toEqual(ours);
    const later = sbom(["libc6=2.36-9+deb12u14"], 1_700_000_001);
    expect(later["serialNumber"]).not.toBe(ours["serialNumber"]);
    expect(ours["serialNumber"]).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  });

  it("refuses a library without its version", () => {
    expect(() => sbom(["libc6"], 0)).toThrow("libc6=2.36-9");
  });

  it("comes with the licences of all packages", () => {
    const text = licences();
    for (const name of ["fastify 5", "libxml2-wasm 0", "ssh2 1"]) expect(text).toContain(`\n${name}`);
    expect(text).toContain("Permission is hereby granted");
  });
});
