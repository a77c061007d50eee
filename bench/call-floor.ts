// The floor of rest-rest: what one writes in an afternoon, fastify in front and an undici pool behind, JSON read and written, no more.
// Prints {"port"}; ends with its stdin.

import { fastify } from "fastify";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

const pool = new Pool(process.argv[2] as string, { connections: 128, pipelining: 1 });
const server = fastify({ logger: false });
server.post<{ Params: { om: string }; Body: unknown }>("/einwohner/:om", async (request, reply) => {
  const answer = await pool.request({
    path: `/alt/${encodeURIComponent(request.params.om)}`,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request.body),
  });
  const body: unknown = await answer.body.json();
  return reply.code(answer.statusCode).send(body);
});
await server.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ port: (server.server.address() as AddressInfo).port })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
