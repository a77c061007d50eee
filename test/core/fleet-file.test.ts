// fleet.yaml: what is taken, and what is said about what is not, with its place.

import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/core/bridge/tree.ts";
import { readFleetFile, type FleetFile } from "../../src/core/fleet/fleet-file.ts";

const KEY = `MCowBQYDK2VwAyEA${"A".repeat(43)}=`;

function read(text: string, env: Readonly<Record<string, string>> = {}) {
  const findings: Finding[] = [];
  const fleet = readFleetFile("fleet.yaml", new TextEncoder().encode(text), {
    folder: "/etc/steg",
    outside: {
      variable: (name) => env[name],
      file: (path) => {
        if (path === "secret") return "steg_abc\n";
        throw Object.assign(new Error("no"), { code: "ENOENT" });
      },
    },
    today: "2027-11-22",
    report: (finding) => findings.push(finding),
  });
  return {
    fleet,
    says: findings.map(({ line, column, code, message, hint }) => `${line}:${column} ${code} ${message} | ${hint}`),
  };
}

const WHOLE = `fleet: 1
name: IT-Verbund Mitte
every: 30s
appliances:
  - name: adorf
    title: Stadt Adorf
    url: https://steg.adorf.example:8443/
    token: \${file:secret}
    ca: ca.pem
    publicKey: ${KEY}
    tags: { kommune: Adorf, verfahren: Gewerbe }
  - name: bdorf
    url: https://\${env:HOST}
    link: https://innen.bdorf.example
    clientCert: /run/fleet.crt
    clientKey: /run/fleet.key
snapshots:
  - folder: einwurf
    appliances:
      - { name: cdorf, title: Gemeinde C, tags: { kommune: C }, contact: Frau Muster }
`;

describe("fleet.yaml", () => {
  it("names appliances, how to reach them, and tokens that are read when they are needed", () => {
    const { fleet, says } = read(WHOLE, { HOST: "steg.bdorf.example" });
    expect(says).toEqual([]);
    const [a, b, c] = (fleet as FleetFile).appliances;
    expect(fleet).toMatchObject({ name: "IT-Verbund Mitte", every: 30_000, tags: ["kommune", "verfahren"] });
    expect(a).toMatchObject({
      name: "adorf",
      title: "Stadt Adorf",
      publicKey: KEY,
      link: "https://steg.adorf.example:8443",
    });
    expect(a?.from).toMatchObject({ url: "https://steg.adorf.example:8443", ca: "/etc/steg/ca.pem" });
    expect(a?.from.kind === "pulled" && a.from.token()).toBe("steg_abc");
    expect(b).toMatchObject({ title: "bdorf", link: "https://innen.bdorf.example", tags: {} });
    expect(b?.from).toMatchObject({ url: "https://steg.bdorf.example", clientKey: "/run/fleet.key" });
    expect(c).toMatchObject({ title: "Gemeinde C", link: undefined, contact: "Frau Muster" });
    expect(c?.from).toEqual({ kind: "carried", path: "/etc/steg/einwurf/cdorf.json" });
  });

  it("a token that is not there is that appliance's trouble alone", () => {
    const { fleet } = read(
      'fleet: 1\nname: F\nappliances:\n  - { name: a, url: https://a.example, token: "${file:none}" }\n',
    );
    const from = fleet?.appliances[0]?.from;
    expect(() => from?.kind === "pulled" && from.token()).toThrow("ENOENT");
  });

  it.each([
    ["fleet: 1\nname: F\n", ["1:1 MISSING_KEY the fleet has no appliances | appliances: [ … ] or snapshots: [ … ]"]],
    [
      'fleet: 1\nnam: F\nappliances:\n  - { name: A b, url: ftp://x, token: "${env:T}", tag: 1 }\n',
      [
        "2:1 UNKNOWN_KEY the fleet file has no nam | Did you mean name?",
        '4:13 WRONG_VALUE name must be lower-case letters, digits and hyphens, at most 64, found the text "A b" | name: adorf',
        '4:23 WRONG_VALUE url must be https:// and a host, without a path, found the text "ftp://x" | url: https://steg.adorf.example:8443',
        "4:51 UNKNOWN_KEY appliances[1] has no tag | Did you mean tags?",
      ],
    ],
    [
      "fleet: 1\nname: F\nappliances:\n  - { name: a, url: https://a.example }\n  - { name: a, url: https://b.example, clientKey: k }\n",
      [
        "4:5 MISSING_KEY an appliance answers whom it knows: token or clientCert is missing | token: ${file:/run/secrets/NAME}",
        "5:13 WRONG_VALUE there is an appliance a already, in line 4 | each name once",
        "5:51 MISSING_KEY clientKey needs clientCert beside it | clientCert: /run/secrets/…",
        "5:5 MISSING_KEY an appliance answers whom it knows: token or clientCert is missing | token: ${file:/run/secrets/NAME}",
      ],
    ],
    [
      'fleet: 1\nname: F\nevery: 1h\nappliances:\n  - { name: a, url: http://a.example, token: "${env:T}", publicKey: AAAA }\n  - { name: b, url: http://127.0.0.1:8080, token: "${env:T}" }\n',
      [
        "3:8 WRONG_VALUE every must be a duration with its unit (ms, s, m, h, d) from 1s to 4m, found 1h | every: 1m",
        '5:69 WRONG_VALUE publicKey must be an Ed25519 key in one line, as steg snapshot --key prints it, found the text "AAAA" | publicKey: MCowBQYDK2VwAyEA…',
        "5:16 EXCEPTION_MISSING appliances[1].url is weaker than today's minimum and needs an exception beside it | exception: { reason: …, approvedBy: …, until: 2027-06-30 }",
      ],
    ],
    [
      "fleet: 1\nname: F\nappliances:\n  - name: a\n    url: http://a.example\n    token: steg_clear\n    exception: { reason: R, approvedBy: X, until: 2027-11-21 }\n",
      [
        "6:12 SECRET_IN_FILE token stands in clear text in the fleet file, where everybody with the file can read it | token: ${env:TOKEN}",
        "7:51 EXCEPTION_EXPIRED the exception for url ended on 2027-11-21 | use today's minimum for url, or have a later end approved",
      ],
    ],
  ])("%j", (text, expected) => {
    const { fleet, says } = read(text);
    expect(says).toEqual(expected);
    expect(fleet).toBeUndefined();
  });

  it("has an end: appliances and tags", () => {
    const entry = (at: number): string =>
      `  - { name: a${at}, url: https://a.example, token: "\${env:T}", tags: { t${at}: x } }\n`;
    const of = (count: number): string =>
      `fleet: 1\nname: F\nappliances:\n${Array.from({ length: count }, (_, at) => entry(at)).join("")}`;
    expect(read(of(8)).says).toEqual([]);
    expect(read(of(9)).says.join()).toContain("9 different tags, at most 8");
    expect(read(of(1_001)).says.join()).toContain("at most 1000");
  });
});
