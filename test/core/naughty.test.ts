// The Big List of Naughty Strings through everything that shows or takes foreign text: logs, the terminal, tables, the admin API.

import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { createServer } from "../../src/core/http/server.ts";
import { ROUTES } from "../../src/core/http/routes.ts";
import { createLog } from "../../src/core/log.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { OPERATION_NAMES } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import { renderTable } from "../../src/core/terminal/table.ts";
import { cutEnd, cutPath, escapeControls, wrap } from "../../src/core/terminal/text.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

/** What steers a terminal, hides text or turns it around. */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/;
const look = { tty: true, color: false, unicode: true, width: 80 };

describeWithData("naughty strings", () => {
  const strings = (JSON.parse(readFileSync(sharedData("hostile/blns/blns.json"), "utf8")) as string[]).concat(
    "\x1b]0;title\x07",
    "a\r\nSet-Cookie: x=1",
    '\n{"level":"error"}',
    "\u202egnp.exe",
    "\ud800",
    "__proto__",
    "constructor",
    "x".repeat(100_000),
  );

  it("make one line each of a log, as JSON and for people", () => {
    for (const text of strings) {
      const lines: string[] = [];
      const stream = { write: (line: string) => lines.push(line) };
      createLog({ level: "info", stream })("info", text, { file: text, why: text });
      createLog({ level: "info", stream, look })("info", text, { file: text, why: text });
      expect(lines).toHaveLength(2);
      for (const line of lines) {
        expect(line.endsWith("\n")).toBe(true);
        expect(line.slice(0, -1)).not.toMatch(STEERING);
        expect(line.length).toBeLessThan(4_000 + 2 * Math.min(text.length, 100_000) + 2_000);
      }
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info" });
    }
  });

  it("cannot steer the terminal, wherever they are shown", () => {
    for (const text of strings) {
      const clean = escapeControls(text);
      const shown = [
        clean,
        cutEnd(look, clean, 20),
        cutPath(look, clean, 20),
        ...wrap(clean, 40),
        ...renderTable(look, [{ title: "name", cut: "end" }, { title: "n" }], [{ cells: [text, "1"], below: [text] }]),
      ];
      for (const line of shown) expect(line).not.toMatch(STEERING);
    }
  });

  const asked: string[] = [];
  const operations = Object.fromEntries(
    OPERATION_NAMES.map((name) => [
      name,
      async () => {
        asked.push(name);
        throw new BridgeError("BRIDGE_UNKNOWN", "there is none");
      },
    ]),
  ) as unknown as Operations;
  const logged: string[] = [];
  const server = createServer({
    operations,
    tokens: {
      authenticate: async (token: string) =>
        token === "good" ? { name: "good", role: "operator", tags: [] } : undefined,
    } as unknown as TokenBook,
    version: "1",
    log: (level, name, fields) => void logged.push(JSON.stringify([level, name, fields])),
    tls: undefined,
    ready: () => true,
    zoneOf: () => "Europe/Berlin",
    brake: { blocked: () => 0, failed: () => undefined },
  });
  afterAll(async () => await server.close());

  it("in paths, queries and bodies of the admin API get an answer that is none of its own failures", async () => {
    const routes = ROUTES.filter(({ roles }) => roles.includes("operator"));
    for (const [at, text] of strings.entries()) {
      const part = encodeURIComponent(text.toWellFormed()).slice(0, 3_000);
      // Each string takes three of the routes; together they take all of them many times.
      for (let turn = 0; turn < 3; turn++) {
        const route = routes[(at * 3 + turn) % routes.length];
        if (route === undefined) continue;
        const path = `/api/v1${route.path.replace(/:\w+/, part)}?bridge=${part}`;
        const answer = await server.inject({
          method: route.method,
          url: path,
          headers: { authorization: "Bearer good", "content-type": "application/json" },
          ...(route.method === "POST" && { payload: JSON.stringify({ ticket: text, reason: text, [text]: text }) }),
        });
        expect(answer.statusCode, `${route.method} ${route.path} ${JSON.stringify(text.slice(0, 60))}`).toBeLessThan(
          500,
        );
        expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        expect(answer.json()).toMatchObject({ status: answer.statusCode });
        expect(answer.body).not.toMatch(/node_modules|\.ts:\d|\n\s+at /);
      }
    }
    expect(logged).toEqual([]);
    expect(asked.length).toBeGreaterThan(100);
  });

  it("are no tokens, and break no header", async () => {
    for (const text of strings) {
      // What Node itself does not let into a header cannot come out of one.
      if (/[^\t\x20-\x7e\x80-\xff]/.test(text) || text.length > 8_000) continue;
      const answer = await server.inject({ url: "/api/v1/bridges", headers: { authorization: `Bearer ${text}` } });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="steg"');
    }
  });
});
