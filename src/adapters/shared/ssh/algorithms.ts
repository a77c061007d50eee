// The algorithms that are offered: what today's recommendations hold (BSI TR-02102-4), the fast ones first; older ones only by name.
//
// AES-GCM comes first because it is several times as fast as AES-CTR with its own MAC. No compression: it costs time, and what is
// compressed before it is encrypted tells of its content by its length.

const MODERN = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
  ],
  serverHostKey: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ],
  cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
  compress: ["none"],
} as const;

const OLD = {
  kex: ["diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1"],
  serverHostKey: ["ssh-rsa", "ssh-dss"],
  cipher: ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
  hmac: ["hmac-sha1-etm@openssh.com", "hmac-sha1", "hmac-md5"],
  compress: [],
} as const;

type Part = keyof typeof MODERN;
type OldName = (typeof OLD)[Part][number];
const PARTS = Object.keys(MODERN) as Part[];

export const OLD_NAMES: readonly OldName[] = PARTS.flatMap((part) => [...OLD[part]]);

/** Today's and, behind them, the old ones that are allowed by name. */
export function algorithmsWith(allowed: readonly string[]): Readonly<Record<Part, readonly string[]>> {
  const of = (part: Part): readonly string[] => [
    ...MODERN[part],
    ...OLD[part].filter((name: string) => allowed.includes(name)),
  ];
  return {
    kex: of("kex"),
    serverHostKey: of("serverHostKey"),
    cipher: of("cipher"),
    hmac: of("hmac"),
    compress: of("compress"),
  };
}
