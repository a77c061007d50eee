// The options of receive.inbox, and what is wrong with them whatever comes.

import type { Known, Refuse } from "../../core/contract.ts";
import {
  boolean,
  bridgeFile,
  choice,
  duration,
  integer,
  list,
  map,
  object,
  outside,
  required,
  secret,
  size,
  text,
  type Infer,
} from "../../core/options/shape.ts";
import { globFault } from "../../core/options/glob.ts";
import { addressOf } from "./address.ts";
import { MOST_ROUNDS, SHA512_CRYPT } from "./crypt.ts";

const GLOB = {
  pattern: /^[^/]+$/u,
  patternHint: "a pattern for names without a slash",
} as const;

const user = object(
  {
    publicKeys: list(
      bridgeFile("file with public keys as ssh-keygen writes them, one on a line"),
      "files of the public keys that may log in",
      { single: true, most: 20, example: "[keys/kasse.pub]" },
    ),
    password: secret("the password, from outside the bridge file", { example: "${env:KASSE_PASSWORD}" }),
    passwordHash: outside("hash of the password, as openssl passwd -6 prints it", { example: '"$6$…"' }),
    writeOnly: boolean(
      "whether the user may only write: sees nothing but what the session itself wrote, and reads nothing",
      {
        default: true,
      },
    ),
    quota: size("bytes that may wait to be taken, unfinished uploads included", {
      default: "1GiB",
      least: 1_024,
    }),
    maxFile: size("largest file; 500MiB if left out, or the quota where that is less", { least: 1, example: "100MiB" }),
    maxFiles: integer("files that may wait to be taken", { default: 10_000, least: 1, most: 100_000 }),
    connections: integer("connections at a time", { default: 10, least: 1, most: 100 }),
    folder: text("the folder that the user begins in, for clients that are set to one; there is no other", {
      default: "/",
      pattern: /^\/(?:[^/\u0000-\u001f]+\/?)*$/u,
      patternHint: "an absolute path",
      example: "/export/kasse",
    }),
  },
  "a user and what the user may",
);

export const inboxOptions = object(
  {
    sftp: required(
      object(
        {
          listen: required(
            text("address and port to listen on; several bridges may share one", { example: '"0.0.0.0:2022"' }),
          ),
          users: required(
            map(user, "who may drop files, by name", {
              most: 1_000,
              key: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/u,
              keyHint: "letters, digits, _ . and -, at most 32",
              example: "{ kasse: { publicKeys: [keys/kasse.pub] } }",
            }),
          ),
          idle: duration("how long a connection may be silent", { default: "10m", least: 1_000, most: 86_400_000 }),
        },
        "an SFTP server of this appliance",
      ),
    ),
    files: list(text("pattern for names: * ? [a-z] {a,b}", GLOB), "names of the files to take; others are refused", {
      single: true,
      most: 32,
      example: '"*.csv"',
    }),
    temporary: list(
      text("pattern for names", GLOB),
      "names under which files are written until they are renamed, and never taken; *.filepart, *.part, *.tmp, .~* and .in.* if left out",
      { single: true, most: 32, example: '["*.filepart", "*.tmp"]' },
    ),
    keepPartial: duration("how long an upload that was cut off, or not renamed, waits to be resumed", {
      default: "1d",
      least: 1_000,
      most: 30 * 86_400_000,
    }),
    sort: choice(["time", "name"], "the order in which files are taken: as they were complete, or by name", {
      default: "time",
    }),
  },
  "Files that clients drop on an SFTP server of this appliance",
);
export type InboxOptions = NonNullable<Infer<typeof inboxOptions>>;
export type UserOptions = InboxOptions["sftp"]["users"][string];

export const LARGEST_FILE = 500 << 20;

/** WinSCP, many clients of their own, and lftp with xfer:use-temp-file. */
export const TEMPORARY = ["*.filepart", "*.part", "*.tmp", ".~*", ".in.*"];

export function checkInbox(given: Known<InboxOptions>, refuse: Refuse): void {
  const { sftp, files, temporary } = given;
  if (sftp?.listen !== undefined && !addressOf(sftp.listen))
    refuse("sftp.listen", "is no address with a port", 'listen: "0.0.0.0:2022"');
  const users = Object.entries(sftp?.users ?? {});
  if (sftp?.users && users.length === 0) refuse("sftp.users", "names nobody");
  for (const [name, each] of users) if (each) checkUser(`sftp.users.${name}`, each, refuse);
  for (const [option, patterns] of [
    ["files", files],
    ["temporary", temporary],
  ] as const) {
    for (const [index, pattern] of (patterns ?? []).entries()) {
      const why = pattern === undefined ? undefined : globFault(pattern);
      if (why !== undefined) refuse(`${option}[${index + 1}]`, why);
    }
  }
  const never = (files ?? []).findIndex(
    (pattern) => pattern !== undefined && (temporary ?? TEMPORARY).includes(pattern),
  );
  if (never >= 0)
    refuse(
      `files[${never + 1}]`,
      "is a temporary name, too, so that no such file is ever taken",
      'temporary: ["*.part"]',
    );
}

function checkUser(place: string, given: Known<UserOptions>, refuse: Refuse): void {
  const has = (name: string): boolean => Object.hasOwn(given, name);
  if (!has("publicKeys") && !has("password") && !has("passwordHash"))
    refuse(place, "can never log in: there is no key and no password", "publicKeys: [keys/kasse.pub]");
  if (has("password") && has("passwordHash")) refuse(`${place}.passwordHash`, "and password are two for the same");
  if (given.publicKeys?.length === 0) refuse(`${place}.publicKeys`, "names no file");
  const { passwordHash, quota, maxFile } = given;
  const why = passwordHash === undefined ? undefined : hashFault(passwordHash);
  if (why !== undefined) refuse(`${place}.passwordHash`, why, "openssl passwd -6");
  if (quota !== undefined && maxFile !== undefined && maxFile > quota)
    refuse(`${place}.maxFile`, "is more than the quota, so that no such file could ever be complete");
}

function hashFault(hash: string): string | undefined {
  const parts = SHA512_CRYPT.exec(hash)?.groups;
  if (!parts) return "is no hash of the form $6$…, which openssl passwd -6 prints";
  return Number(parts["rounds"] ?? 0) > MOST_ROUNDS ? `has more than ${MOST_ROUNDS} rounds` : undefined;
}
