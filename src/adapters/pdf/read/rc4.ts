// RC4, which OpenSSL has put aside: read only, because old PDFs are encrypted with it.

export function rc4(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, at) => at);
  let swap = 0;
  for (let at = 0; at < 256; at++) {
    swap = (swap + state[at]! + key[at % key.length]!) & 0xff;
    exchange(state, at, swap);
  }
  const out = new Uint8Array(bytes.length);
  let first = 0;
  let second = 0;
  for (let at = 0; at < bytes.length; at++) {
    first = (first + 1) & 0xff;
    second = (second + state[first]!) & 0xff;
    exchange(state, first, second);
    out[at] = bytes[at]! ^ state[(state[first]! + state[second]!) & 0xff]!;
  }
  return out;
}

function exchange(state: Uint8Array, a: number, b: number): void {
  const held = state[a]!;
  state[a] = state[b]!;
  state[b] = held;
}
