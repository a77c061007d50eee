// /api/v1/openapi.json: OpenAPI 3.1 from the list of routes. 3.1 uses JSON Schema 2020-12 as it is, so the schemas that
// check and serialize are the ones that are published.

import { BESIDE_PATHS } from "./openapi-beside.ts";
import type { Route } from "./routes.ts";
import { problemSchema } from "./schemas.ts";

export function openApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = { ...BESIDE_PATHS };
  for (const route of routes) {
    const path = `/api/v1${route.path.replace(/:(\w+)/g, "{$1}")}`;
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Steg admin API", version, license: { name: "EUPL-1.2", identifier: "EUPL-1.2" } },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" }, basic: { type: "http", scheme: "basic" } },
      schemas: { Problem: problemSchema },
      responses: {
        Problem: {
          description: "What went wrong (RFC 9457)",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => ({
    name: match[1],
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
  const empty = route.answer["type"] === "null";
  return {
    summary: route.summary,
    operationId: operationId(route),
    description: `Roles: ${route.roles.join(", ")}`,
    ...(inPath.length + inQuery.length > 0 && { parameters: [...inPath, ...inQuery] }),
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: route.body } } },
    }),
    responses: {
      ...(empty
        ? { "204": { description: "Done" } }
        : { "200": { description: route.summary, content: { "application/json": { schema: route.answer } } } }),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function operationId(route: Route): string {
  const words = route.path
    .replace(/:(\w+)/g, "by-$1")
    .split(/[/-]/)
    .filter((word) => word !== "");
  return route.method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
