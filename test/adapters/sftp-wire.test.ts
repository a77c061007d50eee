// The packets of SFTP, and a session against servers that lie: what is announced is never believed before it is there.

import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSession, StatusError, type Session } from "../../src/adapters/sftp/session.ts";
import { readPieces } from "../../src/adapters/sftp/transfer.ts";
import {
  attributes,
  byte,
  createCutter,
  LONGEST_PACKET,
  packetOf,
  readerOf,
  Status,
  text,
  Type,
  uint32,
  uint64,
  WireError,
  type Field,
} from "../../src/adapters/shared/ssh/wire.ts";

/** A stream cut into pieces at these places. */
function piecesOf(stream: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < stream.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(Buffer.from(stream.subarray(at, at + length)));
    at += length;
  }
  return pieces;
}

describe("the cutter", () => {
  it("gives the same packets however the stream is cut", () => {
    const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 20 });
    const lengths = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(packets, lengths, (sent, cuts) => {
        const stream = Buffer.concat(
          sent.flatMap((packet) => {
            const head = Buffer.alloc(4);
            head.writeUInt32BE(packet.length);
            return [head, packet];
          }),
        );
        const got: Buffer[] = [];
        const { cut } = createCutter((packet, own) => got.push(own ? packet : Buffer.from(packet)));
        for (const piece of piecesOf(stream, cuts)) {
          cut(piece);
          // The piece's memory is the channel's, and used again.
          piece.fill(0xee);
        }
        expect(got.map((each) => each.toString("hex"))).toEqual(sent.map((each) => Buffer.from(each).toString("hex")));
      }),
    );
  });

  it.each([0, LONGEST_PACKET + 1, 0xffff_ffff])(
    "refuses a packet of %i bytes before it takes memory for it",
    (length) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(length);
      const { cut: whole } = createCutter(() => undefined);
      expect(() => whole(head)).toThrow(WireError);
      const { cut: inPieces } = createCutter(() => undefined);
      expect(() => {
        for (const each of head) inPieces(Buffer.from([each]));
      }).toThrow(WireError);
    },
  );

  it("takes one packet's memory for a packet that comes byte by byte", () => {
    const before = process.memoryUsage();
    const { cut } = createCutter(() => undefined);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(LONGEST_PACKET);
    cut(head);
    for (let at = 0; at < LONGEST_PACKET - 1; at++) cut(Buffer.alloc(1));
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 * 1024 * 1024);
  });
});

describe("the reader", () => {
  it("reads what was written", () => {
    const some = fc.record({
      size: fc.option(fc.maxSafeInteger().map(Math.abs), { nil: undefined }),
      owner: fc.option(fc.record({ user: fc.nat(), group: fc.nat() }), { nil: undefined }),
      mode: fc.option(fc.nat(0o177_777), { nil: undefined }),
      times: fc.option(fc.record({ accessed: fc.nat(), modified: fc.nat() }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), some, fc.nat(255), (bytes, number, given, small) => {
        const packet = packetOf(Type.open, [bytes, uint32(number), attributes(given), byte(small), uint64(number)]);
        expect(packet.readUInt32BE(0)).toBe(packet.length - 4);
        const reader = readerOf(packet.subarray(4));
        expect(reader.byte()).toBe(Type.open);
        expect(reader.string().equals(bytes)).toBe(true);
        expect(reader.uint32()).toBe(number);
        expect(reader.attributes()).toEqual(given);
        expect(reader.byte()).toBe(small);
        expect(reader.uint64()).toBe(number);
        expect(reader.atEnd).toBe(true);
      }),
    );
  });

  it("ends with a WireError on any bytes, and never beyond them", () => {
    const steps = fc.array(fc.constantFrom("byte", "uint32", "uint64", "string", "attributes"), { maxLength: 30 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), steps, (bytes, ways) => {
        const reader = readerOf(Buffer.from(bytes));
        let failure: unknown = new WireError("none");
        try {
          for (const way of ways) reader[way as "byte"]();
        } catch (cause) {
          failure = cause;
        }
        expect(failure).toBeInstanceOf(WireError);
      }),
      { numRuns: 2_000 },
    );
  });
});

type Answer = (id: number, type: number) => readonly Buffer[];

/** The other side of a channel: says hello, then what the test wants. */
function liar(answer: Answer, hello: Buffer = packetOf(Type.version, [uint32(3)])): Duplex {
  const { cut } = createCutter((packet) => {
    const reader = readerOf(packet);
    const type = reader.byte();
    const said = type === Type.init ? [hello] : answer(reader.uint32(), type);
    for (const each of said) setImmediate(() => channel.push(each));
  });
  const channel = new Duplex({
    read: () => undefined,
    write(piece: Buffer, _encoding, done) {
      cut(piece);
      done();
    },
  });
  return channel;
}

function withStrings(type: number, ...fields: readonly Field[]): (id: number) => readonly Buffer[] {
  return (id) => [packetOf(type, [uint32(id), ...fields])];
}

const path = Buffer.from("/x");

