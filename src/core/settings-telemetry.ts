// The settings about telemetry. What OpenTelemetry calls a variable is heard where ours is not set.

import { BridgeError } from "./errors.ts";
import type { Found } from "./settings.ts";

export interface TelemetrySettings {
  /** Where OTLP is taken, without a slash at its end; `/v1/traces` and `/v1/metrics` stand behind it. */
  readonly endpoint: string;
  readonly protocol: "http/protobuf" | "http/json";
  readonly service: string;
  /** The part of the traces that are recorded, 0 to 1. */
  readonly ratio: number;
}

export const TELEMETRY_SETTINGS = {
  otlp: {
    env: "STEG_OTLP",
    standard: "OTEL_EXPORTER_OTLP_ENDPOINT",
    key: "otlp.endpoint",
    path: false,
    doc: "where traces and metrics are sent by OTLP over HTTP, for example http://127.0.0.1:4318; nothing is without it",
  },
  otlpProtocol: {
    env: "STEG_OTLP_PROTOCOL",
    standard: "OTEL_EXPORTER_OTLP_PROTOCOL",
    key: "otlp.protocol",
    default: "http/protobuf",
    path: false,
    doc: "http/protobuf or http/json",
  },
  otlpRatio: {
    env: "STEG_OTLP_RATIO",
    standard: "OTEL_TRACES_SAMPLER_ARG",
    key: "otlp.ratio",
    default: "1",
    path: false,
    doc: "the part of drops and calls that are traced, 0 to 1; callers who trace a call themselves decide for it",
  },
  otlpService: {
    env: "OTEL_SERVICE_NAME",
    key: "otlp.service",
    default: "steg",
    path: false,
    doc: "name of the appliance in traces and metrics (service.name)",
  },
} as const;
export type TelemetrySettingName = keyof typeof TELEMETRY_SETTINGS;

/** undefined = nothing is sent. SETTING_INVALID */
export function telemetryOf(given: (name: TelemetrySettingName) => Found | undefined): TelemetrySettings | undefined {
  const endpoint = given("otlp");
  if (endpoint === undefined) return undefined;
  return {
    endpoint: endpointOf(endpoint),
    protocol: protocolOf(given("otlpProtocol")),
    service: given("otlpService")?.value ?? "steg",
    ratio: ratioOf(given("otlpRatio")),
  };
}

function endpointOf({ value, origin }: Found): string {
  const url = URL.parse(value);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (!url || !isHttp || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new BridgeError(
      "SETTING_INVALID",
      `the address for OTLP from ${origin} must be http:// or https:// with nothing behind its path, and no user in it`,
      { hint: "Tokens of the collector stand in OTEL_EXPORTER_OTLP_HEADERS." },
    );
  return value.replace(/\/+$/u, "");
}

function protocolOf(given: Found | undefined): TelemetrySettings["protocol"] {
  if (given === undefined || given.value === "http/protobuf") return "http/protobuf";
  if (given.value === "http/json") return "http/json";
  throw new BridgeError("SETTING_INVALID", `the protocol from ${given.origin} must be http/protobuf or http/json`, {
    hint: "Collectors take HTTP on port 4318, beside gRPC on 4317.",
  });
}

function ratioOf(given: Found | undefined): number {
  const ratio = given === undefined ? 1 : Number(given.value);
  if (given?.value.trim() === "" || !(ratio >= 0 && ratio <= 1))
    throw new BridgeError("SETTING_INVALID", `the part that is traced, from ${given?.origin}, must be from 0 to 1`);
  return ratio;
}
