// Retiring over a real journal: what is refused, what is written, and the certificate, of which no byte can be another.

import { execFileSync } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { lifecycleHeaders, refusedByLifecycle } from "../../src/core/calls/lifecycle.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json } from "../../src/core/canonical-json.ts";
import { verifyExport } from "../../src/core/journal/exported.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { checkRatchet, enterLedger, readLedger } from "../../src/core/lifecycle/ledger.ts";
import { certificateFile, signedText, verifyCertificate } from "../../src/core/lifecycle/retirement/certificate.ts";
import type { Certificate, CertificateBody } from "../../src/core/lifecycle/retirement/certificate.ts";
import { createLifecycleWatch } from "../../src/core/lifecycle/state-watch.ts";
import type { LifecycleWatch } from "../../src/core/lifecycle/state-watch.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { createLocalOperations } from "../../src/core/operations/local.ts";
import type { LocalOperations } from "../../src/core/operations/local.ts";
import { noteObserved } from "../../src/core/operations/observing.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";
import { content, DAY, finishDrop, never, takeBytes, takeNew, testState } from "./journal-state.ts";

const END = Date.parse("2027-11-16T09:00:00Z");
const NAME = "gewerbeanmeldung";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const place = testState();
afterEach(async () => await place.remove());

interface Scene {
  readonly state: OpenState;
  readonly operations: LocalOperations;
  readonly watch: LifecycleWatch;
  at(time: number): void;
}

async function scene(time: number, lifecycle = lifecycleOf()): Promise<Scene> {
  const state = await place.open();
  let now = time;
  const bridge = bridgeOf({ lifecycle });
  await enterLedger(state.journal, new Map(), bridge, NAME, now);
  const read = () => ({ wall: now, uptime: now, boot: "one" });
  const watch = await createLifecycleWatch({ journal: state.journal, bridges: () => [bridge], read });
  const operations = createLocalOperations({
    journal: state.journal,
    spool: state.spool,
    publicKey: state.publicKey,
    version: "1.2.3",
    bridges: async () => [bridge],
    refused: async () => [],
    watch: async () => watch,
    policy: async () => builtInPolicy(),
    running: () => undefined,
    appliance: async () => await Promise.reject(new Error("no engine here")),
    signal: never,
    now: () => now,
  });
  return { state, operations, watch, at: (next) => void (now = next) };
}

const ask = { bridge: NAME, actor: "token:leitstand", reason: "Das neue Verfahren läuft – Übergabe »fertig«." };
const refusal = async (operations: LocalOperations): Promise<string> =>
  await operations.retire(ask).then(
    () => "retired",
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );

