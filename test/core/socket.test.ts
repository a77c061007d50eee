// The socket in the state folder, asked by whoever: it knows a closed list of operations, bounds what it reads, and never shows values.

import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { OPERATION_NAMES } from "../../src/core/operations/operations.ts";
import { connectOperations, serveOperations } from "../../src/core/operations/socket.ts";
import type { OperationsSocket } from "../../src/core/operations/socket.ts";

let folder: string;
let socket: OperationsSocket;
let failures: unknown[] = [];
let asked: string[] = [];

const operations = Object.fromEntries(
  OPERATION_NAMES.map((name) => [
    name,
    async (request: { readonly id?: string }) => {
      asked.push(name);
      if (name === "drop") throw new BridgeError("DROP_UNKNOWN", "there is no drop of that id", { detail: "Erika" });
      if (name === "deadLetter") throw new TypeError("cannot read Erika");
      return { name, request };
    },
  ]),
) as unknown as Operations;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "steg-socket-"));
  socket = await serveOperations(folder, operations, (cause) => failures.push(cause));
});
beforeEach(() => {
  failures = [];
  asked = [];
});
afterAll(async () => {
  await socket.close();
  await rm(folder, { recursive: true, force: true });
});

async function send(text: string | Buffer): Promise<string> {
  const client = createConnection(join(folder, "steg.sock"));
  let answer = "";
  client.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
  client.on("error", () => undefined);
  client.end(text);
  await new Promise((resolve) => client.once("close", resolve));
  return answer;
}

describe("the operations socket", () => {
  it.each([
    "",
    "\n",
    "null\n",
    "[]\n",
    "{not json\n",
    "\x00\xff\xfe\n",
    '{"operation":"drops"}',
    '{"operation":"drops"}\n',
    '{"operation":"constructor","request":{}}\n',
    '{"operation":"__proto__","request":{}}\n',
    '{"operation":"tokenBook","request":{}}\n',
    '{"operation":["drops"],"request":{}}\n',
    '{"operation":"drops","request":"x"}\n',
    '{"operation":"drops","request":null}\n',
  ])("refuses %j without asking anything of the appliance", async (text) => {
    const answer = await send(text);
    expect(JSON.parse(answer)).toMatchObject({ error: { code: "REQUEST_INVALID" } });
    expect(asked).toEqual([]);
    expect(failures).toEqual([]);
  });

  it("stops reading a request that has no end", async () => {
    const answer = await send(Buffer.alloc(9 << 20, 0x61));
    // The connection may be gone before the answer can be read; the appliance is not.
    expect(answer).toMatch(/too large|^$/);
    expect(asked).toEqual([]);
    expect(await (await connectOperations(folder))?.drops({})).toMatchObject({ name: "drops" });
  });

  it("gives values to nobody, and of a failure its code and message", async () => {
    const detail = await send('{"operation":"deadDetail","request":{"id":"dl-1","actor":"x","ticket":"T"}}\n');
    expect(JSON.parse(detail)).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(asked).toEqual([]);
    const known = await send('{"operation":"drop","request":{"id":"x"}}\n');
    const foreign = await send('{"operation":"deadLetter","request":{"id":"x"}}\n');
    expect(JSON.parse(known)).toMatchObject({ error: { code: "DROP_UNKNOWN" } });
    expect(JSON.parse(foreign)).toMatchObject({ error: { code: "INTERNAL" } });
    expect(known + foreign).not.toMatch(/Erika|\.ts:\d/);
    expect(failures).toHaveLength(1);
  });

  it("takes an error of another version for one it does not know", async () => {
    const client = await connectOperations(folder);
    await expect(client?.drop({ id: "x" })).rejects.toMatchObject({ code: "DROP_UNKNOWN" });
    await expect(client?.deadLetter({ id: "x" })).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
