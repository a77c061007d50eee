import type { FastifyInstance, InjectOptions } from "fastify";
import { afterEach, beforeEach } from "vitest";
import { createBrake } from "../../src/core/http/auth.ts";
import { registerDashboard, type Dashboard } from "../../src/core/http/dashboard/dashboard.ts";
import { createServer } from "../../src/core/http/server.ts";
import type { Operations, Role } from "../../src/core/operations/operations.ts";
import { OPERATION_NAMES, ROLES } from "../../src/core/operations/operations.ts";
import type { TokenBook } from "../../src/core/operations/tokens.ts";
import {
  afterSunset,
  bridgeView,
  deadView,
  driftView,
  dropView,
  extensionView,
  lifecycleRow,
  policyView,
  progressView,
} from "./dashboard-views.ts";
import { auditView, certificateView, reportView } from "./nachweis-views.ts";

// The pages alone, over operations that answer what their test says. With the real engine and a real browser: test/commands.

/** What the socket is never asked. */
const PERSONAL = ["notbetriebConfirm", "askForAct", "confirmAct", "withdrawAct", "signed"] as const;
export const NOW = "2027-11-22T06:00:00.000Z";

/** What a test may look at and change; made anew for each. */
interface Scene {
  server: FastifyInstance;
  dashboard: Dashboard;
  asked: { name: string; request: unknown }[];
  answers: Partial<Record<keyof Operations, unknown>>;
  revoked: Set<string>;
  /** By bridge. */
  tags: Record<string, readonly string[]>;
  time: number;
  local: boolean;
}
export const scene = {} as Scene;

export function useScene(): void {
  beforeEach(async () => {
    scene.asked = [];
    scene.revoked = new Set();
    scene.tags = {};
    scene.time = Date.parse(NOW);
    scene.local = true;
    scene.answers = {
      bridges: [bridgeView({})],
      drops: [dropView({})],
      drop: dropView({}),
      dead: [deadView({})],
      deadLetter: deadView({}),
      deadDetail: "RF = UGH",
      callers: [],
      progress: progressView({}),
      drift: driftView({}),
      replay: { items: [], changed: [], versions: [] },
      dismiss: { dismissed: 1 },
      alarms: { alarms: [], channels: [], runningOut: [] },
      lifecycle: { rows: [lifecycleRow({})], alarm: null, now: NOW },
      acts: [],
      afterSunset: afterSunset({}),
      extension: extensionView({}),
      policy: policyView({}),
      notbetrieb: { until: NOW },
      notbetriebConfirm: { until: NOW },
      outlines: { bridges: [], now: NOW },
      certificates: { appliance: { id: "sha256:00", publicKey: "" }, items: [certificateView()] },
      certificate: certificateView(),
      report: reportView(),
      audit: [auditView()],
      auditVerify: { entries: 4_711, head: "ab", broken: null },
    };
    const operations = Object.fromEntries(
      [...OPERATION_NAMES, ...PERSONAL].map((name) => [
        name,
        async (request: unknown) => {
          scene.asked.push({ name, request });
          const answer = scene.answers[name];
          return typeof answer === "function" ? (answer as (given: unknown) => unknown)(request) : answer;
        },
      ]),
    ) as unknown as Operations;
    const tokens = {
      authenticate: async (token: string) => grantOf(token),
      holds: async (name: string) => !scene.revoked.has(name),
    } as unknown as TokenBook;
    const log = (): void => undefined;
    const tagsOf = (bridge: string): readonly string[] => scene.tags[bridge] ?? [];
    const common = { operations, tokens, log, tagsOf };
    scene.server = createServer({
      ...common,
      version: "1",
      tls: undefined,
      ready: () => true,
      zoneOf: () => "Europe/Berlin",
    });
    // One whose clock and address are the test's.
    void scene.server.register(
      async (scope) => {
        scene.dashboard = registerDashboard(scope, {
          ...common,
          brake: createBrake(() => scene.time),
          tls: true,
          isLocal: () => scene.local,
          origin: () => "https://steg.example",
          now: () => scene.time,
        });
      },
      { prefix: "/own" },
    );
    await scene.server.ready();
  });
  afterEach(async () => await scene.server.close());
}

/** A token is its role's name here, with a tag behind it (`operator~kommune/adorf`); how real ones are kept is tested with the journal. */
function grantOf(token: string) {
  const [name = "", tag = ""] = token.split("~");
  const role = ROLES.find((one) => one === name);
  return role && { name: role, role, tags: tag === "" ? [] : [tag.replace("/", ":")] };
}

export function scopedTo(tag: string, role: Role): `${Role}~${string}` {
  return `${role}~${tag.replace(":", "/")}`;
}

export interface Visitor {
  get(url: string, more?: Partial<InjectOptions>): ReturnType<typeof ask>;
  post(url: string, fields?: Readonly<Record<string, string>>, more?: Partial<InjectOptions>): ReturnType<typeof ask>;
}

export async function ask(options: InjectOptions) {
  return await scene.server.inject(options);
}

export const FORM = { "content-type": "application/x-www-form-urlencoded" };
export const csrfOf = (page: string): string => /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? "";
export const cookiesOf = (answer: { cookies: { name: string; value: string }[] }): string =>
  answer.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");

export async function login(token: string, more: Partial<InjectOptions> = {}, at = "") {
  const page = await scene.server.inject({ url: `${at}/anmeldung` });
  const body = new URLSearchParams({ csrf: csrfOf(page.body), token }).toString();
  const headers = { ...FORM, cookie: cookiesOf(page), ...more.headers };
  return await scene.server.inject({ method: "POST", url: `${at}/anmeldung`, body, ...more, headers });
}

export async function visitor(role: Role | `${Role}~${string}`, at = ""): Promise<Visitor> {
  const cookie = cookiesOf(await login(role, {}, at));
  const get: Visitor["get"] = async (url, more = {}) =>
    await ask({ url: at + url, ...more, headers: { cookie, ...more.headers } });
  const csrf = csrfOf((await get("/")).body);
  return {
    get,
    post: async (url, fields = {}, more = {}) =>
      await ask({
        method: "POST",
        url: at + url,
        body: new URLSearchParams({ csrf, ...fields }).toString(),
        ...more,
        headers: { ...FORM, cookie, ...more.headers },
      }),
  };
}
