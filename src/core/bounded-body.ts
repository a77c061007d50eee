// The body of an answer, as long as it is no larger than can be meant.

/** undefined = there are more than `most` bytes; what comes then is not read. */
export async function boundedBody({ body }: Response, most: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.byteLength;
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
