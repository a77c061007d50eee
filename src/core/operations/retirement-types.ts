// Closing a bridge for good, as operations.

import type { BridgeReport } from "../lifecycle/retirement/report.ts";
import type { RetirementView } from "../lifecycle/retirement/retirement.ts";
import type { LifecycleState } from "../lifecycle/state.ts";

export interface RetireRequest {
  readonly actor: string;
  readonly bridge: string;
  /** Stands in the certificate. */
  readonly reason: string;
}

export interface CertificateView {
  readonly bridge: string;
  readonly title: string;
  /** ISO 8601 in UTC: when it was closed, and by whom. */
  readonly closed: string;
  readonly by: string;
  /** Of the file, hex. */
  readonly sha256: string;
}

export interface CertificatesView {
  /** Who signs them: what an auditor notes down beforehand. */
  readonly appliance: { readonly id: string; readonly publicKey: string };
  /** Newest first. */
  readonly items: readonly CertificateView[];
}

export interface CertificateDocument extends CertificateView {
  /** The file, byte by byte. */
  readonly document: string;
}

export interface ReportView {
  readonly report: BridgeReport;
  readonly state: LifecycleState;
  readonly retirement: RetirementView;
  /** The trusted time, ISO 8601 in UTC. */
  readonly now: string;
}

export interface RetirementOperations {
  /** For good. RETIRE_REFUSED names what stands against it. Answers the certificate. */
  retire(request: RetireRequest): Promise<CertificateDocument>;
  certificates(query: Readonly<Record<string, never>>): Promise<CertificatesView>;
  /** NOT_FOUND where the bridge was not retired. */
  certificate(query: { readonly bridge: string }): Promise<CertificateDocument>;
  /** What a bridge was and did so far. BRIDGE_UNKNOWN */
  report(query: { readonly bridge: string }): Promise<ReportView>;
}
