// ssh2 makes a cipher for each packet of AES-GCM from the raw bytes of its key, and Node prepares those anew each time: a tenth of the
// work of a transfer. A key object is prepared once. It has to be put where ssh2 keeps the bytes; where a later version keeps them
// elsewhere, nothing is found and nothing changes.

import { createSecretKey, type KeyObject } from "node:crypto";
import type { Client } from "ssh2";

interface Inside {
  readonly _protocol?: {
    readonly _cipher?: { _encKey?: Buffer | KeyObject };
    readonly _decipher?: { _decipherKey?: Buffer | KeyObject };
  };
}

/** To be called after each exchange of keys. */
export function quickenKeys(client: Client): void {
  const { _cipher: cipher, _decipher: decipher } = (client as Client & Inside)._protocol ?? {};
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey);
  if (Buffer.isBuffer(decipher?._decipherKey)) decipher._decipherKey = createSecretKey(decipher._decipherKey);
}