describe("reading from a server that gives less than is asked for", () => {
  it.each([true, false])("gets every byte, whether it tells sizes: %s", async (tells) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200_000 }),
        fc.integer({ min: 700, max: 40_000 }),
        async (bytes, most) => {
          const content = Buffer.from(bytes);
          const { cut: cutter } = createCutter((packet) => {
            const reader = readerOf(packet);
            const type = reader.byte();
            if (type === Type.init) {
              channel.push(packetOf(Type.version, [uint32(3)]));
              return;
            }
            const id = uint32(reader.uint32());
            reader.string();
            if (type === Type.fstat) {
              channel.push(packetOf(Type.attributes, [id, attributes(tells ? { size: content.length } : {})]));
            } else {
              const at = reader.uint64();
              const piece = content.subarray(at, at + Math.min(reader.uint32(), most));
              channel.push(
                piece.length > 0
                  ? packetOf(Type.data, [id, piece])
                  : packetOf(Type.status, [id, uint32(Status.endOfFile)]),
              );
            }
          });
          const channel = new Duplex({
            read: () => undefined,
            write(piece: Buffer, _encoding, done) {
              cutter(piece);
              done();
            },
          });
          const session = await openSession(channel, 5_000);
          const got: Buffer[] = [];
          for await (const piece of readPieces(session, path, 0, (work) => work)) got.push(Buffer.from(piece));
          expect(Buffer.concat(got).equals(content)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a session with a server that lies", () => {
  const lies: readonly (readonly [string, Answer, (session: Session) => Promise<unknown>])[] = [
    ["4 billion names", withStrings(Type.name, uint32(0xffff_ffff)), (s) => s.readFolder(path)],
    [
      "names that are paths",
      withStrings(Type.name, uint32(1), text("../etc"), text(""), uint32(0)),
      (s) => s.readFolder(path),
    ],
    ["an empty name", withStrings(Type.name, uint32(1), text(""), text(""), uint32(0)), (s) => s.readFolder(path)],
    [
      "4 billion attributes",
      withStrings(Type.attributes, uint32(0x8000_0000), uint32(0xffff_ffff)),
      (s) => s.lstat(path),
    ],
    [
      "a size beyond 2^53",
      withStrings(Type.attributes, uint32(1), uint32(0xffff_ffff), uint32(0)),
      (s) => s.lstat(path),
    ],
    ["a handle of 300 bytes", withStrings(Type.handle, Buffer.alloc(300)), (s) => s.open(path, 1)],
    ["more data than asked for", withStrings(Type.data, Buffer.alloc(11)), (s) => s.read(path, 0, 10)],
    ["no data at all", withStrings(Type.data, Buffer.alloc(0)), (s) => s.read(path, 0, 10)],
    ["an answer of another type", withStrings(Type.handle, text("h")), (s) => s.lstat(path)],
    ["an answer to nothing", (id) => [packetOf(Type.status, [uint32(id + 1), uint32(0)])], (s) => s.lstat(path)],
    ["a packet of 4 GB", () => [Buffer.alloc(8, 0xff)], (s) => s.lstat(path)],
    ["a packet of nothing", () => [Buffer.alloc(8)], (s) => s.lstat(path)],
    [
      "a string longer than its packet",
      (id) => [packetOf(Type.data, [uint32(id), uint32(0xffff_ffff)])],
      (s) => s.read(path, 0, 10),
    ],
  ];

  it.each(lies)("ends it: %s", async (_name, answer, ask) => {
    const session = await openSession(liar(answer), 5_000);
    await expect(ask(session)).rejects.toThrow(WireError);
    expect(session.failure).toBeInstanceOf(WireError);
    await expect(session.lstat(path)).rejects.toBe(session.failure);
  });

  it("ends before it begins where the first packet is no hello", async () => {
    await expect(
      openSession(
        liar(() => [], packetOf(Type.status, [uint32(0)])),
        5_000,
      ),
    ).rejects.toThrow(WireError);
    await expect(
      openSession(
        liar(() => [], packetOf(Type.version, [uint32(2)])),
        5_000,
      ),
    ).rejects.toThrow(WireError);
    await expect(
      openSession(
        liar(() => [], Buffer.from("Welcome to the server\r\n")),
        5_000,
      ),
    ).rejects.toThrow(WireError);
  });

  it("takes limits for what they are, whatever they say", async () => {
    const hello = packetOf(Type.version, [uint32(3), text("limits@openssh.com"), text("1")]);
    const endless = [uint32(0xffff_ffff), uint32(0xffff_ffff)];
    const session = await openSession(
      liar(
        (id) => [packetOf(Type.extendedReply, [uint32(id), ...endless, ...endless, uint32(0), uint32(1), ...endless])],
        hello,
      ),
      5_000,
    );
    expect([session.readLength, session.writeLength]).toEqual([255 * 1_024, 1_024]);
  });

  it("gives a status without its text, and goes on", async () => {
    const answer: Answer = (id, type) =>
      type === Type.lstat ? [packetOf(Type.status, [uint32(id), uint32(Status.permissionDenied)])] : [];
    const session = await openSession(liar(answer), 5_000);
    await expect(session.lstat(path)).rejects.toThrow(StatusError);
    expect(session.failure).toBeUndefined();
  });

  it("fails everything that waits when nothing is answered", async () => {
    const session = await openSession(
      liar(() => []),
      200,
    );
    const asked = [session.lstat(path), session.remove(path)];
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(session.failure?.message).toBe("no answer for 0.2 s");
  });

  it("survives any answer: each call ends, by value or by error", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
        fc.constantFrom(101, 102, 103, 104, 105),
        async (bytes, type) => {
          const answer: Answer = (id) => {
            const head = Buffer.alloc(9);
            head.writeUInt32BE(5 + bytes.length, 0);
            head[4] = type;
            head.writeUInt32BE(id, 5);
            return [Buffer.concat([head, bytes])];
          };
          const session = await openSession(liar(answer), 1_000);
          const ends = await Promise.allSettled([
            session.readFolder(path),
            session.lstat(path),
            session.read(path, 0, 99),
          ]);
          const strange = ends.filter(
            (end) =>
              end.status === "rejected" && !(end.reason instanceof WireError) && !(end.reason instanceof StatusError),
          );
          expect(strange).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
