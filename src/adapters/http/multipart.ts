// A message and the files that go with it as one request body: multipart/form-data after RFC 7578, parts after RFC 2046.
//
// The part `message` comes first, then one part `attachment` per file. The length is known beforehand, the files are streamed. The
// boundary is made of the key and of what is sent: a repeat has the same bytes, and nobody who writes a file can know it and put a part
// of his own into the body.

import { createHash } from "node:crypto";
import type { Enclosure, Parcel } from "../../core/contract.ts";
import { type Enclosing, headerText, wholeOf } from "../shared/http/enclosure.ts";

export function multipartOf(
  { key, body, enclosures = [] }: Pick<Parcel, "key" | "body" | "enclosures">,
  /** Content type of the message. */
  type: string,
): Enclosing {
  const boundary = boundaryOf(key, body, enclosures);
  const head = partHead(boundary, "message", `message.${extensionOf(type)}`, type);
  const heads = enclosures.map(({ name, mediaType }) => partHead(boundary, "attachment", name, mediaType));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const filesLength = enclosures.reduce((sum, { size }) => sum + size, 0);
  const headsLength = heads.reduce((sum, { length }) => sum + LINE_END.length + length, 0);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.length + body.length + headsLength + filesLength + tail.length,
    filesLength,
    async *pieces(signal) {
      yield head;
      yield body;
      for (const [at, enclosure] of enclosures.entries()) {
        yield LINE_END;
        yield heads[at] as Buffer;
        yield* wholeOf(enclosure, signal);
      }
      yield tail;
    },
  };
}

const LINE_END = Buffer.from("\r\n");

function boundaryOf(key: string, body: Uint8Array, enclosures: readonly Enclosure[]): string {
  const hash = createHash("sha256").update(key).update("\0").update(body);
  for (const { sha256 } of enclosures) hash.update("\0").update(sha256);
  return `steg-${hash.digest("hex").slice(0, 40)}`;
}

function partHead(boundary: string, name: string, file: string, type: string): Buffer {
  const disposition = `content-disposition: form-data; name="${name}"; filename="${quotable(file)}"`;
  return Buffer.from(`--${boundary}\r\n${disposition}\r\ncontent-type: ${headerText(type)}\r\n\r\n`);
}

/** As browsers write it (WHATWG, multipart/form-data encoding): UTF-8 as it is; a quote or a line end would end the name. */
function quotable(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function extensionOf(type: string): string {
  if (/[/+]xml\b/iu.test(type)) return "xml";
  if (/[/+]json\b/iu.test(type)) return "json";
  if (/^text\/csv\b/iu.test(type)) return "csv";
  return /^text\//iu.test(type) ? "txt" : "bin";
}
