// deliver.http with files beside the message: what is sent is read by Node's own parser of multipart/form-data, not by ours.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, oneof, string, tuple, uint8Array } from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { multipartOf } from "../../src/adapters/http/multipart.ts";
import type { HttpOptions } from "../../src/adapters/http/target.ts";
import type { Enclosure, Parcel, Target } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { nameFault } from "../../src/core/options/file-names.ts";
import { buildHttpTarget } from "../conformance/builds.ts";
import { enclosureOf, probeParcelWithFiles } from "../conformance/probe.ts";
import { contextIn, eventually, parcelOf, pause } from "../conformance/surroundings.ts";
import { startTokenServer } from "../peers/oauth.ts";
import { startReceiver, type Heard, type Receiver } from "../peers/receiver.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});
const folder = mkdtempSync(join(tmpdir(), "steg-multipart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(more: Partial<HttpOptions> = {}): Promise<{ receiver: Receiver; target: Target }> {
  const receiver = await startReceiver();
  made.push(() => receiver.close());
  const target = await buildHttpTarget(`${receiver.origin}/in`, more, contextIn(folder));
  made.push(() => target.close());
  return { receiver, target };
}

function withFiles(files: readonly Enclosure[], body = "<a>ü</a>", n = 1): Parcel {
  return { ...parcelOf(n, body), enclosures: files };
}

interface Part {
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

async function partsOf(heard: Heard | undefined): Promise<readonly Part[]> {
  const headers = { "content-type": heard?.headers["content-type"] ?? "" };
  const form = await new Response(Uint8Array.from(heard?.body ?? []), { headers }).formData();
  const parts: Part[] = [];
  for (const [field, value] of form) {
    if (typeof value === "string") throw new Error(`${field} came as a field, not as a file`);
    parts.push({ field, name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) });
  }
  return parts;
}

describe("deliver.http with files", () => {
  it("sends the message first, then each file with its name and type", async () => {
    const { receiver, target } = await start();
    const pdf = Buffer.from([0x25, 0x50, 0x44, 0x46, 0x0d, 0x0a, 0x2d, 0x2d, 0xff, 0x00, 0x0d, 0x0a]);
    const files = [enclosureOf("antrag.pdf", pdf), enclosureOf("leer.txt", Buffer.alloc(0), "text/plain")];
    expect((await target.deliver(withFiles(files), never)).end).toBe("delivered");
    const [heard] = receiver.heard;
    expect(heard?.headers["content-length"]).toBe(String(heard?.body.length));
    expect(heard?.headers["transfer-encoding"]).toBeUndefined();
    expect(await partsOf(heard)).toEqual([
      {
        field: "message",
        name: "message.xml",
        type: "application/xml; charset=utf-8",
        bytes: Buffer.from("<a>ü</a>"),
      },
      { field: "attachment", name: "antrag.pdf", type: "application/pdf", bytes: pdf },
      { field: "attachment", name: "leer.txt", type: "text/plain", bytes: Buffer.alloc(0) },
    ]);
  });

  it.each(["Bußgeldbescheid Müller.pdf", 'a"; filename="b.pdf', "übung 100 %.pdf", "日本語.pdf", "a;b,c='d'.pdf"])(
    "lets no name break out of its part: %j",
    async (name) => {
      const { receiver, target } = await start();
      const files = [enclosureOf(name, Buffer.from("%PDF")), enclosureOf("zweite.pdf", Buffer.from("%PDF 2"))];
      expect((await target.deliver(withFiles(files), never)).end).toBe("delivered");
      const parts = await partsOf(receiver.heard[0]);
      expect(parts.map(({ name: given }) => given)).toEqual(["message.xml", name, "zweite.pdf"]);
    },
  );

  it("gives every file back as it was, whatever its name and bytes are, in as many bytes as it announced", async () => {
    // What a name may hold: everything but what no file is called and no target takes.
    const name = string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter(
      (text) => nameFault(text) === undefined,
    );
    const troublesome = constantFrom("\r\n", "--", "steg-", '"', "\0", "content-disposition: form-data", "\r\n--\r\n");
    const bytes = oneof(
      uint8Array({ maxLength: 300 }),
      array(troublesome, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(""))),
    );
    const files = array(tuple(name, bytes), { minLength: 1, maxLength: 4 });
    await assert(
      asyncProperty(bytes, files, async (body, given) => {
        const enclosures = given.map(([file, content]) => enclosureOf(file, content));
        const multipart = multipartOf({ key: "k", body, enclosures }, "application/json");
        const pieces: Uint8Array[] = [];
        for await (const piece of multipart.pieces(never)) pieces.push(piece);
        const whole = Buffer.concat(pieces);
        if (whole.length !== multipart.length) return false;
        const headers = { "content-type": multipart.contentType };
        const form = await new Response(Uint8Array.from(whole), { headers }).formData();
        const came = await Promise.all(
          ([...form.values()] as File[]).map(
            async (file) => [file.name, Buffer.from(await file.arrayBuffer())] as const,
          ),
        );
        const sent = [["message.json", body] as const, ...given];
        return (
          came.length === sent.length &&
          came.every(([file, content], at) => file === sent[at]?.[0] && content.equals(sent[at][1]))
        );
      }),
      { numRuns: 300 },
    );
  });

  it("repeats the same bytes for the same key, and a file that holds another's boundary stays a file", async () => {
    const { receiver, target } = await start();
    const parcel = probeParcelWithFiles(3);
    receiver.script.push({ status: 503 });
    expect((await target.deliver(parcel, never)).end).toBe("retry");
    // The receiver says 422 to a key that comes with another body.
    expect((await target.deliver(parcel, never)).end).toBe("delivered");
    const later = await buildHttpTarget(`${receiver.origin}/in`, {}, contextIn(folder));
    made.push(() => later.close());
    expect((await later.deliver(parcel, never)).end).toBe("delivered");
    expect(receiver.heard).toHaveLength(3);
    for (const { body } of receiver.heard) expect(body.equals(receiver.heard[0]?.body as Buffer)).toBe(true);

    const [, boundary = ""] = /boundary=(\S+)/u.exec(receiver.heard[0]?.headers["content-type"] ?? "") ?? [];
    const evil = `\r\n--${boundary}\r\ncontent-disposition: form-data; name="message"\r\n\r\n<b/>\r\n--${boundary}--\r\n`;
    const sly = { ...parcel, enclosures: [enclosureOf("boese.pdf", Buffer.from(evil))], key: parcelOf(9, "").key };
    expect((await target.deliver(sly, never)).end).toBe("delivered");
    const parts = await partsOf(receiver.heard.at(-1));
    expect(parts.map(({ field }) => field)).toEqual(["message", "attachment"]);
    expect(parts[1]?.bytes.toString()).toBe(evil);
  });

  it("keeps a type of the bridge's own for the message, whose body it is about", async () => {
    const { receiver, target } = await start({ headers: { "Content-Type": "application/vnd.xjustiz+xml" } });
    await target.deliver(withFiles([enclosureOf("a.pdf", Buffer.from("%PDF"))]), never);
    await target.deliver(parcelOf(2, "<b/>"), never);
    const [first, second] = receiver.heard;
    expect(first?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=steg-[0-9a-f]{40}$/u);
    expect((await partsOf(first))[0]).toMatchObject({ name: "message.xml", type: "application/vnd.xjustiz+xml" });
    expect(second?.headers["content-type"]).toBe("application/vnd.xjustiz+xml");
  });

  it("sends all of it again with a new token", async () => {
    const tokens = await startTokenServer({ id: "steg", secret: "geheim" });
    made.push(() => tokens.close());
    const client = { tokenUrl: tokens.url, clientId: "steg", clientSecret: "geheim" };
    const oauth2 = { ...client, scope: undefined, audience: undefined, send: "basic" } as const;
    const { receiver, target } = await start({ auth: { oauth2 } });
    receiver.script.push({ status: 401 });
    expect((await target.deliver(probeParcelWithFiles(1), never)).end).toBe("delivered");
    expect(receiver.heard).toHaveLength(2);
    expect(tokens.asked).toHaveLength(2);
    expect(await partsOf(receiver.heard[1])).toHaveLength(3);
  });

  it("refuses the message, not the target, where a file cannot be read or is not as long as it was", async () => {
    const { receiver, target } = await start();
    const good = enclosureOf("a.pdf", Buffer.alloc(300_000, "p"));
    const broken: Enclosure = {
      ...good,
      async *open() {
        yield Buffer.alloc(100_000, "p");
        throw await Promise.resolve(new BridgeError("SPOOL_DAMAGED", "spool file: it does not authenticate"));
      },
    };
    for (const file of [broken, { ...good, size: good.size + 1 }, { ...good, size: good.size - 1 }]) {
      const attempt = await target.deliver(withFiles([file]), never);
      expect(attempt).toMatchObject({ end: "refused", code: "SPOOL_DAMAGED" });
    }
    expect(receiver.accepted.size).toBe(0);
    expect((await target.deliver(withFiles([good]), never)).end).toBe("delivered");
  });

  it("takes the time that files need as long as the target takes some of them", async () => {
    // A MiB in half a second; that is longer than the time-out.
    const slowly = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      for await (const piece of request) await pause((piece as Buffer).length / 2_000);
      response.end();
    };
    const slow = createHttpServer((request, response) => void slowly(request, response).catch(() => undefined));
    await new Promise<void>((resolve) => void slow.listen(0, "127.0.0.1", resolve));
    made.push(() => {
      slow.closeAllConnections();
      slow.close();
    });
    const { port } = slow.address() as { port: number };
    const target = await buildHttpTarget(`http://127.0.0.1:${port}/in`, { timeout: 300 }, contextIn(folder));
    made.push(() => target.close());
    const started = performance.now();
    const file = enclosureOf("a.pdf", Buffer.alloc(2 ** 21, "p"));
    expect(await target.deliver(withFiles([file]), never)).toMatchObject({ end: "delivered" });
    expect(performance.now() - started).toBeGreaterThan(600);
  });

  it("waits for the answer behind them no longer than for any other, and for slow ones not for ever", async () => {
    const { receiver, target } = await start({ timeout: 300 });
    receiver.script.push({ instead: "hang" });
    expect(await target.deliver(withFiles([enclosureOf("a.pdf", Buffer.alloc(2 ** 20))]), never)).toMatchObject({
      end: "unreachable",
      unsure: true,
      message: expect.stringContaining("did not answer within 1.3 s") as string,
    });
    const drip: Enclosure = {
      ...enclosureOf("a.pdf", Buffer.alloc(2 ** 18)),
      async *open() {
        for (;;) {
          yield Buffer.alloc(100);
          await pause(20);
        }
      },
    };
    expect(await target.deliver(withFiles([drip]), never)).toMatchObject({
      end: "unreachable",
      message: expect.stringContaining("did not answer within 0.55 s") as string,
    });
  });

  it("reads no faster than the target takes it, and stops when it is told to", async () => {
    // Reads nothing at all.
    const deaf = createServer((socket) => void socket.on("error", () => undefined).pause());
    await new Promise<void>((resolve) => void deaf.listen(0, "127.0.0.1", resolve));
    made.push(() => void deaf.close());
    const { port } = deaf.address() as { port: number };
    const target = await buildHttpTarget(`http://127.0.0.1:${port}/in`, { timeout: 400 }, contextIn(folder));
    made.push(() => target.close());
    let isOpen = 0;
    let pieces = 0;
    const endless: Enclosure = {
      ...enclosureOf("a.pdf", Buffer.alloc(1)),
      size: 2 ** 40,
      async *open(signal) {
        isOpen++;
        try {
          for (;;) {
            signal.throwIfAborted();
            pieces++;
            yield Buffer.alloc(65_536);
            await new Promise((resolve) => void setImmediate(resolve));
          }
        } finally {
          isOpen--;
        }
      },
    };
    const stop = new AbortController();
    const under = target.deliver(withFiles([endless]), stop.signal);
    setTimeout(() => stop.abort(new Error("told to")), 300);
    expect((await under).end).toBe("unreachable");
    await eventually("the file is closed", () => isOpen === 0);
    // Back-pressure: what fits into the buffers of two sockets, not what fits into memory.
    expect(pieces).toBeGreaterThan(0);
    expect(pieces).toBeLessThan(400);
  });
});
