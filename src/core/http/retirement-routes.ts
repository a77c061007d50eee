// Closing bridges for good, and what proves it, in the admin API.

import { READERS } from "../operations/roles.ts";
import type { Route } from "./routes.ts";
import { list, object, text } from "./schemas.ts";
import type { Schema } from "./schemas.ts";

const view = { bridge: text, title: text, closed: text, by: text, sha256: text };
const withDocument = object({ ...view, document: text });
const reason: Schema = { type: "string", minLength: 1, maxLength: 500 };

export const RETIREMENT_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/bridges/:bridge/retire",
    summary: "Close a bridge for good; answers its certificate",
    roles: ["operator"],
    body: { ...object({ reason }), required: ["reason"], additionalProperties: false },
    answer: withDocument,
    handle: async (operations, { params, body, identity }) =>
      await operations.retire({
        bridge: params["bridge"] ?? "",
        actor: identity.actor,
        reason: String(body["reason"]),
      }),
  },
  {
    method: "GET",
    path: "/certificates",
    summary: "Certificates of all bridges that were retired, newest first",
    roles: READERS,
    answer: object({
      appliance: object({ id: text, publicKey: text }),
      items: list(object(view)),
      next: { type: "null" },
    }),
    handle: async (operations) => ({ ...(await operations.certificates({})), next: null }),
  },
  {
    method: "GET",
    path: "/certificates/:bridge",
    summary: "The certificate of a bridge; document is the file, byte by byte",
    roles: READERS,
    answer: withDocument,
    handle: async (operations, { params }) => await operations.certificate({ bridge: params["bridge"] ?? "" }),
  },
];
