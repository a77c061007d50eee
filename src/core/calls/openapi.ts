// OpenAPI 3.1 of bridges that are called: of one, or of all that an appliance has. Made from what runs, so it cannot say anything else
// than what is done: the operations of the face, who may call, what is at most taken, when it ends.

import type { Operation } from "../contract.ts";
import { createComponents } from "./openapi-components.ts";
import { ERROR_EXAMPLE, errorResponses, LIFECYCLE_HEADERS, problemSchema } from "./openapi-errors.ts";
import { asyncPaths, describeOperation, operationIds, type Describing } from "./openapi-operation.ts";

/** How callers show who they are; at least one of them, or anyone may call. */
export interface SecurityInForce {
  readonly anyone: boolean;
  readonly token: boolean;
  readonly jwt?: { readonly issuer: string; readonly scopes: readonly string[] } | undefined;
  readonly mutualTls: boolean;
}

export interface DescribedBridge {
  readonly bridge: string;
  readonly title: string;
  /** Changes with the bridge's files. */
  readonly version: string;
  readonly owner: { readonly name: string; readonly email: string };
  readonly lifecycle: {
    /** Its own word (active, deprecated, …); callers are told. */
    readonly state: string;
    /** ISO dates. */
    readonly deprecated: string;
    readonly sunset: string;
    readonly successor: { readonly title: string; readonly url?: string; readonly guide?: string } | undefined;
  };
  readonly operations: readonly Operation[];
  readonly security: SecurityInForce;
  readonly limits: { readonly body: number; readonly rate: number | undefined; readonly inFlight: number };
  /** Milliseconds. */
  readonly deadline: number;
  readonly async: boolean;
}

export type OpenApi = { readonly [key: string]: unknown };

/** Of one bridge; `base` is where callers reach it. */
export function openApiOfBridge(bridge: DescribedBridge, base: string): OpenApi {
  const { title, version, owner, lifecycle } = bridge;
  const { successor } = lifecycle;
  const info = {
    title,
    version,
    description: descriptionOf(bridge),
    contact: { name: owner.name, email: owner.email },
    "x-lifecycle": lifecycle.state,
    "x-deprecated": lifecycle.deprecated,
    "x-sunset": lifecycle.sunset,
    ...(successor && { "x-successor": successor }),
  };
  const guide = successor?.guide ?? successor?.url;
  return {
    ...documentOf([bridge], info, base, () => ""),
    ...(guide !== undefined && { externalDocs: { url: guide, description: `Successor: ${successor?.title ?? ""}` } }),
  };
}

/** Of all bridges with paths; `origin` is where callers reach the appliance. */
export function openApiOfAppliance(bridges: readonly DescribedBridge[], version: string, origin: string): OpenApi {
  const info = {
    title: "Steg",
    version,
    description: "All interfaces of this appliance that can be called. Each has a description of its own, too.",
  };
  return {
    ...documentOf(bridges, info, origin, ({ bridge }) => `/bridges/${bridge}`),
    tags: bridges.map((bridge) => ({
      name: bridge.bridge,
      description: `${bridge.title}. ${descriptionOf(bridge)}`,
      "x-sunset": bridge.lifecycle.sunset,
    })),
  };
}

function documentOf(
  bridges: readonly DescribedBridge[],
  info: object,
  server: string,
  prefixOf: (bridge: DescribedBridge) => string,
): OpenApi {
  const components = createComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  const several = prefixOf !== undefined && bridges.some((bridge) => prefixOf(bridge) !== "");
  for (const bridge of bridges) {
    const operations = bridge.operations.filter(({ http }) => http !== undefined);
    const ids = operationIds(operations, several ? bridge.bridge : "");
    const describing: Describing = {
      bridge,
      components,
      prefix: several ? `${bridge.bridge}.` : "",
      security: securityOf(bridge),
    };
    for (const [index, operation] of operations.entries()) {
      const { http } = operation;
      if (!http) continue;
      const path = prefixOf(bridge) + (http.path === "/" && several ? "" : http.path);
      paths[path] ??= {};
      paths[path][http.method.toLowerCase()] = {
        ...(several && { tags: [bridge.bridge] }),
        ...describeOperation(operation, http, ids[index] as string, describing),
      };
    }
    if (bridge.async) {
      for (const [path, item] of Object.entries(asyncPaths(describing, ids))) paths[prefixOf(bridge) + path] = item;
    }
  }
  return {
    openapi: "3.1.0",
    info,
    servers: [{ url: server }],
    paths,
    components: {
      securitySchemes: securitySchemes(bridges),
      schemas: { Problem: problemSchema, ...components.schemas },
      responses: errorResponses,
      headers: LIFECYCLE_HEADERS,
      examples: { problem: ERROR_EXAMPLE },
    },
  };
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────

function descriptionOf({ lifecycle, limits, deadline, async }: DescribedBridge): string {
  const { state, deprecated, sunset, successor } = lifecycle;
  const over = state === "sunset" || state === "retired";
  const next = successor
    ? ` Its successor: ${successor.title}${successor.url === undefined ? "" : ` (${successor.url})`}.`
    : "";
  const life = over
    ? `This interface ended on ${sunset}.${next}`
    : `This interface is a bridge for a limited time: deprecated from ${deprecated} on, it ends on ${sunset}.${next}`;
  const rate = limits.rate === undefined ? "" : `, at most ${limits.rate} calls per minute and caller`;
  const pace = async
    ? "Calls are accepted at once and processed afterwards."
    : `An answer comes within ${deadline / 1_000} s.`;
  return `${life} ${pace} A request has at most ${limits.body} bytes${rate}.`;
}

function securityOf({ security }: DescribedBridge): readonly Record<string, readonly string[]>[] {
  if (security.anyone) return [{}];
  const ways: Record<string, readonly string[]>[] = [];
  if (security.token) ways.push({ token: [] });
  if (security.jwt) ways.push({ jwt: security.jwt.scopes });
  if (security.mutualTls) ways.push({ mutualTls: [] });
  return ways;
}

function securitySchemes(bridges: readonly DescribedBridge[]): Record<string, unknown> {
  const uses = (is: (security: SecurityInForce) => boolean): boolean => bridges.some(({ security }) => is(security));
  const issuers = [...new Set(bridges.flatMap(({ security }) => security.jwt?.issuer ?? []))];
  return {
    ...(uses(({ token }) => token) && {
      token: {
        type: "http",
        scheme: "bearer",
        description: "A token of the role caller, from the operator of this appliance.",
      },
    }),
    ...(issuers.length > 0 && {
      jwt: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description: `An access token of ${issuers.join(", ")}.`,
      },
    }),
    ...(uses(({ mutualTls }) => mutualTls) && {
      mutualTls: { type: "mutualTLS", description: "A client certificate that the operator of this appliance knows." },
    }),
  };
}
