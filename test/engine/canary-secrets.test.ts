// Secrets come from outside (${env:…}, ${file:…}) and go to the target alone: twenty of them take every way on which showing who one is
// can fail, towards targets that repeat what they were told, and are then looked for in logs, commands, answers and the state.

import { randomBytes } from "node:crypto";
import { once as event } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { canary, search, searchFolder } from "./canary.ts";
import { askEverything } from "./canary-http.ts";
import { createWorld, head, RECEIPTS, type DeadLine, type World } from "./world.ts";

const SECRETS = Array.from({ length: 20 }, (_, index) => canary(index + 1));
/** Ports below 1024 that nothing listens on: connections are refused. */
const AWAY = "http://127.0.0.1:1";

interface Case {
  /** Options of deliver.http, with SECRET where a secret stands; TARGET and AWAY are addresses. */
  readonly http: string;
}

/** Name of the bridge, and how it shows who it is; each is given twice, from the environment and from a file. */
const CASES: Readonly<Record<string, Case>> = {
  traeger: { http: `{ url: "TARGET/401", auth: { bearer: "SECRET" } }` },
  "traeger-fern": { http: `{ url: "AWAY/x", auth: { bearer: "SECRET" } }` },
  passwort: { http: `{ url: "TARGET/422", auth: { basic: { user: amt, password: "SECRET" } } }` },
  "passwort-bricht": { http: `{ url: "TARGET/reset", auth: { basic: { user: amt, password: "SECRET" } } }` },
  kopf: { http: `{ url: "TARGET/500", headers: { X-Api-Key: "SECRET" } }` },
  "kopf-umleitung": { http: `{ url: "TARGET/302", headers: { X-Api-Key: "SECRET" } }` },
  oauth: {
    http: `{ url: "TARGET/201", auth: { oauth2: { tokenUrl: "TARGET/401", clientId: amt, clientSecret: "SECRET" } } }`,
  },
  "oauth-form": {
    http: `{ url: "TARGET/201", auth: { oauth2: { tokenUrl: "TARGET/garbage", clientId: amt, clientSecret: "SECRET", send: body } } }`,
  },
  "oauth-fern": {
    http: `{ url: "TARGET/201", auth: { oauth2: { tokenUrl: "AWAY/token", clientId: amt, clientSecret: "SECRET" } } }`,
  },
  // A value that no header can hold is refused before anything is sent.
  "kopf-zeile": { http: `{ url: "TARGET/201", headers: { X-Api-Key: "SECRET\\u0007" } }` },
};

let world: World;
let receiver: Receiver;
const environment: Record<string, string> = { STEG_LOG: "debug" };
const keys: string[] = [];
const printed = new Map<string, string>();

function bridges(): readonly string[] {
  const names: string[] = [];
  let next = 0;
  for (const [name, { http }] of Object.entries(CASES)) {
    for (const from of ["env", "file"]) {
      const secret = SECRETS[next++] ?? "";
      const control = http.includes("\\u0007") ? "\u0007" : "";
      const variable = `GEHEIM_${next}`;
      if (from === "env") environment[variable] = secret + control;
      else world.write(`secrets/${variable}`, `${secret}${control}\n`);
      const reference = from === "env" ? `\${env:${variable}}` : `\${file:${world.path("secrets", variable)}}`;
      const options = http
        .replaceAll("SECRET\\u0007", reference)
        .replaceAll("SECRET", reference)
        .replaceAll("TARGET", receiver.origin)
        .replaceAll("AWAY", AWAY);
      const bridge = `${name}-${from}`;
      names.push(bridge);
      world.bridge(
        bridge,
        `${head(bridge)}receive:
  folder: { path: ${bridge}/in, files: "*.csv", marker: "{name}.fertig", after: delete }
decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }
map:
  json: { nr: = NR }
deliver:
  retry: { first: 10ms, most: 20ms, attempts: 2 }
  http: ${options.replace(/ \}$/, ", timeout: 2s }")}
${RECEIPTS}`,
      );
      world.write(`data/${bridge}/in/a.csv`, "NR\n1\n2\n");
      world.write(`data/${bridge}/in/a.csv.fertig`, "");
    }
  }
  return names;
}

