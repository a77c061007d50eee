// The admin API as one list: path, roles, schemas and what it does. Registration, authorisation and the OpenAPI document
// all come from it, so none of them can forget a route.

import type { Operations, Role } from "../operations/operations.ts";
import { READERS, ROLES } from "../operations/roles.ts";
import type { Identity } from "./auth.ts";
import { ALARM_ROUTES } from "./routes-alarms.ts";
import {
  attachment,
  bridge,
  deadLetter,
  drift,
  drop,
  lifecycleRow,
  list,
  notbetrieb,
  object,
  progress,
  replayItem,
  seenCaller,
  shadow,
  text,
} from "./schemas.ts";
import type { Schema } from "./schemas.ts";
import { RETIREMENT_ROUTES } from "./retirement-routes.ts";

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below /api/v1, with `:name`. */
  readonly path: string;
  readonly summary: string;
  readonly roles: readonly Role[];
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  readonly answer: Schema;
  handle(operations: Operations, request: RouteRequest): Promise<unknown>;
}

const OPERATORS: readonly Role[] = ["operator"];
const AUDITORS: readonly Role[] = ["operator", "approver"];

const id: Schema = { type: "string", pattern: "^[0-9a-z][0-9a-z-]{0,99}$" };
/** `jwt:portal` */
const callerId: Schema = { type: "string", minLength: 1, maxLength: 220 };
const name: Schema = { type: "string", minLength: 1, maxLength: 200 };
const words: Schema = { type: "string", minLength: 1, maxLength: 500 };
const limit: Schema = { type: "integer", minimum: 1, maximum: 1000, default: 100 };
const paging = { after: id, limit };
const dropStates: Schema = {
  type: "string",
  enum: ["open", "done", "duplicate", "held", "handed-over", "refused", "erased"],
};
const attachmentStates: Schema = {
  type: "string",
  enum: ["waiting", "joined", "unassigned", "duplicate", "erased"],
};
const deadStates: Schema = { type: "string", enum: ["open", "delivered", "dismissed", "expired"] };

/** A page and the id to go on from; null = that was all. */
function pageOf<T>(
  items: readonly T[],
  most: number,
  key: (item: T) => string | number,
): { items: readonly T[]; next: string | number | null } {
  const last = items.at(-1);
  return { items, next: items.length < most || last === undefined ? null : key(last) };
}

const pageSchema = (item: Schema): Schema =>
  object({ items: list(item), next: { type: ["string", "integer", "null"] } });
const optionalText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const limitOf = (query: RouteRequest["query"]): number => Number(query["limit"] ?? 100);

const ticketBody: Schema = { ...object({ ticket: words }), required: ["ticket"], additionalProperties: false };
const notbetriebBody: Schema = {
  ...object({ reason: words, ticket: words }),
  required: ["reason", "ticket"],
  additionalProperties: false,
};
const nothing: Schema = { type: "null" };

