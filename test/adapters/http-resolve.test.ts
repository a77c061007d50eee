// deliver.http: a name that records may choose is looked at again on the address that is connected to.

import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { hostname, tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { attemptOf } from "../../src/adapters/http/answer.ts";
import { connect } from "../../src/adapters/shared/http/connection.ts";
import { exchange } from "../../src/adapters/shared/http/exchange.ts";
import { guardedLookup, namesOf, type Resolve } from "../../src/adapters/shared/http/resolve.ts";
import type { Attempt } from "../../src/core/contract.ts";
import { buildHttpTarget } from "../conformance/builds.ts";
import { contextIn, parcelOf } from "../conformance/surroundings.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";

const own = await lookup(hostname()).then(
  ({ address }) => (address.startsWith("127.") ? address : undefined),
  () => undefined,
);
const never = new AbortController().signal;
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

async function receive(): Promise<Receiver> {
  const receiver = await startReceiver();
  made.push(() => receiver.close());
  return receiver;
}

/** One request over a real connection; only what the name server says is the test's. */
async function ask(url: string, hosts: readonly string[], answers: readonly string[], own?: string): Promise<Attempt> {
  const found = answers.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const resolve: Resolve = (_name, answer) => answer(null, found);
  const names = namesOf(hosts, [own === undefined ? undefined : new URL(own)]);
  const limits = { connections: 4, connectTimeout: 2_000, timeout: 2_000, least: "TLSv1.2", checkCertificate: true };
  const none = { ca: undefined, cert: undefined, key: undefined, passphrase: undefined };
  const agent = await connect({ ...limits, ...none, least: "TLSv1.2", lookup: guardedLookup(names, resolve) });
  made.push(() => agent.destroy());
  const { origin } = new URL(url);
  const headers = ["idempotency-key", "k"];
  const request = { origin, path: "/", method: "POST", headers, body: Buffer.from("{}") };
  return attemptOf(await exchange(agent, request, 2_000, never), "POST https://{ORT}.neu.example");
}

describe("deliver.http: names that records choose", () => {
  it.each([
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "169.254.169.254",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "224.0.0.1",
    "255.255.255.255",
  ])("are not connected to where they lead to %s", async (address) => {
    const receiver = await receive();
    const attempt = await ask(`http://a.neu.example:${receiver.port}/`, ["*.neu.example"], [address]);
    expect(attempt).toMatchObject({ end: "unreachable", unsure: false });
    const message = attempt.end === "unreachable" ? attempt.message : "";
    expect(message).toContain("leads to this machine or its link");
    expect(message).not.toContain(address);
    expect(receiver.heard).toEqual([]);
  });

  it("are where the address is listed, or the name is the author's own", async () => {
    const receiver = await receive();
    const { port } = receiver;
    const named = `http://a.neu.example:${port}/`;
    expect((await ask(named, ["*.neu.example", "127.0.0.1"], ["127.0.0.1"])).end).toBe("delivered");
    expect((await ask(named, ["*.neu.example", `127.0.0.1:${port}`], ["127.0.0.1"])).end).toBe("delivered");
    expect((await ask(`http://localhost:${port}/`, ["localhost"], ["127.0.0.1"])).end).toBe("delivered");
    expect((await ask(named, ["b.example"], ["127.0.0.1"], named)).end).toBe("delivered");
  });

  it("of several addresses only use those that may be", async () => {
    const found: LookupAddress[] = [
      { address: "127.0.0.1", family: 4 },
      { address: "10.1.2.3", family: 4 },
      { address: "::1", family: 6 },
      { address: "fd12::1", family: 6 },
    ];
    const guarded = guardedLookup(namesOf(["*.neu.example"], []), (_name, answer) => answer(null, found));
    const all = await new Promise((resolve) => guarded("a.neu.example", { all: true }, (_e, some) => resolve(some)));
    expect(all).toEqual([found[1], found[3]]);
    const one = await new Promise((resolve) => guarded("a.neu.example", { family: 6 }, (_e, some) => resolve(some)));
    expect(one).toBe("fd12::1");
  });

  it("that lead nowhere say so", async () => {
    const attempt = await ask("http://a.neu.example/", ["*.neu.example"], []);
    expect(attempt).toMatchObject({ message: expect.stringContaining("does not resolve (ENOTFOUND)") as string });
  });

  // The machine's own name leads to it on most systems, over 127.0.1.1; where it leads to the network, there is none to test with.
  it.skipIf(own === undefined)("are looked at by the target itself", async () => {
    const receiver = await receive();
    const url = `http://{host}:${receiver.port}/`;
    const send = async (more: readonly string[]): Promise<Attempt> => {
      const target = await buildHttpTarget(url, { hosts: [hostname(), ...more] }, contextIn(tmpdir()));
      made.push(() => target.close());
      return await target.deliver(parcelOf(1, "x", { host: hostname() }), never);
    };
    expect(await send([])).toMatchObject({ end: "unreachable", code: "TARGET_UNREACHABLE", unsure: false });
    expect(receiver.heard).toEqual([]);
    expect((await send([own ?? ""])).end).toBe(own === "127.0.0.1" ? "delivered" : "unreachable");
  });
});
