// A user of an inbox: where the files lie, and what the user may.

import type { NameRule, Paths } from "./names.ts";
import type { DiskRoom } from "./room.ts";
import type { Shelf } from "./shelf.ts";
import type { Credentials } from "./login.ts";
import type { Log } from "../../core/contract.ts";

export interface Account {
  readonly user: string;
  readonly credentials: Credentials;
  readonly writeOnly: boolean;
  /** Connections at a time. */
  readonly connections: number;
  /** Milliseconds without a request after which a session ends. */
  readonly idle: number;
  readonly paths: Paths;
  readonly rule: NameRule;
  readonly disk: DiskRoom;
  readonly shelf: Shelf;
  /** Why nothing is taken now, for the client; undefined = it is. */
  readonly closed: () => string | undefined;
  readonly log: Log;
}
