// steg sunset as a list that can be relied on: whole, or saying what is missing.

import { readFile } from "node:fs/promises";
import { parse as parseCsv } from "csv-parse/sync";
import ICAL from "ical.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pdftotext, popplerMissing } from "../peers/pdf-programs.ts";
import { describeNeeding } from "../peers/required.ts";
import { openState } from "../../src/core/journal/open.ts";
import { createPlace, inDays } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
beforeAll(async () => {
  place = await createPlace("here");
});
afterAll(async () => await place.remove());

describe("steg sunset", () => {
  it("says which bridges are not in the list, before and after the first start", async () => {
    await place.bridge("gut");
    await place.write("mappings/schlecht/bridge.yaml", "steg: 1\nbridge: schlecht\n");
    const before = await place.steg(["sunset"]);
    expect(before.stdout).toMatch(/^ {2}gut /m);
    expect(before.stderr).toMatch(/not in this list: mappings\/schlecht\/bridge\.yaml:\d+:\d+ [A-Z_]+ /);
    await place.steg(["up", "--once"]);
    const after = await place.steg(["sunset", "--json"]);
    expect((JSON.parse(after.stdout) as { bridge: string }[]).map(({ bridge }) => bridge)).toEqual(["gut"]);
    expect(after.stderr).toMatch(/not in this list: mappings\/schlecht\/bridge\.yaml:\d+:\d+ [A-Z_]+ /);
  });

  it("gives calendar and table, before and after the first start, of the same dates", async () => {
    const dates = { started: inDays(-30), deprecated: inDays(-3), sunset: inDays(200) };
    await place.bridge("tabelle", { dates });
    const events = async (state: string): Promise<readonly string[]> => {
      const { stdout } = await place.steg(["sunset", "--ics", "--state", state]);
      const calendar = new ICAL.Component(ICAL.parse(stdout) as unknown[]);
      return calendar
        .getAllSubcomponents("vevent")
        .map((component) => {
          const { uid, summary, startDate } = new ICAL.Event(component);
          return `${uid} ${summary} ${startDate.toString()}`;
        })
        .filter((line) => line.startsWith("tabelle-"));
    };
    const before = await events("keiner");
    expect(before).toEqual([
      expect.stringMatching(`^tabelle-deprecated-[0-9a-f]{16}@steg Läuft aus: .* ${dates.deprecated}T10:00:00$`),
      expect.stringMatching(`^tabelle-milestone-[0-9a-f]{16}@steg Meilenstein: `),
      expect.stringMatching(`^tabelle-end-[0-9a-f]{16}@steg Ende: .* ${dates.sunset}T10:00:00$`),
    ]);
    await place.steg(["up", "--once"]);
    expect(await events("state")).toEqual(before);
    const { stdout } = await place.steg(["sunset", "--csv"]);
    const rows = parseCsv<Readonly<Record<string, string>>>(stdout, { columns: true });
    expect(rows.find(({ bridge }) => bridge === "tabelle")).toMatchObject({
      state: "deprecated",
      ...dates,
      daysLeft: "200",
      overdue: "false",
    });
    const both = await place.steg(["sunset", "--csv", "--ics"]);
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining("--ics and --csv exclude each other")]);
  });

  it("ends with 2 where a measured milestone was missed, and says how much is missing", async () => {
    const measured = await createPlace("here");
    onTestFinished(async () => await measured.remove());
    const dates = { started: inDays(-200), deprecated: inDays(-3), sunset: inDays(200) };
    const plan = `, goal: Mehrheit, measure: { successorShare: 0.5 } }\n    - { by: ${inDays(100)}`;
    const probe = '{ url: "http://127.0.0.1:9/zahlen", pointer: /gesamt }';
    await measured.bridge("gemessen", { dates, extra: `probe:\n  http: ${probe}\n` });
    const file = measured.path("mappings/gemessen/bridge.yaml");
    const yaml = await readFile(file, "utf8");
    await measured.write(
      "mappings/gemessen/bridge.yaml",
      yaml.replace(", goal: Testbetrieb", `${plan}, goal: Testbetrieb`),
    );
    // Nobody answers there: that is no fault of the run, and nothing is measured.
    expect((await measured.steg(["up", "--once"])).code).toBe(0);
    const silent = await measured.steg(["sunset"]);
    expect([silent.code, silent.stdout]).toEqual([
      0,
      expect.stringMatching(/^\? gemessen [^]*successor share not measured/m),
    ]);
    const state = await openState({ dir: measured.path("state"), log: () => {} });
    await state.journal.set("progress/gemessen", { days: {}, decided: { [dates.deprecated]: 0.389 } });
    await state.close();
    const { code, stdout } = await measured.steg(["sunset"]);
    expect(code).toBe(2);
    expect(stdout).toContain(`milestone missed ${dates.deprecated}: successor 38 % instead of 50 %`);
    expect(stdout).toMatch(/^1 overdue$/m);
    const rows = await measured.steg(["sunset", "--json"]);
    expect(JSON.parse(rows.stdout)).toMatchObject([{ bridge: "gemessen", missed: [dates.deprecated] }]);
  });

  it("gives the same calendar through the socket and over HTTP of a running appliance", async () => {
    const running = await createPlace("here");
    onTestFinished(async () => await running.remove());
    await running.bridge("tabelle");
    const { url } = await running.startUp();
    const token = await running.token("kalender", "viewer");
    const authorization = `Basic ${Buffer.from(`kalender:${token}`).toString("base64")}`;
    const answer = await fetch(`${url}lifecycle.ics`, { headers: { authorization } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/calendar; charset=utf-8"]);
    const withoutStamps = (text: string): string => text.replaceAll(/^DTSTAMP:\d{8}T\d{6}Z\r$/gm, "");
    const served = withoutStamps(await answer.text());
    expect(served).toContain("UID:tabelle-end-");
    expect(withoutStamps((await running.steg(["sunset", "--ics"])).stdout)).toBe(served);
    expect((await fetch(`${url}lifecycle.ics`)).status).toBe(401);
  });

  it("counts extensions against the operator's policy, not against the shipped one", async () => {
    const days = "[monday, tuesday, wednesday, thursday, friday, saturday, sunday]";
    await place.write(
      "policy.yaml",
      `policy: 1\nlongestLife: P60M\nextensions: { most: 7, longest: P90D }\nendDays: { weekdays: ${days}, holidays: true }\n`,
    );
    const dates = { started: inDays(-600), deprecated: inDays(-200), sunset: inDays(-10) };
    await place.bridge("lang", { dates });
    const file = place.path("mappings/lang/bridge.yaml");
    const yaml = (await readFile(file, "utf8")).replace(
      "receive:",
      `  extensions:\n    - { to: ${inDays(60)}, reason: Nachfolger verspaetet, requestedBy: a@stadt.example, approvedBy: b@stadt.example, on: ${inDays(-30)} }\nreceive:`,
    );
    await place.write("mappings/lang/bridge.yaml", yaml);
    const end = await place.steg(["sunset", "--policy", "policy.yaml", "--state", "neu"]);
    expect(end.stdout).toMatch(/◐ lang +extended .* 1 of 7 /);
  });
});

