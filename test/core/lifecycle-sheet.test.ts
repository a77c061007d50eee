// The lifecycle of all bridges as a sheet to print: what stands in it, in words for those who decide.

import { expect, it } from "vitest";
import { lifecycleSheet } from "../../src/core/lifecycle/report-sheet.ts";
import { lifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { lifecycleRow } from "./dashboard-views.ts";
import { bridgeOf } from "./lifecycle-fixtures.ts";
import { retirementView } from "./nachweis-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const bridge = bridgeOf();
const outline = lifecycleOutline(bridge, standingOf(bridge.lifecycle, bridge.timezone, Date.parse(NOW)));

it("says of each bridge what stands against it, and of all how they stand", () => {
  const row = lifecycleRow({ bridge: "gewerbeanmeldung", sunset: "2027-11-16", daysLeft: -6, successor: null });
  const held = { ...row, state: "sunset" as const, held: 3, overdue: true };
  const open = { ...row, bridge: "a", state: "notbetrieb" as const, notbetriebUntil: "2027-11-23T07:30:00+01:00" };
  const silent = {
    ...row,
    bridge: "b",
    daysLeft: 40,
    extensions: 1,
    notMeasured: ["2027-03-31"],
    retirement: retirementView(),
  };
  const empty = { ...row, bridge: "c", state: "sunset" as const, retirement: retirementView({ proposed: false }) };
  const { title, lines, footer } = lifecycleSheet([held, open, silent, empty], [outline], ["d.yaml:1:1 X y"], NOW);
  expect([title, footer]).toEqual(["Enden der Brücken", "Steg, Stand 22.11.2027, 07:00"]);
  const texts = lines.map(({ label, value }) => `${(label ?? "").trim()}|${value.trim()}`);
  expect(texts).toEqual([
    "|Stand 22.11.2027, 07:00: 4 Brücken, 1 überfällig, 1 im Notbetrieb, 2 abschaltbar",
    "Gewerbeanmeldungen\ngewerbeanmeldung|Beendet; endete am 16.11.2027 (seit 6 Tagen)\nGehaltene Eingänge: 3, überfällig\nZuständig: Fachdienst Farben, gewerbe@stadt.example\nNachfolger: keiner",
    "a|Notbetrieb; endete am 16.11.2027 (seit 6 Tagen)\nNotbetrieb bis 23.11.2027, 07:30\nZuständig: Fachdienst Farben\nNachfolger: keiner",
    "b|In Betrieb; endet am 16.11.2027 (noch 40 Tage), 1-mal verlängert\nNicht gemessen: Meilenstein 31.03.2027\nKann vorzeitig abgeschaltet werden: still seit 03.01.2027\nZuständig: Fachdienst Farben\nNachfolger: keiner",
    "c|Beendet; endete am 16.11.2027 (seit 6 Tagen)\nKann abgeschaltet werden: nichts gehalten, nichts offen\nZuständig: Fachdienst Farben\nNachfolger: keiner",
    "Nicht dabei|d.yaml:1:1 X y",
  ]);
  expect(lifecycleSheet([], [], [], NOW).lines[0]?.value).toContain("0 Brücken, keine überfällig");
});
