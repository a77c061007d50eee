// Callers that send while the process is killed again and again: who was told 202 has one effect at the service, and a result.

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { clientOf, createCallsWorld, type Client } from "./calls-world.ts";
import { dropsIn } from "./ends.ts";
import { misbehaviour } from "./kill-plans.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { waitFor } from "./world.ts";

const CALLERS = 8;
/** The reader at the end. */
const READERS = 16;

interface Sent {
  readonly number: number;
  readonly client: Client;
  readonly key: string | undefined;
  /** undefined: nobody heard whether it was accepted. */
  location?: string;
}

/** `gap`: the longest time between two calls of one caller, milliseconds. */
export function acceptedCalls(gap: number): KillPlan {
  return {
    name: "calls that are accepted",
    async begin(): Promise<Scene> {
      const receiver = await startReceiver();
      receiver.rule = (heard) => ({
        delay: 20,
        ...(misbehaviour(receiver, heard) ?? {
          status: 200,
          accept: !receiver.accepted.has(heard.key),
          headers: { "content-type": "application/json" },
          body: '{"ok":true}',
        }),
      });
      // Where answers are sent: as slow and as unreliable.
      const back = await startReceiver();
      back.rule = (heard) => misbehaviour(back, heard) ?? { status: 204, accept: !back.accepted.has(heard.key) };
      const callback = `{ http: { url: "${back.origin}/antworten/{$request.id}" }, retry: { first: 20ms, most: 200ms } }`;
      const world = createCallsWorld(receiver.origin, { rest: `async: true, callback: ${callback}` });
      const clients: Client[] = [];
      for (const caller of ["portal", "other"]) clients.push(clientOf(() => world, await world.token(caller)));
      const sent: Sent[] = [];
      const count = { accepted: 0, again: 0 };
      let stopped = false;
      const callers = Array.from({ length: CALLERS }, async (_, at) => {
        const client = clients[at % clients.length] as Client;
        while (!stopped) {
          await sleep(Math.random() * gap);
          const number = sent.length + 1;
          // Every fifth has no key: it cannot be sent again.
          const one: Sent = { number, client, key: number % 5 === 0 ? undefined : `key-${number}` };
          sent.push(one);
          await send(one, count);
        }
      });
      return {
        world,
        moved: () => receiver.heard.length + count.accepted,
        async end() {
          const up = await world.serve();
          stopped = true;
          await Promise.all(callers);
          const ids = await readAll(sent);
          await waitFor("all answers that are owed", () => idsAt(back).size >= ids.size);
          await up.stop();
          expect([...ids].filter((id) => !idsAt(back).has(id))).toEqual([]);
          const drops = await dropsIn(world);
          expect(drops.filter(({ state, settled, answered }) => state !== "done" || !settled || !answered)).toEqual([]);
          const { lost, twice } = effectsOf(receiver, sent);
          const told = sent.filter(({ location }) => location !== undefined).length;
          return {
            calls: sent.length,
            accepted: told,
            sentAgain: count.again,
            requests: receiver.heard.length,
            sentBack: back.accepted.size,
            sentBackAgain: back.heard.length - back.accepted.size,
            lost,
            twice: twice + back.doubled.length,
          };
        },
        async close() {
          await receiver.close();
          await back.close();
        },
      };
    },
  };
}

/** Until the caller has its answer; without a key once. */
async function send(one: Sent, count: { accepted: number; again: number }): Promise<void> {
  const { client, key, number } = one;
  const post = async (): Promise<string | undefined> => {
    try {
      const answer = await client.post({ nr: String(number), text: `Antrag ${number}` }, key);
      await answer.arrayBuffer();
      if (answer.status === 503) return undefined;
      expect([200, 202]).toContain(answer.status);
      return answer.headers.get("location") ?? "";
    } catch (cause) {
      // The process was killed: the caller does not know what became of it.
      if (cause instanceof TypeError) return undefined;
      throw cause;
    }
  };
  for (;;) {
    // At times a caller is impatient and sends twice at the same moment.
    const both = key !== undefined && Math.random() < 0.1;
    const heard = await Promise.all(both ? [post(), post()] : [post()]);
    for (const location of heard) {
      if (location === undefined) continue;
      expect(one.location ?? location, `two places for one key, ${key ?? ""}`).toBe(location);
      one.location = location;
    }
    if (one.location !== undefined) count.accepted++;
    if (one.location !== undefined || key === undefined) return;
    count.again++;
    await sleep(20);
  }
}

function idsAt(back: Receiver): ReadonlySet<string> {
  return new Set(
    back.heard.filter(({ key }) => back.accepted.has(key)).map(({ headers }) => String(headers["x-call-id"])),
  );
}

/** Every call that was accepted has its own answer; the ids of all. */
async function readAll(sent: readonly Sent[]): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const rest = sent.filter(({ location }) => location !== undefined);
  const read = async (): Promise<void> => {
    for (let one = rest.pop(); one; one = rest.pop()) {
      const { client, number, location = "" } = one;
      const kept = await client.ended(location);
      expect(kept).toMatchObject({ state: "done" });
      const result = await client.get(kept.result ?? "");
      expect(result.status).toBe(201);
      expect(await result.json()).toEqual({ nr: String(number), ok: true, id: kept.id });
      ids.add(kept.id);
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return ids;
}

function effectsOf(receiver: Receiver, sent: readonly Sent[]): { readonly lost: number; readonly twice: number } {
  const effects = new Map<string, number>();
  for (const body of receiver.accepted.values()) {
    const { nr } = JSON.parse(String(body)) as { nr: string };
    effects.set(nr, (effects.get(nr) ?? 0) + 1);
  }
  const lost = sent.filter(({ number, location }) => location !== undefined && !effects.has(String(number)));
  const twice = [...effects.values()].filter((times) => times > 1).length + receiver.doubled.length;
  return { lost: lost.length, twice };
}