describeNeeding("poppler", popplerMissing, "steg sunset --pdf", () => {
  it("writes a sheet that can be printed, whatever titles are made of", async () => {
    const own = await createPlace("here");
    onTestFinished(own.remove);
    const dates = { started: inDays(-30), deprecated: inDays(-3), sunset: inDays(200) };
    await own.bridge("tabelle", { dates });
    await own.bridge("sonderbar", { dates });
    const yaml = await readFile(own.path("mappings/sonderbar/bridge.yaml"), "utf8");
    await own.write("mappings/sonderbar/bridge.yaml", yaml.replace("lifecycle:", "title: Änne ſ Ǩ 中\nlifecycle:"));
    const printed = await own.steg(["sunset", "--pdf", "enden.pdf"]);
    expect([printed.code, printed.stdout, printed.stderr]).toEqual([0, "", expect.stringContaining("enden.pdf")]);
    const text = pdftotext(await readFile(own.path("enden.pdf")), "-layout");
    expect(text).toMatch(/Enden der Brücken\s+Stand \d\d\.\d\d\.\d{4}, \d\d:\d\d: 2 Brücken, keine überfällig/);
    const day = dates.sunset.split("-").toReversed().join(".");
    expect(text).toMatch(new RegExp(`tabelle\\s+Läuft aus; endet am ${day} \\(noch 200 Tage\\)`));
    expect(text).toContain("Änne ſ Ǩ ?");
    expect(text).toContain("Zuständig: Fachdienst Muster, muster@stadt.example");
    expect((await own.steg(["sunset", "--pdf", "enden.pdf"])).stderr).toContain("exists already");
    expect((await own.steg(["sunset", "--pdf", "a.pdf", "--csv"])).code).toBe(1);
  });
});