async function print(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await world.steg(args, environment);
  printed.set(`steg ${args.join(" ")}`, stdout + stderr);
  return stdout;
}

beforeAll(async () => {
  receiver = await startReceiver();
  // Like the worst of servers: every answer repeats all that was sent, in its header and in its body.
  receiver.rule = ({ path, headers, body }) => {
    const all = `${JSON.stringify(headers)} ${body.toString("latin1")}`;
    const echo = { "content-type": "text/plain", "x-echo": all.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 2_000) };
    const word = path.slice(1);
    if (word === "reset") return { instead: "reset" };
    if (word === "garbage") return { status: 200, headers: echo, body: all };
    const location = word === "302" ? { location: `${receiver.origin}/201?${all.length}` } : {};
    return { status: Number(word), headers: { ...echo, ...location }, body: all, accept: false };
  };
  world = createWorld();
  const key = randomBytes(32).toString("base64");
  keys.push(key);
  world.write("spool-keys", `k1:${key}\n`);
  environment["STEG_KEY_FILE"] = world.path("spool-keys");
}, 60_000);

afterAll(async () => {
  world.remove();
  await receiver.close();
});

describe("secrets", () => {
  it("reach the target, and on every failing way nobody else", { timeout: 60_000 }, async () => {
    const names = bridges();
    expect(names).toHaveLength(SECRETS.length);
    const run = await world.spawn(["up", "--once", "--patience", "3s"], environment);
    printed.set("steg up --once", run.stdout + run.stderr);
    const heard = receiver.heard
      .map(({ headers, body }) => `${JSON.stringify(headers)}${body.toString("utf8")}`)
      .join("\n");
    const told = new Set(search(SECRETS, "heard", heard).map((found) => found.canary));
    // Those of the targets that are away, and the two that no header can hold, were never sent.
    expect(told.size).toBe(SECRETS.length - 2 * 3);

    const letters = JSON.parse(await print(["dead", "--json"])) as DeadLine[];
    expect([...new Set(letters.map(({ code }) => code))].toSorted()).toEqual(["DELIVERY_REFUSED", "TARGET_AUTH"]);
    await print(["dead"]);
    for (const { id } of letters.slice(0, 12)) await print(["dead", id]);
    await print(["drops", "--all"]);
    await print(["replay", "traeger-env", "--yes"]);
    await print(["check"]);
    await print(["check", "--json"]);
    await print(["sunset", "--json"]);
    await print(["audit", "export"]);

    const appliance = world.start(["up"], environment);
    let log = "";
    appliance.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
    const ended = event(appliance, "close");
    await expect.poll(() => log, { timeout: 20_000 }).toContain("appliance.started");
    const tokens: Record<string, string> = {};
    for (const role of ["operator", "clearing"]) {
      const made = await world.json<{ token: string }>(["token", "new", `asks-as-${role}`, "--role", role]);
      tokens[role] = made.token;
    }
    const answers = await askEverything(/"listen":"([^"]+)"/.exec(log)?.[1] ?? "", tokens, {
      bridges: names,
      drops: (await world.drops()).map(({ id }) => id).slice(0, 4),
      letters: letters.map(({ id }) => id),
    });
    appliance.kill("SIGTERM");
    await ended;
    printed.set("steg up", log);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(50);

    // What a target said is a detail of the dead letter, kept sealed for those who clear it: it alone may repeat anything.
    const others = answers.filter(({ request, role }) => !(request.endsWith("/detail") && role === "clearing"));
    const texts = [
      ...others.map(({ request, role, text }) => [`${request} as ${role}`, text] as const),
      ...printed,
      ...world.files("quittungen"),
    ];
    expect(texts.flatMap(([where, text]) => search(SECRETS, where, text))).toEqual([]);
    expect(searchFolder(SECRETS, world.state)).toEqual([]);
    for (const secret of [...keys, ...Object.values(tokens)]) {
      for (const [where, text] of texts) expect(text.includes(secret), where).toBe(false);
      expect(searchFolder([secret], world.state)).toEqual([]);
    }
  });
});
