// A real token server (RFC 6749, client credentials): checks who asks, counts, withdraws, fails on order.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";

export interface TokenServer {
  readonly url: string;
  /** Requests that came. */
  readonly asked: { readonly authorization: string | undefined; readonly form: URLSearchParams }[];
  /** Tokens that are good at the moment. */
  readonly good: Set<string>;
  /** Used up from the front: answered instead of a token. `hang` never answers. */
  readonly script: ({ readonly status: number; readonly body: string } | "hang")[];
  /** Seconds that new tokens last; undefined = the answer does not say. */
  term: number | undefined;
  /** Milliseconds before each answer. */
  delay: number;
  close(): Promise<void>;
}

function answer(response: ServerResponse, delay: number, status: number, body: string): void {
  setTimeout(() => response.writeHead(status, { "content-type": "application/json" }).end(body), delay);
}

export async function startTokenServer(client: { readonly id: string; readonly secret: string }): Promise<TokenServer> {
  const asked: TokenServer["asked"] = [];
  const good = new Set<string>();
  const script: TokenServer["script"] = [];
  const pair = [client.id, client.secret]
    .map((text) => new URLSearchParams({ "": text }).toString().slice(1))
    .join(":");
  const basic = `Basic ${Buffer.from(pair).toString("base64")}`;

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
      const { authorization } = request.headers;
      asked.push({ authorization, form });
      const order = script.shift();
      if (order === "hang") return;
      if (order) {
        answer(response, self.delay, order.status, order.body);
        return;
      }
      const inForm = form.get("client_id") === client.id && form.get("client_secret") === client.secret;
      if (authorization !== basic && !inForm) {
        answer(response, self.delay, 401, '{"error":"invalid_client","error_description":"unknown client"}');
      } else if (form.get("grant_type") !== "client_credentials") {
        answer(response, self.delay, 400, '{"error":"unsupported_grant_type"}');
      } else {
        const token = randomBytes(16).toString("base64url");
        good.add(token);
        const term = self.term === undefined ? {} : { expires_in: self.term };
        answer(response, self.delay, 200, JSON.stringify({ access_token: token, token_type: "Bearer", ...term }));
      }
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const self: TokenServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    good,
    script,
    term: 3600,
    delay: 0,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return self;
}
