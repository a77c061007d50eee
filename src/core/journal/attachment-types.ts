// What the journal knows of files that come beside the records (`receive.attach`), and of which message has which of them.

export type AttachmentState =
  /** No record has named it yet. */
  | "waiting"
  /** One record or several have it. */
  | "joined"
  /** No record named it in time, or a newer file of its name came: kept for people, and for a record that still comes. */
  | "unassigned"
  /** The same file came before. */
  | "duplicate"
  | "erased";

/** A file beside the records, as it was taken. */
export interface NewAttachment {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly hint: string;
  readonly size: number;
  readonly sha256: string;
  readonly mediaType: string;
  /** Milliseconds. */
  readonly received: number;
  /** Small ones lie in the journal itself, as small drops do. */
  readonly inline: boolean;
}

export interface AttachmentFile {
  readonly id: string;
  readonly bridge: string;
  /** Keyed HMAC once the payload is gone, as the hash. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly state: AttachmentState;
  readonly received: number;
  readonly settled: boolean;
  readonly duplicateOf: string | undefined;
  readonly payload: "kept" | "purged";
}

export interface AttachmentRow extends AttachmentFile {
  /** How many messages have it. */
  readonly messages: number;
}

export interface AttachmentTaken {
  readonly attachment: AttachmentFile;
  /** False: the same name with the same bytes is here already. */
  readonly taken: boolean;
  /** Others of its name that no record had named: unassigned from now on. */
  readonly superseded: readonly string[];
}

export interface AttachmentFilter {
  readonly bridge?: string;
  readonly state?: AttachmentState;
  /** Only those whose bytes are here. */
  readonly kept?: boolean;
  readonly limit?: number;
  /** Ids greater than this one: paging. Ids sort by time of receipt. */
  readonly after?: string;
}

/** Which files the message that begins with this record is made of. */
export interface Join {
  readonly first: number;
  readonly attachments: readonly string[];
}

export interface Joined {
  readonly first: number;
  readonly attachments: readonly AttachmentFile[];
}
