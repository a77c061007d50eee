// Markers: a second file that says of the first that it is complete.

export interface Marker {
  /** The marker's name for a file. */
  of(name: Buffer): Buffer;
  /** Could this be a marker itself? Then it is no data. */
  is(name: Buffer): boolean;
}

/** `{name}` is the file's name, `{stem}` the name without its last extension; `bytes` = how names are written there. */
export function markerOf(text: string, bytes = (part: string): Buffer => Buffer.from(part)): Marker {
  const variable = text.includes("{name}") ? "{name}" : "{stem}";
  const [before = "", after = ""] = text.split(variable);
  const head = bytes(before);
  const tail = bytes(after);
  return {
    of(name) {
      const dot = name.lastIndexOf(0x2e);
      return Buffer.concat([head, variable === "{stem}" && dot > 0 ? name.subarray(0, dot) : name, tail]);
    },
    is: (name) =>
      name.length > head.length + tail.length &&
      name.subarray(0, head.length).equals(head) &&
      name.subarray(name.length - tail.length).equals(tail),
  };
}

export function latin(name: Buffer): string {
  return name.toString("latin1");
}
