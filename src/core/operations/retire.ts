// Retiring a bridge, and its certificate:
//
//   asked ──nothing stands against it──▶ ledger and trail say retired ──the trail's head is signed──▶ certificate in the journal
//
// Cut behind the first step, the certificate is made when somebody asks for it; it then says so by `issued`.

import { createHash } from "node:crypto";
import type { LoadedBridge } from "../bridge/types.ts";
import type { SeenCallers } from "../calls/seen-callers.ts";
import { BridgeError } from "../errors.ts";
import { enterRetired, readLedger } from "../lifecycle/ledger.ts";
import type { LedgerEntry, RetiredBy } from "../lifecycle/ledger.ts";
import { CERTIFICATE, certificateFile, keyId, signedText } from "../lifecycle/retirement/certificate.ts";
import type { CertificateBody } from "../lifecycle/retirement/certificate.ts";
import { observedOf } from "../lifecycle/retirement/observed.ts";
import { reportOf } from "../lifecycle/retirement/report.ts";
import type { BridgeReport } from "../lifecycle/retirement/report.ts";
import { againstInWords } from "../lifecycle/retirement/words.ts";
import { standingNow } from "../lifecycle/state-watch.ts";
import { unknownBridge } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";
import { readUse, viewFor } from "./retirement.ts";
import { unknownCertificate } from "./unknown.ts";
import type { InTurn } from "../turns.ts";
import type { CertificateDocument, CertificateView, RetirementOperations, RetireRequest } from "./retirement-types.ts";

const PREFIX = "certificate/";
const MOST_REASON = 500;

export type RetiringDeps = Pick<LocalDeps, "journal" | "bridges" | "watch" | "publicKey" | "version" | "log"> & {
  readonly seen: Pick<SeenCallers, "byBridge">;
  /** Shared with whatever else writes the ledger: a bridge retired twice at the same time has one certificate. */
  readonly inTurn: InTurn;
};

export function createRetiring(deps: RetiringDeps): RetirementOperations {
  const { journal, inTurn } = deps;

  async function kept(bridge: string): Promise<CertificateDocument | undefined> {
    const known = await journal.get<CertificateDocument>(PREFIX + bridge);
    if (known !== undefined) return known;
    const entry = (await readLedger(journal)).get(bridge);
    const loaded = (await deps.bridges()).find(({ name }) => name === bridge);
    if (entry?.retired === undefined || entry.retiredAt === undefined || loaded === undefined) return undefined;
    return await issue(deps, loaded, entry, entry.retired, entry.retiredAt);
  }

  return {
    retire: async (request) => await inTurn(async () => await retire(deps, request)),
    async certificates() {
      const entries = await journal.entries<CertificateDocument>(PREFIX);
      const items = [...entries.values()]
        .map(({ bridge, title, closed, by, sha256 }): CertificateView => ({ bridge, title, closed, by, sha256 }))
        .toSorted((a, b) => (a.closed < b.closed ? 1 : -1));
      return { appliance: { id: keyId(deps.publicKey), publicKey: deps.publicKey }, items };
    },
    async certificate({ bridge }) {
      const found = await inTurn(async () => await kept(bridge));
      if (found === undefined) throw unknownCertificate();
      return found;
    },
    async report({ bridge: name }) {
      const bridge = await bridgeOf(deps, name);
      const watch = await deps.watch();
      const { state } = watch.standing(bridge);
      const [report, use] = await Promise.all([readReport(deps, bridge), readUse(journal, deps.seen)]);
      const now = watch.now();
      return { report, state, retirement: viewFor(bridge, state, use, now), now: new Date(now).toISOString() };
    },
  };
}

async function bridgeOf({ bridges }: Pick<RetiringDeps, "bridges">, name: string): Promise<LoadedBridge> {
  const loaded = await bridges();
  const bridge = loaded.find((one) => one.name === name);
  if (bridge !== undefined) return bridge;
  const known = loaded.map((one) => one.name);
  throw unknownBridge(name, known);
}

async function retire(deps: RetiringDeps, request: RetireRequest): Promise<CertificateDocument> {
  const reason = request.reason.trim();
  if (reason === "" || reason.length > MOST_REASON)
    throw new BridgeError("REQUEST_INVALID", `retiring a bridge needs a reason of 1 to ${MOST_REASON} characters`);
  const bridge = await bridgeOf(deps, request.bridge);
  const ledger = await readLedger(deps.journal);
  const entry = ledger.get(bridge.name);
  if (entry === undefined)
    throw new BridgeError("RETIRE_REFUSED", "this bridge has never run on this state, so there is nothing to certify");
  const watch = await deps.watch();
  const now = watch.now();
  const { state } = standingNow(bridge, ledger, now);
  const view = viewFor(bridge, state, await readUse(deps.journal, deps.seen), now);
  if (!view.allowed) throw new BridgeError("RETIRE_REFUSED", `${bridge.name} is ${state}: ${againstInWords(view)}`);
  const retired: RetiredBy = { by: request.actor, reason, early: view.proposed };
  const next = await enterRetired(deps.journal, entry, now, retired);
  await watch.refresh();
  // Faces and sources hear of it at once, and not only at the next tick.
  await watch.tick();
  deps.log?.("warn", "bridge.retired", { bridge: bridge.name, early: retired.early });
  return await issue(deps, bridge, next, retired, now);
}

/** Reads again what is certified: what came in the last moment is in it. */
async function issue(
  deps: RetiringDeps,
  bridge: LoadedBridge,
  entry: LedgerEntry,
  retired: RetiredBy,
  at: number,
): Promise<CertificateDocument> {
  const { journal, publicKey, version = "" } = deps;
  const report = await readReport(deps, bridge, entry);
  const { seq, at: signedAt, hash, signature } = await journal.auditCheckpoint();
  const now = (await deps.watch()).now();
  const body: CertificateBody = {
    certificate: CERTIFICATE,
    version: 1,
    appliance: { id: keyId(publicKey), publicKey, version },
    ...report,
    closed: { at: new Date(at).toISOString(), by: retired.by, reason: retired.reason, early: retired.early },
    trail: { seq, at: signedAt, hash, signature },
    issued: new Date(now).toISOString(),
  };
  const document = certificateFile(body, await journal.signDocument(signedText(body)));
  const sha256 = createHash("sha256").update(document).digest("hex");
  const { name, title } = bridge;
  const made = { bridge: name, title, closed: body.closed.at, by: retired.by, sha256, document };
  const audit = { event: "certificate.issued", bridge: name, drop: undefined, actor: retired.by };
  await journal.set(PREFIX + name, made, { ...audit, at: now, facts: { sha256, seq } });
  return made;
}

async function readReport(deps: RetiringDeps, bridge: LoadedBridge, entry?: LedgerEntry): Promise<BridgeReport> {
  const { journal } = deps;
  const [use, tally, policy, ledger, watch] = await Promise.all([
    readUse(journal, deps.seen),
    journal.tally(bridge.name),
    journal.get<{ readonly hash: string }>("policy"),
    readLedger(journal),
    deps.watch(),
  ]);
  return reportOf({
    bridge,
    entry: entry ?? ledger.get(bridge.name),
    end: watch.standing(bridge).end,
    policy: policy?.hash,
    sum: use.sums.get(bridge.name),
    tally,
    calls: use.calls.get(bridge.name),
    observed: observedOf(use.observed, bridge.name),
  });
}