export const ROUTES: readonly Route[] = [
  ...RETIREMENT_ROUTES,
  {
    method: "GET",
    path: "/bridges",
    summary: "All bridges with their sums and their trouble",
    roles: READERS,
    answer: pageSchema(bridge),
    handle: async (operations) => ({ items: await operations.bridges({}), next: null }),
  },
  {
    method: "GET",
    path: "/bridges/:bridge",
    summary: "One bridge",
    roles: READERS,
    answer: bridge,
    handle: async (operations, { params }) => (await operations.bridges({ bridge: params["bridge"] }))[0],
  },
  {
    method: "POST",
    path: "/bridges/:bridge/pause",
    summary: "Stop taking and delivering",
    roles: OPERATORS,
    body: ticketBody,
    answer: nothing,
    handle: async (operations, { params, body, identity }) =>
      await operations.pause({ bridge: params["bridge"] ?? "", actor: identity.actor, ticket: String(body["ticket"]) }),
  },
  {
    method: "POST",
    path: "/bridges/:bridge/resume",
    summary: "Go on after a pause",
    roles: OPERATORS,
    body: ticketBody,
    answer: nothing,
    handle: async (operations, { params, body, identity }) =>
      await operations.resume({
        bridge: params["bridge"] ?? "",
        actor: identity.actor,
        ticket: String(body["ticket"]),
      }),
  },
  {
    method: "POST",
    path: "/bridges/:bridge/notbetrieb",
    summary: "Open a bridge for 24 hours after its sunset",
    roles: OPERATORS,
    body: notbetriebBody,
    answer: notbetrieb,
    handle: async (operations, { params, body, identity }) =>
      await operations.notbetrieb({
        bridge: params["bridge"] ?? "",
        actor: identity.actor,
        reason: String(body["reason"]),
        ticket: String(body["ticket"]),
      }),
  },
  {
    method: "DELETE",
    path: "/bridges/:bridge/notbetrieb",
    summary: "Close a bridge again that was opened after its sunset",
    roles: OPERATORS,
    answer: notbetrieb,
    handle: async (operations, { params, identity }) =>
      await operations.notbetriebEnd({ bridge: params["bridge"] ?? "", actor: identity.actor }),
  },
  {
    method: "GET",
    path: "/drops",
    summary: "Drops in order of receipt",
    roles: READERS,
    query: { ...paging, bridge: name, state: dropStates },
    answer: pageSchema(drop),
    async handle(operations, { query }) {
      const filter = {
        after: optionalText(query["after"]),
        bridge: optionalText(query["bridge"]),
        state: query["state"] as never,
      };
      return pageOf(await operations.drops({ ...filter, limit: limitOf(query) }), limitOf(query), (item) => item.id);
    },
  },
  {
    method: "GET",
    path: "/drops/:id",
    summary: "One drop",
    roles: READERS,
    answer: drop,
    handle: async (operations, { params }) => await operations.drop({ id: params["id"] ?? "" }),
  },
  {
    method: "GET",
    path: "/attachments",
    summary: "Files that came beside the records, in order of receipt",
    roles: READERS,
    query: { ...paging, bridge: name, state: attachmentStates },
    answer: pageSchema(attachment),
    async handle(operations, { query }) {
      const filter = {
        after: optionalText(query["after"]),
        bridge: optionalText(query["bridge"]),
        state: query["state"] as never,
      };
      const items = await operations.attachments({ ...filter, limit: limitOf(query) });
      return pageOf(items, limitOf(query), (item) => item.id);
    },
  },
  {
    method: "GET",
    path: "/dead-letters",
    summary: "Dead letters; without a state the open ones",
    roles: READERS,
    query: { ...paging, bridge: name, drop: id, state: deadStates },
    answer: pageSchema(deadLetter),
    async handle(operations, { query }) {
      const filter = {
        after: optionalText(query["after"]),
        bridge: optionalText(query["bridge"]),
        drop: optionalText(query["drop"]),
      };
      const state = (query["state"] ?? "open") as never;
      return pageOf(
        await operations.dead({ ...filter, state, limit: limitOf(query) }),
        limitOf(query),
        (item) => item.id,
      );
    },
  },
  {
    method: "GET",
    path: "/dead-letters/:id",
    summary: "One dead letter, without values",
    roles: READERS,
    answer: deadLetter,
    handle: async (operations, { params }) => await operations.deadLetter({ id: params["id"] ?? "" }),
  },
  {
    method: "POST",
    path: "/dead-letters/:id/detail",
    summary: "The values of a dead letter; needs a ticket, every look is audited",
    roles: ["clearing"],
    body: ticketBody,
    answer: object({ detail: { type: ["string", "null"] } }),
    async handle(operations, { params, body, identity }) {
      return {
        detail: await operations.deadDetail({
          id: params["id"] ?? "",
          actor: identity.actor,
          ticket: String(body["ticket"]),
        }),
      };
    },
  },
  {
    method: "POST",
    path: "/dead-letters/:id/replay",
    summary: "Try again, with today's mapping; where that changed since, confirm has to be true",
    roles: OPERATORS,
    body: {
      ...object({ dryRun: { type: "boolean" }, confirm: { type: "boolean" }, confirmUnsure: { type: "boolean" } }),
      type: ["object", "null"],
      additionalProperties: false,
    },
    answer: object({
      items: list(replayItem),
      changed: list(object({ bridge: text, file: text })),
      versions: list(object({ bridge: text, before: text, now: text })),
    }),
    handle: async (operations, { params, body, identity }) =>
      await operations.replay({
        ids: [params["id"] ?? ""],
        actor: identity.actor,
        dryRun: body["dryRun"] === true,
        confirmChanged: body["confirm"] === true,
        confirmUnsure: body["confirmUnsure"] === true,
      }),
  },
  {
    method: "POST",
    path: "/dead-letters/:id/dismiss",
    summary: "Close a dead letter for a reason",
    roles: ["operator", "clearing"],
    body: { ...object({ reason: words }), required: ["reason"], additionalProperties: false },
    answer: object({ dismissed: { type: "integer" } }),
    handle: async (operations, { params, body, identity }) =>
      await operations.dismiss({ ids: [params["id"] ?? ""], actor: identity.actor, reason: String(body["reason"]) }),
  },
  {
    method: "GET",
    path: "/bridges/:bridge/progress",
    summary: "How far the users of a bridge have moved to its successor, as measured",
    roles: READERS,
    answer: progress,
    handle: async (operations, { params }) => await operations.progress({ bridge: params["bridge"] ?? "" }),
  },
  {
    method: "GET",
    path: "/bridges/:bridge/drift",
    summary: "What runs of a bridge, policy and settings, beside what lies on the disk",
    roles: READERS,
    answer: drift,
    handle: async (operations, { params }) => await operations.drift({ bridge: params["bridge"] ?? "" }),
  },
  {
    method: "GET",
    path: "/bridges/:bridge/shadow",
    summary: "How the successor's answers compare with those of the bridge's target; null where nothing is compared",
    roles: READERS,
    answer: shadow,
    handle: async (operations, { params }) => await operations.shadow({ bridge: params["bridge"] ?? "" }),
  },
  {
    method: "GET",
    path: "/lifecycle",
    summary: "Every bridge with its end, worst first",
    roles: READERS,
    answer: object({
      rows: list(lifecycleRow),
      alarm: { type: ["object", "null"], additionalProperties: true },
      now: text,
    }),
    handle: async (operations) => await operations.lifecycle({}),
  },
  {
    method: "POST",
    path: "/lifecycle/clock/confirm",
    summary: "Vouch for the machine's clock after a jump",
    roles: OPERATORS,
    answer: nothing,
    handle: async (operations, { identity }) => await operations.confirmClock({ actor: identity.actor }),
  },
  ...ALARM_ROUTES,
  {
    method: "GET",
    path: "/callers",
    summary: "Who called which bridge: first, last, and how often on each of the last 30 days",
    roles: READERS,
    query: { after: callerId, limit, bridge: name },
    answer: pageSchema(seenCaller),
    async handle(operations, { query }) {
      const filter = { after: optionalText(query["after"]), bridge: optionalText(query["bridge"]) };
      const items = await operations.callers({ ...filter, limit: limitOf(query) });
      return pageOf(items, limitOf(query), (item) => item.id);
    },
  },
  {
    method: "GET",
    path: "/audit",
    summary: "The audit trail, in order",
    roles: AUDITORS,
    query: { after: { type: "integer", minimum: 0 }, limit, bridge: name },
    answer: pageSchema({ type: "object", additionalProperties: true }),
    async handle(operations, { query }) {
      const after = typeof query["after"] === "number" ? query["after"] : undefined;
      const items = await operations.audit({ after, bridge: optionalText(query["bridge"]), limit: limitOf(query) });
      return pageOf(items, limitOf(query), (item) => item.seq);
    },
  },
  {
    method: "GET",
    path: "/audit/verify",
    summary: "Recompute the chain of the audit trail",
    roles: AUDITORS,
    answer: object({
      entries: { type: "integer" },
      head: text,
      broken: { type: ["object", "null"], additionalProperties: true },
    }),
    handle: async (operations) => await operations.auditVerify({}),
  },
  {
    method: "GET",
    path: "/tokens",
    summary: "Names and roles of the tokens, and for which bridges they are",
    roles: OPERATORS,
    answer: pageSchema(
      object({
        name: text,
        role: { type: "string", enum: [...ROLES] },
        tags: list(text),
        created: text,
        createdBy: text,
      }),
    ),
    handle: async (operations) => ({ items: await operations.tokens({}), next: null }),
  },
  {
    method: "DELETE",
    path: "/tokens/:name",
    summary: "End a token at once",
    roles: OPERATORS,
    answer: nothing,
    handle: async (operations, { params, identity }) =>
      await operations.tokenRevoke({ name: params["name"] ?? "", actor: identity.actor }),
  },
];
