// What a client is told when it may not, or cannot: a status of SFTP and a sentence for the person who reads the client's log.

import { Status } from "../shared/ssh/wire.ts";

/** Never holds what is not the client's own: no paths of this machine, no names of others. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export function denied(text: string): Refusal {
  return new Refusal(Status.permissionDenied, text);
}

/** Version 3 has no status for a full disk or a quota: this one, with the reason in words. */
export function failed(text: string): Refusal {
  return new Refusal(Status.failure, text);
}

export function noSuchFile(text = "there is no such file"): Refusal {
  return new Refusal(Status.noSuchFile, text);
}

export function unsupported(text: string): Refusal {
  return new Refusal(Status.unsupported, text);
}
