// Everything that a running appliance answers over HTTP, asked by every role, for the search in it.

import { WELL_KNOWN } from "../../src/core/http/bridge-lifecycle.ts";
import { CALENDAR_PATH } from "../../src/core/http/calendar-route.ts";
import { ROUTES } from "../../src/core/http/routes.ts";
import type { Route } from "../../src/core/http/routes.ts";

export interface Answer {
  readonly request: string;
  readonly role: string;
  readonly status: number;
  /** Status line aside, all of it: headers and body. */
  readonly text: string;
}

/** What stands in for `:bridge` and `:id`. */
export interface Subjects {
  readonly bridges: readonly string[];
  readonly drops: readonly string[];
  readonly letters: readonly string[];
}

const STATES = ["open", "delivered", "dismissed", "expired"];
const OPEN_PATHS = ["/", "/health/live", "/health/ready", "/metrics", "/api/v1/openapi.json", "/not/there"];

/** Paths of a route for all subjects; ends of tokens are left out, because they would end the asking. */
function pathsOf({ method, path }: Route, subjects: Subjects): readonly string[] {
  if (method === "DELETE") return [];
  const ids = path.startsWith("/drops") ? subjects.drops : subjects.letters;
  const filled = path.includes(":bridge")
    ? subjects.bridges.map((bridge) => path.replace(":bridge", bridge))
    : path.includes(":id")
      ? ids.map((id) => path.replace(":id", id))
      : [path];
  if (path === "/dead-letters") return STATES.map((state) => `${path}?limit=1000&state=${state}`);
  return filled;
}

/** A dry run of a replay, a ticket, no dismissal: nothing is changed but the trail. */
function bodyOf(path: string): object | undefined {
  if (path.endsWith("/replay")) return { dryRun: true };
  if (path.endsWith("/dismiss")) return {};
  if (/\/(?:pause|resume|detail)$/.test(path)) return { ticket: "T-1" };
  return undefined;
}

export async function askEverything(
  url: string,
  tokens: Readonly<Record<string, string>>,
  subjects: Subjects,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const ask = async (method: string, path: string, role: string, body?: object): Promise<void> => {
    const token = tokens[role];
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const text = `${headers}\n${await response.text()}`;
    answers.push({ request: `${method} ${path}`, role, status: response.status, text });
  };
  for (const path of OPEN_PATHS) await ask("GET", path, "nobody");
  for (const role of ["nobody", ...Object.keys(tokens)]) {
    for (const path of [CALENDAR_PATH, WELL_KNOWN]) await ask("GET", path, role);
    for (const route of ROUTES) {
      for (const path of pathsOf(route, subjects)) await ask(route.method, `/api/v1${path}`, role, bodyOf(path));
    }
  }
  return answers;
}
