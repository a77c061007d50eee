// The tables of the journal, as numbered migrations. Forward only: a shipped migration is never edited, a change is a new
// one at the end, and only adds: a program that knows the schema before can work with the new one, so that an upgrade can be taken back.
// What the columns mean stands beside them; what must hold between them is enforced in the operations.

export interface Migration {
  readonly version: number;
  readonly sql: string;
  /** The oldest schema whose programs can work with this one; undefined = the one before. */
  readonly readableFrom?: number;
}

const FIRST = `
-- Secrets of the journal itself (HMAC key, key for actors' names, signing key), sealed by a master key.
CREATE TABLE secrets (name TEXT PRIMARY KEY, key_id TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
-- A value that only the right master key gives, so that a wrong key under a known id is found at once.
CREATE TABLE master_keys (id TEXT PRIMARY KEY, check_value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE drops (
  id TEXT PRIMARY KEY,
  bridge TEXT NOT NULL,
  name ANY NOT NULL,              -- BLOB: sealed by the drop's key; TEXT: its keyed HMAC, after the purge
  hint BLOB,                      -- sealed; NULL once settled or purged
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,           -- the keyed HMAC after the purge
  identity BLOB NOT NULL,         -- HMAC of bridge, SHA-256 and occurrence: recognises duplicates for ever
  occurrence INTEGER NOT NULL,
  state TEXT NOT NULL,
  received INTEGER NOT NULL,
  finished INTEGER,
  answered INTEGER,               -- when the answer was out; NULL while it is due
  settled INTEGER NOT NULL,
  bridge_version TEXT NOT NULL,
  codec_version TEXT NOT NULL,
  pinned TEXT,
  duplicate_of TEXT,
  kept INTEGER NOT NULL,          -- 2 payload and name, 1 name only (a duplicate without work), 0 nothing
  inline INTEGER NOT NULL,        -- 1 the payload lies in payloads, 0 it is a spool file
  trouble TEXT,
  replay_delivered INTEGER NOT NULL DEFAULT 0,
  replay_skipped INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX drops_identity ON drops (identity) WHERE duplicate_of IS NULL AND state <> 'erased';
CREATE INDEX drops_state ON drops (bridge, state);
CREATE INDEX drops_by_state ON drops (state);
CREATE INDEX drops_by_bridge ON drops (bridge);
CREATE INDEX drops_files ON drops (id) WHERE kept = 2 AND inline = 0;
CREATE INDEX drops_unsettled ON drops (bridge) WHERE settled = 0 AND kept > 0;
CREATE INDEX drops_unanswered ON drops (bridge) WHERE answered IS NULL AND state <> 'open' AND kept > 0;
CREATE INDEX drops_answered ON drops (bridge, answered) WHERE kept > 0 AND answered IS NOT NULL AND finished IS NOT NULL;
CREATE INDEX drops_version ON drops (bridge_version) WHERE kept = 2;

-- One key per drop, wrapped by a master key. Deleting the row erases the drop.
CREATE TABLE keys (drop_id TEXT PRIMARY KEY, key_id TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE payloads (number INTEGER PRIMARY KEY, drop_id TEXT NOT NULL UNIQUE, sealed BLOB NOT NULL) STRICT;

-- Apart from drops, because it changes with every chunk. Counts are those of the first pass, without replays.
CREATE TABLE progress (
  drop_id TEXT PRIMARY KEY,
  watermark INTEGER NOT NULL,
  position INTEGER NOT NULL,
  ranges TEXT NOT NULL,
  splits TEXT NOT NULL,
  appenders BLOB,                 -- sealed: paths of target files may carry names
  records INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  lanes TEXT,                     -- ordered bridges: by lane, the last finished record; ranges are empty then
  intent TEXT                     -- onDoubt: ask: records that may be on their way
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
  drop_id TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  bridge TEXT NOT NULL,
  line INTEGER NOT NULL,
  stage TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  facts TEXT,                     -- JSON: names for texts in other languages, never values
  detail BLOB,                    -- sealed by the drop's key; NULL after the purge
  attempts INTEGER NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0,
  closed_by TEXT,                 -- a pseudonym
  closed_reason BLOB,             -- sealed: people write names into reasons
  skipped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (drop_id, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_bridge_state ON dead_letters (bridge, state);
CREATE INDEX dead_bridge ON dead_letters (bridge);
CREATE INDEX dead_state ON dead_letters (state);
CREATE INDEX dead_open_age ON dead_letters (bridge, created) WHERE state = 'open';

CREATE TABLE batch_numbers (
  bridge TEXT NOT NULL,
  date TEXT NOT NULL,
  key TEXT NOT NULL,
  number INTEGER NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (bridge, date, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX batch_numbers_number ON batch_numbers (bridge, date, number);
CREATE INDEX batch_numbers_created ON batch_numbers (created);

CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE versions (hash TEXT PRIMARY KEY, kept_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE version_files (
  number INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  UNIQUE (hash, name)
) STRICT;

CREATE TABLE sums (
  bridge TEXT PRIMARY KEY,
  drops INTEGER NOT NULL,
  records INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  open_dead INTEGER NOT NULL,
  held INTEGER NOT NULL,
  spool_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  bridge TEXT,
  drop_id TEXT,
  actor TEXT NOT NULL,
  facts TEXT NOT NULL,            -- canonical JSON, hashed as it stands
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_bridge ON audit (bridge, seq);
-- The chain finds changes; the triggers keep a defect of ours from making one.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Erasable: without its row a pseudonym stands for nobody.
CREATE TABLE pseudonyms (
  pseudonym TEXT PRIMARY KEY,
  actor_mac BLOB NOT NULL UNIQUE,
  actor BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Receipts that a replay made out of date; hints of files that stay where they are after they were taken. */
const SECOND = `
ALTER TABLE drops ADD COLUMN answer_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX drops_answer_due ON drops (bridge) WHERE answer_due = 1;
CREATE INDEX drops_hints ON drops (bridge) WHERE hint IS NOT NULL;
`;

/** Files that come beside the records, and which record has which of them. */
const THIRD = `
CREATE TABLE attachments (
  id TEXT PRIMARY KEY,            -- as a drop's, and its key, spool file or payload are those of a drop
  bridge TEXT NOT NULL,
  name ANY NOT NULL,              -- BLOB: sealed by its own key; TEXT: its keyed HMAC, after the purge
  hint BLOB,                      -- sealed; NULL once settled or purged
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,           -- the keyed HMAC after the purge
  name_mac BLOB NOT NULL,         -- HMAC of bridge and name: recognises another one of that name
  media_type TEXT NOT NULL,
  state TEXT NOT NULL,            -- waiting, joined, unassigned, duplicate, erased
  received INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  duplicate_of TEXT,
  kept INTEGER NOT NULL,          -- as of drops
  inline INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_names ON attachments (name_mac, id) WHERE kept = 2;
CREATE INDEX attachments_state ON attachments (bridge, state, received);
CREATE INDEX attachments_files ON attachments (id) WHERE kept = 2 AND inline = 0;
CREATE INDEX attachments_kept ON attachments (bridge, id) WHERE kept = 2;
CREATE INDEX attachments_unsettled ON attachments (bridge) WHERE settled = 0 AND kept > 0;
CREATE INDEX attachments_hints ON attachments (bridge) WHERE hint IS NOT NULL;

-- Written before the message is made, so that after a crash it is made of the same files. An empty id: of none.
CREATE TABLE joins (
  drop_id TEXT NOT NULL,
  first INTEGER NOT NULL,         -- first record of the message
  attachment_id TEXT NOT NULL,
  PRIMARY KEY (drop_id, first, attachment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX joins_attachment ON joins (attachment_id) WHERE attachment_id <> '';

ALTER TABLE sums ADD COLUMN attachments_waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sums ADD COLUMN attachments_joined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sums ADD COLUMN attachments_unassigned INTEGER NOT NULL DEFAULT 0;
`;

/** Calls that were accepted: which drop each is, who may ask for it, what became of it. Erased with the drop. */
const CALLS = `
CREATE TABLE calls (
  id TEXT PRIMARY KEY,            -- UUID: the last part of its Location
  drop_id TEXT NOT NULL UNIQUE,
  caller_mac BLOB NOT NULL,       -- HMAC of bridge and caller: nobody else may ask
  key_mac BLOB UNIQUE,            -- HMAC of bridge, caller and Idempotency-Key; NULL = it had none
  request_mac BLOB                -- HMAC of what was asked for: recognises another request under the same key
) STRICT, WITHOUT ROWID;
CREATE TABLE call_answers (
  number INTEGER PRIMARY KEY,
  drop_id TEXT NOT NULL UNIQUE,
  sealed BLOB NOT NULL,           -- by the drop's key
  size INTEGER NOT NULL,
  failed INTEGER NOT NULL,        -- 1 the caller hears a problem
  stored INTEGER NOT NULL
) STRICT;
`;

/** What may come only once: which drop of a bridge brought it. */
const ONCE = `
CREATE TABLE once (
  mac BLOB PRIMARY KEY,           -- HMAC of bridge and key
  drop_id TEXT NOT NULL,
  until INTEGER NOT NULL          -- from then on it is as if it had never come
) STRICT, WITHOUT ROWID;
CREATE INDEX once_until ON once (until);
`;

/** Senders who hear at once that their drop came. */
const ARRIVALS = `
ALTER TABLE drops ADD COLUMN arrival_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX drops_arrival_due ON drops (bridge) WHERE arrival_due = 1;
`;

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: FIRST },
  { version: 2, sql: SECOND },
  { version: 3, sql: THIRD },
  { version: 4, sql: CALLS },
  { version: 5, sql: ONCE },
  { version: 6, sql: ARRIVALS },
];