describe("retire", () => {
  it("after the sunset, once nothing is held and nothing open; then for good", async () => {
    const { state, operations, watch, at } = await scene(END + DAY);
    const { journal } = state;
    const open = await takeNew(state, content("a"), { bridge: NAME, received: END + 1 });
    const held = await takeNew(state, content("b"), { bridge: NAME, received: END + 2, ended: "held" });
    expect(await refusal(operations)).toBe(
      `RETIRE_REFUSED ${NAME} is sunset: it holds 1 drop (steg hand-over); drops are in work`,
    );
    const counts = { records: 3, delivered: 2, skipped: 1, dead: 0 };
    const progress = { watermark: 3, offset: 9, ranges: [], splits: [], counts, complete: true, appenders: {} };
    await journal.commit({ drop: open, progress, dead: [], finished: END + 3 });
    const what = { drop: held, actor: "local:a", ticket: "T-1", folder: "/srv/uebergabe" };
    await journal.handOver(what);
    expect(await refusal(operations)).toContain("a hand-over was cut");
    await journal.handedOver(what);
    await expect(operations.retire({ ...ask, reason: " " })).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await expect(operations.retire({ ...ask, bridge: "niemand" })).rejects.toMatchObject({ code: "BRIDGE_UNKNOWN" });
    await expect(operations.certificate({ bridge: NAME })).rejects.toMatchObject({ code: "NOT_FOUND" });
    operations.seenCallers.note({ name: "portal", by: "token" }, NAME);
    await operations.seenCallers.flush();
    at(END + DAY + 1);
    operations.seenCallers.note({ name: "altverfahren", by: "certificate" }, NAME);
    at(END + DAY);

    const made = await operations.retire(ask);
    const verdict = verifyCertificate(bytesOf(made.document));
    if (!verdict.ok) throw new Error(verdict.why);
    const { certificate } = verdict;
    expect(certificate).toMatchObject({
      appliance: { publicKey: state.publicKey, version: "1.2.3" },
      bridge: { name: NAME, owner: "Fachdienst Gewerbe", legacy: { system: "Gewerbe-Alt 7.2", vendor: null } },
      dates: { started: "2026-11-01", sunset: "2027-11-16", end: "2027-11-16", extensions: [] },
      records: { all: 3, delivered: 2, skipped: 1, dead: 0, pending: 0 },
      drops: { all: 2, held: 0, handedOver: 1, first: "2027-11-16T09:00:00.001Z", last: "2027-11-16T09:00:00.002Z" },
      calls: { all: 2, callers: 2, lastBy: "certificate:altverfahren" },
      notbetrieb: { uses: 0, last: null },
      closed: { by: ask.actor, reason: ask.reason, early: false, at: "2027-11-17T09:00:00.000Z" },
    });
    // No person of the bridge file, and of callers only the last.
    expect(made.document).not.toMatch(/stadt\.example|portal/);
    expect(made.sha256).toBe(createHash("sha256").update(made.document).digest("hex"));
    expect(await operations.certificate({ bridge: NAME })).toEqual(made);
    expect(await operations.certificates({})).toMatchObject({
      appliance: { id: certificate.appliance.id, publicKey: state.publicKey },
      items: [{ bridge: NAME, by: ask.actor, sha256: made.sha256 }],
    });

    const events = (await journal.auditEntries({ bridge: NAME })).map(({ event, actor }) => `${event} ${actor}`);
    expect(events.slice(-3)).toEqual([
      "bridge.retired token:leitstand",
      "lifecycle.state system",
      "certificate.issued token:leitstand",
    ]);
    const head = (await journal.auditEntries({})).find(({ seq }) => seq === certificate.trail.seq);
    expect(head?.hash).toBe(certificate.trail.hash);

    at(END + 400 * DAY);
    expect(watch.standing(bridgeOf()).state).toBe("retired");
    expect(await refusal(operations)).toContain("was not retired");
    await expect(
      operations.notbetrieb({ bridge: NAME, actor: "token:a", reason: "frist", ticket: "T" }),
    ).rejects.toMatchObject({ code: "NOTBETRIEB_REFUSED" });
    // Whatever its file says now, and whatever it is called.
    const extended = bridgeOf({ lifecycle: lifecycleOf({ sunset: "2030-01-01" }), version: "v2" });
    await enterLedger(journal, await readLedger(journal), extended, NAME, END + 400 * DAY);
    await watch.refresh();
    expect(watch.standing(extended).state).toBe("retired");
    const ledger = await readLedger(journal);
    expect(ledger.get(NAME)?.retired).toMatchObject({ by: ask.actor });
    // Its own file is no reason for an alarm.
    for (const own of [bridgeOf(), extended]) expect(checkRatchet(own, ledger, [own])).toEqual([]);
    const renamed = bridgeOf({ name: "anders" });
    expect(checkRatchet(renamed, ledger, [renamed]).map(({ message }) => message)).toEqual([
      expect.stringContaining(`the bridge ${NAME}, which was retired on 2027-11-17`),
    ]);
    const elsewhere = bridgeOf({ name: "anders", sourceIdentity: "folder:neu" });
    expect(checkRatchet(elsewhere, ledger, [elsewhere])).toEqual([]);
  });

  it("before the sunset only where nobody uses it and somebody watches", async () => {
    const begin = Date.parse("2027-01-04T10:00:00Z");
    const { state, operations, watch, at } = await scene(
      begin,
      lifecycleOf({ cycles: [{ name: "M", period: "P2M" }] }),
    );
    const beat = async (): Promise<void> =>
      await noteObserved({
        journal: state.journal,
        watch,
        status: () => [{ bridge: NAME, paused: false, sourceError: undefined }],
      });
    const rowOf = async () => (await operations.lifecycle({})).rows[0]?.retirement;
    expect(await refusal(operations)).toContain("nobody has watched it yet");
    await beat();
    expect(await refusal(operations)).toContain("watched without a gap only since 2027-01-04, not before 2027-03-10");
    // A heartbeat each minute is the same as that of the last quarter of an hour.
    await state.journal.set("observed", { at: begin + 65 * DAY - 60_000 });
    at(begin + 65 * DAY);
    await watch.tick();
    expect(await rowOf()).toMatchObject({ proposed: true, days: 65, cycle: "M", silentSince: null, against: [] });
    operations.seenCallers.note({ name: "portal", by: "token" }, NAME);
    expect(await rowOf()).toMatchObject({ proposed: false, against: [{ what: "call" }] });
    at(begin + 200 * DAY);
    await watch.tick();
    await state.journal.set("observed", { at: begin + 200 * DAY });
    const { document } = await operations.retire(ask);
    const { closed, watched, dates } = JSON.parse(document) as Certificate;
    expect(closed).toMatchObject({ early: true, at: "2027-07-23T10:00:00.000Z" });
    expect(watched).toEqual({ from: "2027-01-04T10:00:00.000Z", to: "2027-07-23T10:00:00.000Z" });
    expect([dates.sunset, dates.end]).toEqual(["2027-11-16", "2027-07-23"]);
    const standing = watch.standing(bridgeOf());
    expect(standing).toMatchObject({ state: "retired", end: "2027-07-23", daysLeft: 0, closedAt: begin + 200 * DAY });
    // Nobody is told of an end that is still to come.
    const later = { ...lifecycleOf(), deprecated: "2027-09-01" };
    const then = begin + 200 * DAY;
    expect(lifecycleHeaders(later, standing, "Europe/Berlin")).toMatchObject({
      sunset: "Fri, 23 Jul 2027 10:00:00 GMT",
      deprecation: `@${then / 1_000}`,
    });
    expect(refusedByLifecycle(lifecycleOf(), standing, then)?.detail).toContain("It ended on 2027-07-23.");
  });

  it("counts what came from the rows, and does not watch what is paused or cannot be asked", async () => {
    const { state, operations, watch } = await scene(END + DAY);
    const { journal } = state;
    for (const [text, dead] of [
      ["a", [1, 2]],
      ["b", [2]],
    ] as const) {
      const drop = await takeNew(state, content(text), { bridge: NAME, received: END - DAY });
      await finishDrop(state, drop, 3, dead);
    }
    await takeBytes(state, content("a"), { bridge: NAME });
    await takeBytes(state, content("a"), { bridge: "andere" });
    const [first = ""] = (await journal.dead({ bridge: NAME })).map(({ id }) => id);
    await journal.dismiss([first], "local:a", "doppelt");
    expect(await journal.tally("niemand")).toEqual({ drops: {}, letters: {}, first: null, last: null });
    const { report } = await operations.report({ bridge: NAME });
    expect(report).toMatchObject({
      records: { all: 6, delivered: 3, dead: 3, pending: 0 },
      letters: { open: 2, dismissed: 1, delivered: 0, expired: 0 },
      drops: { all: 3, duplicates: 1 },
      watched: null,
    });
    const uses = await journal.uses();
    expect(uses.map(({ bridge, inWork }) => [bridge, inWork])).toEqual([
      ["andere", true],
      [NAME, false],
    ]);
    const beat = async (paused: boolean, sourceError: string | undefined): Promise<void> =>
      await noteObserved({ journal, watch, status: () => [{ bridge: NAME, paused, sourceError }] });
    await beat(true, undefined);
    await beat(false, "the server is away");
    expect((await operations.report({ bridge: NAME })).report.watched).toBeNull();
    await beat(false, undefined);
    expect((await operations.report({ bridge: NAME })).report.watched).not.toBeNull();
  });

  it("two at the same time make one certificate; one that was cut off is made later", async () => {
    const { state, operations } = await scene(END + DAY);
    const both = await Promise.allSettled([operations.retire(ask), operations.retire({ ...ask, actor: "token:b" })]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await state.journal.set(`certificate/${NAME}`, undefined);
    expect((await operations.certificates({})).items).toEqual([]);
    const { document } = await operations.certificate({ bridge: NAME });
    expect(verifyCertificate(bytesOf(document)).ok).toBe(true);
    expect(document).toContain('"by": "token:leitstand"');
  });
});

describe("the certificate", () => {
  async function made(): Promise<{
    readonly document: string;
    readonly state: OpenState;
    readonly operations: LocalOperations;
  }> {
    const { state, operations } = await scene(END + DAY);
    return { state, operations, document: (await operations.retire(ask)).document };
  }
  const verdictOf = (bytes: Uint8Array, key?: string): string => {
    const verdict = verifyCertificate(bytes, key);
    return verdict.ok ? "ok" : verdict.why;
  };

  it("is refused with any one byte changed, taken out or put in", async () => {
    const { document } = await made();
    const bytes = bytesOf(document);
    expect(verdictOf(bytes)).toBe("ok");
    for (let at = 0; at < bytes.length; at++) {
      for (const other of [(bytes[at] ?? 0) ^ 1, 0x20]) {
        if (other === bytes[at]) continue;
        const changed = bytes.with(at, other);
        if (verifyCertificate(changed).ok) throw new Error(`byte ${at} as ${other} was not noticed`);
      }
      const without = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
      if (verifyCertificate(without).ok) throw new Error(`byte ${at} is not missed`);
    }
    for (const more of [" ", "\n", "\ufeff", "{}"]) {
      expect(verdictOf(bytesOf(document + more))).not.toBe("ok");
      expect(verdictOf(bytesOf(more + document))).not.toBe("ok");
    }
  });

  it("is verified by OpenSSL and Python with the commands of the docs, which know nothing of it", async () => {
    const { document, state } = await made();
    const page = readFileSync(new URL("../../docs/certificate.md", import.meta.url), "utf8");
    const script = /```sh\n(.*?)```/s.exec(page)?.[1] ?? "";
    const run = (): string =>
      execFileSync("bash", ["-ec", script], { cwd: place.dir, encoding: "utf8", stdio: "pipe" });
    writeFileSync(join(place.dir, "certificate.json"), document);
    expect(run()).toContain("Signature Verified Successfully");
    expect(readFileSync(join(place.dir, "key.pem"), "utf8")).toBe(state.publicKey);
    writeFileSync(join(place.dir, "certificate.json"), document.replace('"all": 0', '"all": 1'));
    expect(run).toThrow(/Command failed/);
  });

  it("of another key is whole in itself, and not of the appliance that was named", async () => {
    const { document, state } = await made();
    const id = (JSON.parse(document) as Certificate).appliance.id;
    expect(verdictOf(bytesOf(document), id)).toBe("ok");
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const der = publicKey.export({ type: "spki", format: "der" });
    const { signature: _own, ...rest } = JSON.parse(document) as Certificate;
    const other = `sha256:${createHash("sha256").update(der).digest("hex")}`;
    const { seq, at, hash } = rest.trail;
    const head = Buffer.from(`steg audit checkpoint 1\n${seq}\n${at}\n${hash}\n`);
    const forged: CertificateBody = {
      ...rest,
      records: { ...rest.records, all: 1_000_000 },
      appliance: { id: other, publicKey: pem, version: "9" },
      trail: { seq, at, hash, signature: sign(null, head, privateKey).toString("base64") },
    };
    const write = (body: CertificateBody): Uint8Array =>
      bytesOf(certificateFile(body, sign(null, Buffer.from(signedText(body)), privateKey).toString("base64")));
    expect(verdictOf(write(forged))).toBe("ok");
    expect(verdictOf(write(forged), id)).toContain("another appliance");
    // The key of one and the id of another; a head that somebody else signed.
    expect(verdictOf(write({ ...forged, appliance: { ...forged.appliance, id } }))).toContain("does not belong");
    expect(verdictOf(write({ ...forged, trail: rest.trail }))).toContain("trail's head");
    expect(createPublicKey(state.publicKey).asymmetricKeyType).toBe("ed25519");
  });

  it("stands on a trail that a later export shows, and not on another one", async () => {
    const { document, state, operations } = await made();
    const { trail } = JSON.parse(document) as Certificate;
    await operations.auditCheckpoint({ actor: "local:a" });
    const entries = await operations.audit({ limit: 1_000 });
    const header = { export: "steg-audit", version: 1, publicKey: state.publicKey, bridge: null };
    const lines = [header, ...entries].map((entry) => JSON.stringify(entry));
    async function* streamOf(all: readonly string[]): AsyncGenerator<string> {
      yield* all;
    }
    const verdict = async (all: readonly string[], against = trail): Promise<string> => {
      const found = await verifyExport(streamOf(all), against);
      return found.ok ? `${found.entries}` : found.why;
    };
    expect(await verdict(lines)).toBe(String(entries.length));
    expect(await verdict(lines.slice(0, trail.seq))).toContain("ends before the head");
    expect(await verdict(lines.toSpliced(2, 1))).toContain("missing before this one");
    const other = { ...trail, hash: "0".repeat(64) };
    expect(await verdict(lines, other)).toContain("differs from the checkpoint held elsewhere");
    for (const [at, line] of lines.entries().drop(1)) {
      for (const [from, to] of [
        ['"event":"', '"event":"x'],
        ['"at":', '"at":1'],
        ['"facts":{', '"facts":{"x":1,'],
      ] as const) {
        const changed = line.replace(from, to).replace(",}", "}");
        expect(await verdict(lines.with(at, changed))).toMatch(/^line \d+/);
      }
    }
    expect(await verdict(lines.with(0, JSON.stringify({ ...header, bridge: NAME })))).toContain("one bridge only");
    expect(await verdict([])).toBe("the file is empty");
    expect(await verdict(["{}"])).toContain("first line");
  });
});

describe("canonical JSON", () => {
  it("is what RFC 8785 shows", () => {
    // The names of its section 3.2.3 (but for "1"), the numbers of its section 3.2.2.
    const value: Json = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
      numbers: [333_333_333.333_333_3, 1e30, 4.5, 2e-3, 1e-27],
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"\u0080":"Control",' +
        '"\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",' +
        '"\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it("does not depend on the order in which it was made, and reads back the same", () => {
    const names = fc.string({ unit: "grapheme", maxLength: 6 }).filter((name) => !/^\d+$|^__proto__$/.test(name));
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "grapheme" }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(names, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = canonicalJson(value);
        const turned = JSON.parse(text, (_, part: unknown) =>
          typeof part === "object" && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).toReversed())
            : part,
        ) as Json;
        expect(canonicalJson(turned)).toBe(text);
        expect(turned).toEqual(value);
      }),
    );
    for (const value of [Number.NaN, "\ud800", { 1: 2 }, { ["\udc00"]: 1 }])
      expect(() => canonicalJson(value)).toThrow(RangeError);
  });
});
