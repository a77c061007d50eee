// The page on which two persons see how the policy became looser, and who may do what there.

import { describe, expect, it } from "vitest";
import type { Facts } from "../../src/core/http/dashboard/facts.ts";
import { policyPage } from "../../src/core/http/dashboard/page-policy.ts";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import type { ActView } from "../../src/core/operations/acts.ts";
import type { Operations, Role } from "../../src/core/operations/operations.ts";
import type { PolicyView } from "../../src/core/operations/policy-book.ts";
import { actView, policyView } from "./dashboard-views.ts";
import { NOW, scene, useScene, visitor } from "./dashboard-scene.ts";

useScene();

const OPERATOR = "oidc:m.brandt/u-17";
const APPROVER = "oidc:a.sommer/u-18";
const ASKED = actView({ kind: "loosen-policy", bridge: "", to: "ab12", count: 6 });
const FACTS = { now: "2027-11-22T07:00:00+01:00", byName: new Map() } as unknown as Facts;

async function page(role: Role, actor: string, policy: PolicyView = policyView({}), acts: readonly ActView[] = []) {
  const identity = { actor, grants: [{ role, tags: [] }] } as never;
  const screen = createScreen({ language: "de", identity, csrf: "c", address: "/richtlinie" });
  const operations = { policy: async () => policy, acts: async () => acts } as unknown as Operations;
  return (await policyPage(operations, FACTS, screen)).body.html;
}

describe("the page of the policy", () => {
  it("says field by field what holds and what the file says", async () => {
    const shown = (await page("viewer", "token:auge")).replaceAll(/<[^>]*>|\s+/g, " ").replaceAll(/\s+/g, " ");
    for (const said of [
      "längste Laufzeit longestLife 36 Monate 48 Monate",
      "endDays.weekdays Dienstag, Mittwoch Dienstag, Mittwoch, Freitag",
      "endDays.freeze 15.12.2027 – 10.01.2028 –",
      "endDays.holidays nein ja",
      "land NW Feiertage aller Länder",
      "approvers it-leitung@stadt.example niemand benannt",
    ])
      expect(shown).toContain(said);
  });

  it("lets persons of the role operator ask for the very file that they see, and nobody else", async () => {
    const form = await page("operator", OPERATOR);
    expect(form).toContain('action="/richtlinie/beantragen"');
    expect(form).toContain('name="hash" value="ab12"');
    for (const [role, actor] of [
      ["viewer", OPERATOR],
      ["approver", APPROVER],
      ["operator", "token:betrieb"],
    ] as const)
      expect(await page(role, actor)).not.toContain("<form");
  });

  it("lets another person of the role approver confirm it here, and on the list of acts only look", async () => {
    const confirm = `action="/vorgaenge/${ASKED.id}/bestaetigen"`;
    expect(await page("approver", APPROVER, policyView({}), [ASKED])).toContain(confirm);
    expect(await page("approver", OPERATOR, policyView({}), [ASKED])).not.toContain(confirm);
    expect(await page("operator", OPERATOR, policyView({}), [ASKED])).not.toContain("/richtlinie/beantragen");
    scene.answers["acts"] = [ASKED];
    const { body } = await (await visitor("approver")).get("/notbetrieb");
    expect(body).toContain("Unterschied ansehen");
    expect(body).not.toContain(confirm);
  });

  it("asks anew about a file that is another one since", async () => {
    const shown = await page("operator", OPERATOR, policyView({ hash: "cd34" }), [ASKED]);
    expect(shown).toContain('name="hash" value="cd34"');
    expect(shown).not.toContain(ASKED.id);
  });

  it("is quiet where nothing waits", async () => {
    const shown = await page("operator", OPERATOR, policyView({ waits: [] }));
    expect(shown).toContain("Die Richtlinie gilt, wie sie in der Datei steht.");
    expect(shown).not.toContain("<form");
  });

  it("is where the alarm leads", async () => {
    scene.answers["alarms"] = { alarms: [], channels: [], runningOut: [], loosened: 6 };
    scene.answers["lifecycle"] = { rows: [], alarm: null, now: NOW };
    const { body } = await (await visitor("viewer")).get("/");
    expect(body).toContain("Richtlinie gelockert – nicht bestätigt");
    expect(body).toContain('href="/richtlinie"');
  });
});
