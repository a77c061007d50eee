// The suite of all sources against the inbox: its files come from a client, and its archive is what the suite has settled.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInbox, type Inbox } from "../../src/adapters/inbox/source.ts";
import type { Connection } from "../../src/adapters/sftp/connect.ts";
import type { Delivery } from "../../src/core/contract.ts";
import { runSourceConformance } from "../conformance/source.ts";
import { contextIn, eventually } from "../conformance/surroundings.ts";
import type { Name, PlaceOptions, SourcePlace } from "../conformance/taker.ts";
import { FAST, inboxOptionsOf, makeKey } from "../peers/inbox.ts";
import { connectTo, put } from "../peers/inbox-client.ts";

function openPlace({ files, sort, after }: PlaceOptions): SourcePlace {
  const folder = mkdtempSync(join(tmpdir(), "steg-inbox-"));
  const key = makeKey(join(folder, "user"));
  const archived = new Map<string, string>();
  let source: Inbox | undefined;
  let connection: Promise<Connection> | undefined;

  function client(): Promise<Connection> {
    const { port = 0, hostKey = "" } = source ?? {};
    return (connection ??= connectTo({ port, hostKey, key }));
  }
  const path = (name: Name): Buffer => Buffer.from(name as string);

  async function* noting(deliveries: AsyncIterable<Delivery>): AsyncIterable<Delivery> {
    for await (const delivery of deliveries) {
      const settle: Delivery["settle"] = async (...given) => {
        await delivery.settle(...given);
        archived.set(delivery.hint, delivery.name);
      };
      yield { ...delivery, settle };
    }
  }

  return {
    async connect(known) {
      await (await connection)?.close();
      connection = undefined;
      const options = inboxOptionsOf({ sort: sort ?? "name", ...(files && { files }) });
      const made = await createInbox(options, contextIn(folder, known), FAST);
      source = made;
      // Core looks before it waits, and the first wait opens the port.
      for await (const _none of made.look(new AbortController().signal))
        throw new Error("something lies there already");
      const stop = new AbortController();
      const waiting = made.wait(stop.signal);
      await eventually("the inbox listens", () => made.port !== undefined);
      return {
        ...made,
        look: (signal) => noting(made.look(signal)),
        async close() {
          stop.abort();
          await waiting;
          await made.close();
        },
      };
    },
    write: async (name, body) => await put((await client()).session, path(name), body),
    append: () => Promise.reject(new Error("what was closed is complete")),
    rename: async (from, to) => await (await client()).session.rename(path(from), path(to)),
    async names() {
      const { session } = await client();
      // Another session: this one sees what it wrote for a while after it was taken.
      const { session: other, close } = await connectTo({
        port: source?.port ?? 0,
        hostKey: source?.hostKey ?? "",
        key,
      });
      const handle = await other.openFolder(Buffer.from("."));
      const names: string[] = [];
      for (let more = await other.readFolder(handle); more; more = await other.readFolder(handle))
        names.push(...more.map(({ name }) => name.toString()));
      await close();
      if (session.failure) throw session.failure;
      return names.filter((name) => name !== "." && name !== "..");
    },
    archived: () => Promise.resolve(after === "delete" ? [] : [...archived.values()]),
    breakRemoval: () => Promise.reject(new Error("not asked of an inbox")),
    async close() {
      await (await connection)?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

runSourceConformance({
  name: "inbox",
  settle: 0,
  rawNames: false,
  handedOver: true,
  crowd: 150,
  races: 40,
  open: (options) => Promise.resolve(openPlace(options)),
});
