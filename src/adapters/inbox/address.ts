// Where to listen.

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, IPv6 in brackets. Undefined where it is none. */
export function addressOf(text: string): Address | undefined {
  const parts = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9.-]+)):(?<port>\d{1,5})$/u.exec(text)?.groups;
  const port = Number(parts?.["port"]);
  const host = parts?.["six"] ?? parts?.["host"];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** What only one bridge can have. */
export function userClaim(user: string, listen: string): string {
  return `the user ${user} of the inbox on ${listen}`;
}
