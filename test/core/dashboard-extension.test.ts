// What the pages say of moving an end, and to whom they show the form.

import { describe, expect, it } from "vitest";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import { extensionSection } from "../../src/core/http/dashboard/extension-section.ts";
import type { ExtensionView } from "../../src/core/operations/extending.ts";
import type { Role } from "../../src/core/operations/operations.ts";
import { actView, bridgeView, extensionView, lifecycleRow } from "./dashboard-views.ts";
import { NOW, scene, useScene, visitor } from "./dashboard-scene.ts";

useScene();

const PERSON = "oidc:m.brandt/u-17";
const shown = (changes: Partial<ExtensionView>, role: Role = "operator", actor = PERSON): string => {
  const identity = { actor, grants: [{ role, tags: [] }] } as never;
  const screen = createScreen({ language: "de", identity, csrf: "c", address: "/bruecken/farben" });
  return extensionSection(extensionView(changes), screen).html;
};

describe("the section of a bridge", () => {
  it("says what can be chosen before anybody asks", () => {
    const freeze = [
      { from: "2029-01-01", to: "2029-01-10", reason: "Jahreswechsel" },
      { from: "2030-01-01", to: "2030-01-10", reason: "viel später" },
    ];
    const text = shown({ freeze, longest: { months: 2, days: 1 } });
    for (const one of [
      "Ende 14.11.2028; 0 von 2",
      "vom Mi 15.11.2028 bis zum Do 08.02.2029",
      "2 Monate und 1 Tag",
      "Dienstag, Mittwoch, Donnerstag; nicht an Feiertagen",
      "01.01.2029 bis 10.01.2029 (Jahreswechsel)",
    ])
      expect(text).toContain(one);
    expect(text).not.toContain("viel später");
    expect(text).toContain('type="date" min="2028-11-15" max="2029-02-08"');
  });

  it("has the form for persons of the role operator alone, where two persons can be told apart", () => {
    expect(shown({})).toContain('action="/bruecken/farben/verlaengern"');
    expect(shown({}, "viewer")).not.toContain("<form");
    expect(shown({}, "operator", "token:betrieb")).not.toContain("<form");
    expect(shown({ twoPersons: false })).not.toContain("<form");
    expect(shown({ twoPersons: false })).toContain("geprüfte Änderung der Brückendatei");
  });

  it("says why none is possible, in the words that a file is refused with", () => {
    const refused = { code: "POLICY_EXTENSIONS", message: "this is extension 3; the policy allows 2" };
    const text = shown({ days: null, refused });
    expect(text).toContain("Mehr lässt die Richtlinie nicht zu.");
    expect(text).toContain(refused.message);
    expect(text).not.toContain("<form");
  });

  it("shows the lines for the file until the file has them", () => {
    const one = {
      to: "2028-11-14",
      reason: "Abnahme",
      requestedBy: "m.brandt",
      approvedBy: "a.sommer",
      on: "2027-11-10",
    };
    const text = shown({ extensions: [{ ...one, inFile: false }], lines: "  extensions:\n    - to: 2028-11-14" });
    for (const said of ["nur hier", "Ins Repository übernehmen", "- to: 2028-11-14"]) expect(text).toContain(said);
    const taken = shown({ extensions: [{ ...one, inFile: true }] });
    expect(taken).toContain("in der Brückendatei");
    expect(taken).not.toContain("<pre");
  });
});

describe("the list of what people decide", () => {
  it("has bridges that end soon and those that were extended, with the way to their page", async () => {
    const rows = [
      lifecycleRow({ bridge: "bald", daysLeft: 180 }),
      lifecycleRow({ bridge: "spaeter", daysLeft: 181 }),
      lifecycleRow({ bridge: "laenger", daysLeft: 300, extensions: 1 }),
      lifecycleRow({ bridge: "vorbei", state: "sunset", daysLeft: -1, extensions: 1 }),
    ];
    scene.answers["lifecycle"] = { rows, alarm: null, now: NOW };
    scene.answers["bridges"] = rows.map(({ bridge }) => bridgeView({ bridge, title: "" }));
    scene.answers["acts"] = [
      actView({ kind: "extend", bridge: "bald", to: "2028-02-08", ticket: "INC-4711", count: 84 }),
    ];
    const { body } = await (await visitor("approver")).get("/notbetrieb");
    expect([...body.matchAll(/href="\/bruecken\/(\w+)#extend"/g)].map(([, name]) => name)).toEqual(["bald", "laenger"]);
    expect(body).toContain("Verlängern bis 08.02.2028: Ende um 84 Tage verschieben");
    expect(body).toContain("INC-4711");
  });
});
