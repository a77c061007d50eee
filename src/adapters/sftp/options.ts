// The options of sftp that say how a server is reached: the same for the source, the target and the receipts.

import type { Known, Refuse } from "../../core/contract.ts";
import {
  boolean,
  choice,
  duration,
  integer,
  list,
  object,
  outside,
  required,
  secret,
  text,
} from "../../core/options/shape.ts";
import type { Infer } from "../../core/options/shape.ts";
import { nameEncodingOption } from "../shared/remote/name-code.ts";
import { OLD_NAMES } from "../shared/ssh/algorithms.ts";

/** What `ssh-keygen -lf` prints: 32 bytes in base64 without its filling. */
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/u;

const login = {
  host: required(outside("name or address of the server", { example: "sftp.altverfahren.example" })),
  port: integer("its port", { default: 22, least: 1, most: 65_535 }),
  user: required(outside("user to log in as", { example: "steg" })),
  privateKey: secret("private key of the user, in OpenSSH's form or PEM", {
    example: "${file:/run/secrets/sftp_key}",
  }),
  passphrase: secret("opens the private key"),
  password: secret("password of the user; also the answer where the server asks for it by keyboard-interactive"),
  hostKey: list(
    text("a fingerprint", {
      pattern: FINGERPRINT,
      patternHint: "SHA256: and 43 characters, as ssh-keygen -lf prints it",
    }),
    "fingerprint of the server's key, or several while it is changed; without one the first contact ends with an error that shows it",
    { single: true, most: 10, example: "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDsgK+aDl6N3mxL9Zk" },
  ),
  oldAlgorithms: list(
    choice(OLD_NAMES, "an algorithm that is not used any more today"),
    "what an old server needs beyond today's algorithms",
    { most: 20, needsException: (value) => Array.isArray(value) && value.length > 0 },
  ),
};

/** To be spread into the options of a role. */
export const serverOptions = {
  ...login,
  jump: object(login, "server that stands in front of this one and is logged in to first (ProxyJump)"),
  keepalive: boolean(
    "whether the server is asked every second whether it is there; false for those that do not answer that",
    {
      default: true,
    },
  ),
  nameEncoding: nameEncodingOption(),
  connectTimeout: duration("longest time for connecting and logging in", {
    default: "10s",
    least: 100,
    most: 600_000,
  }),
  timeout: duration("longest time that the server may leave a request without an answer", {
    default: "30s",
    least: 1_000,
    most: 600_000,
  }),
  totalTimeout: duration("longest time for one transfer or listing; what is cut off by it goes on where it was", {
    default: "1h",
    least: 1_000,
    most: 86_400_000,
  }),
};

const whole = object(serverOptions);
export type ServerOptions = NonNullable<Infer<typeof whole>>;
export type LoginOptions = NonNullable<ServerOptions["jump"]>;

/** What the shapes cannot tell. A value from outside is undefined here, but its key is there. */
export function checkServer(given: Known<ServerOptions>, refuse: Refuse): void {
  checkLogin(given, "", refuse);
  if (given.jump) checkLogin(given.jump, "jump.", refuse);
}

function checkLogin(given: Known<LoginOptions>, place: string, refuse: Refuse): void {
  const has = (name: string): boolean => Object.hasOwn(given, name);
  if (!has("privateKey") && !has("password")) {
    refuse(`${place}user`, "has neither a key nor a password", "privateKey: ${file:/run/secrets/sftp_key}");
  }
  if (has("passphrase") && !has("privateKey")) refuse(`${place}passphrase`, "opens a privateKey, and there is none");
}
