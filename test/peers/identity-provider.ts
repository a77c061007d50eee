// A certified OpenID provider (panva's oidc-provider) with pages of its own for signing in and agreeing, and invented people.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface IdentityProvider {
  readonly issuer: string;
  /** The settings that make an appliance ask here. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it may send browsers back to. From then on it answers. */
  allow(redirect: string): void;
  close(): Promise<void>;
}

export interface InventedPerson {
  readonly preferred_username: string;
  readonly roles: readonly string[];
}

const CLIENT = { client_id: "steg", client_secret: "ein-geheimnis-nur-fuer-tests-1234" };

/** By what they type into the field for the login; any password will do. */
export async function startIdentityProvider(
  people: Readonly<Record<string, InventedPerson>>,
): Promise<IdentityProvider> {
  let answer: ReturnType<Provider["callback"]> | undefined;
  const server = createServer((request, response) => {
    if (answer) void answer(request, response);
    else response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    env: {
      STEG_OIDC_ISSUER: issuer,
      STEG_OIDC_CLIENT_ID: CLIENT.client_id,
      STEG_OIDC_CLIENT_SECRET: CLIENT.client_secret,
    },
    allow(redirect) {
      const provider = new Provider(issuer, {
        clients: [{ ...CLIENT, redirect_uris: [redirect] }],
        claims: { openid: ["sub"], profile: ["preferred_username", "roles"] },
        cookies: { keys: ["nur fuer tests"] },
        ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 60, IdToken: 60 },
        pkce: { required: () => true },
        findAccount: (_context: unknown, login: string) => {
          const person = people[login];
          return person && { accountId: login, claims: () => ({ sub: login, ...person }) };
        },
      });
      answer = provider.callback();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
