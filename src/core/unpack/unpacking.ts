// A codec that also takes packed drops: gzip, and ZIP with one or many files. What it is tells the beginning of the drop, not its name.
//
// The files of an archive are decoded one after the other, each as a drop of its own would be (header line, detected encoding of the
// first); their records are numbered on. A file that cannot be read to its end costs its own rest, not the files behind it.

import type { Batch, Codec, DecodeContext, MemberInfo } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import { createByteReader, type ByteReader } from "./byte-reader.ts";
import { inflate } from "./inflate.ts";
import { createGauge, refusedArchive, UNPACK_LIMITS, type Gauge, type UnpackLimits } from "./limits.ts";
import { readZip, type Member } from "./zip.ts";

type Form = "gzip" | "zip" | "plain";

/** Text formats never begin so: the first has a control character, the second is `PK` and two of them. */
function formOf(start: Uint8Array): Form {
  if (start[0] === 0x1f && start[1] === 0x8b && start[2] === 8) return "gzip";
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  return isZip && ((start[2] === 3 && start[3] === 4) || (start[2] === 5 && start[3] === 6)) ? "zip" : "plain";
}

interface Opened {
  readonly form: Form;
  readonly reader: ByteReader;
  readonly gauge: Gauge;
}

async function open(bytes: AsyncIterable<Uint8Array>, limits: UnpackLimits): Promise<Opened> {
  const gauge = createGauge(limits);
  const reader = createByteReader(bytes, gauge);
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < 4) {
    const piece = await reader.next();
    if (!piece) break;
    // A copy: the piece is good only until the next one is asked for.
    start = Buffer.concat([start, piece]);
  }
  reader.putBack(start);
  return { form: formOf(start), reader, gauge };
}

async function* plain(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (let piece = await reader.next(); piece; piece = await reader.next()) yield piece;
}

async function* gunzip({ reader, gauge }: Opened): AsyncGenerator<Uint8Array> {
  for await (const piece of guarded(inflate(reader, "gzip"))) {
    gauge.unpacked(piece.length);
    yield piece;
  }
}

/** Archives in archives are refused: who packs so has something else in mind than records. */
async function* guarded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const piece of bytes) {
    if (first && formOf(piece) !== "plain")
      throw refusedArchive("nested", "it holds another archive; pack the files once");
    if (first && Buffer.from(piece.subarray(257, 262)).toString("latin1") === "ustar")
      throw refusedArchive("nested", "it holds a tar archive; pack the files as ZIP, or each by itself");
    first = false;
    yield piece;
  }
}

/** The files of a drop, unpacked, one after the other: one where it is no archive. */
export async function* unpackedFiles(
  bytes: AsyncIterable<Uint8Array>,
  limits: UnpackLimits = UNPACK_LIMITS,
): AsyncGenerator<{ readonly name: string | undefined; readonly bytes: AsyncIterable<Uint8Array> }> {
  const opened = await open(bytes, limits);
  try {
    if (opened.form === "plain") yield { name: undefined, bytes: plain(opened.reader) };
    else if (opened.form === "gzip") yield { name: undefined, bytes: gunzip(opened) };
    else
      for await (const member of readZip(opened.reader, opened.gauge))
        yield { name: member.path, bytes: guarded(member.bytes) };
  } finally {
    await opened.reader.close();
  }
}

export function unpacking(codec: Codec, limits: UnpackLimits = UNPACK_LIMITS): Codec {
  return {
    ...codec,
    async *decode(bytes, context) {
      const opened = await open(bytes, limits);
      try {
        if (opened.form === "plain") yield* codec.decode(plain(opened.reader), context);
        else if (opened.form === "zip") yield* decodeMembers(codec, opened, context);
        else {
          const member = { name: undefined };
          // Rows of cells are for drops as they are: what is copied here is records.
          const inner = { ...context, cells: false };
          for await (const batch of codec.decode(gunzip(opened), inner)) yield { ...batch, member };
        }
      } finally {
        await opened.reader.close();
      }
    },
    async checkFrame(bytes, context) {
      const opened = await open(bytes, limits);
      const check = async (contents: AsyncIterable<Uint8Array>): Promise<void> => {
        if (codec.checkFrame) await codec.checkFrame(contents, context);
        else if (opened.form !== "plain") for await (const _ of contents) context.signal.throwIfAborted();
      };
      try {
        if (opened.form === "plain") await check(plain(opened.reader));
        else if (opened.form === "gzip") await check(gunzip(opened));
        else
          for await (const { bytes: contents } of readZip(opened.reader, opened.gauge)) await check(guarded(contents));
      } finally {
        await opened.reader.close();
      }
    },
  };
}

/** Where the next file's records begin. */
interface Base {
  records: number;
  end: number;
}

async function* decodeMembers(codec: Codec, opened: Opened, context: DecodeContext): AsyncGenerator<Batch> {
  const base: Base = { records: 0, end: 0 };
  const detected: Record<string, string> = {};
  for await (const member of readZip(opened.reader, opened.gauge)) {
    const inner: DecodeContext = {
      signal: context.signal,
      pinned: context.pinned ?? (Object.keys(detected).length > 0 ? { ...detected } : undefined),
      detected(option, value) {
        if (Object.hasOwn(detected, option)) return;
        detected[option] = value;
        context.detected(option, value);
      },
      notice: (what) => context.notice?.(what),
      sender: (name) => context.sender?.(name),
    };
    yield* decodeMember(codec, member, inner, base);
  }
}

async function* decodeMember(codec: Codec, file: Member, context: DecodeContext, base: Base): AsyncGenerator<Batch> {
  const member: MemberInfo = { name: file.path };
  let size = 0;
  const contents = counted(guarded(file.bytes), (bytes) => (size += bytes));
  const begin = { ...base };
  try {
    for await (const batch of codec.decode(contents, context)) {
      const first = begin.records + batch.first;
      base.records = first + batch.records.length - 1;
      const ends = Float64Array.from(batch.ends, (end) => begin.end + end);
      yield { ...batch, first, ends, member };
    }
    for await (const _ of contents);
    base.end = begin.end + size + 1;
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode" || isOfArchive(cause)) throw cause;
    for await (const _ of contents);
    base.records++;
    base.end = begin.end + size + 1;
    // The virtual byte behind each file keeps the ends rising, whatever was read of it.
    yield { first: base.records, records: [{ fault: cause }], lines: [0], ends: [base.end], fields: undefined, member };
  }
}

/** Not the file's own fault. */
function isOfArchive({ code }: BridgeError): boolean {
  return code === "ARCHIVE_REFUSED" || code === "SPOOL_DAMAGED";
}

/** Can be read on after its reader has stopped. */
function counted(bytes: AsyncGenerator<Uint8Array>, count: (bytes: number) => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = await bytes.next();
        if (step.done !== true) count(step.value.length);
        return step;
      },
    }),
  };
}
