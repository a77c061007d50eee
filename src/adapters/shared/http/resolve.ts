// Where a name leads is looked at once more when a connection is opened, on the address that is then connected to: a name that
// records may choose must not lead to this machine, nor to the link's own addresses, where clouds keep their credentials.
// Private networks are allowed, because the targets of an appliance mostly lie there.

import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";

/** All addresses of a name. */
export type Resolve = (
  name: string,
  answer: (cause: NodeJS.ErrnoException | null, found: readonly LookupAddress[]) => void,
) => void;

export interface Names {
  /** Written out by the bridge's author, so that no record chose them: not looked at. */
  readonly trusted: ReadonlySet<string>;
  /** Addresses that the author lists are meant, whatever they are. */
  readonly listed: ReadonlySet<string>;
}

/** What a failed connection carries as its code. */
export const ADDRESS_REFUSED = "ADDRESS_REFUSED";

// RFC 6890 (special-purpose addresses), without what it calls private use; the last one serves credentials in a private range.
const REFUSED = new BlockList();
for (const [net, bits, family] of [
  ["0.0.0.0", 8, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  ["::", 127, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
  ["fd00:ec2::254", 128, "ipv6"],
] as const) {
  REFUSED.addSubnet(net, bits, family);
}

const resolveBySystem: Resolve = (name, answer) => systemLookup(name, { all: true }, answer);

/** `hosts` as the bridge file lists them; `localhost` means this machine to whoever wrote it. */
export function namesOf(hosts: readonly string[], own: readonly (URL | undefined)[]): Names {
  const bare = hosts.map((entry) =>
    entry
      .replace(/:\d+$/u, "")
      .replace(/^\[(.*)\]$/u, "$1")
      .toLowerCase(),
  );
  const trusted = own.flatMap((url) => (url === undefined ? [] : [url.hostname]));
  return {
    trusted: new Set([...trusted, ...bare.filter((name) => name === "localhost")]),
    listed: new Set(bare.filter((name) => isIP(name) !== 0)),
  };
}

/** For `net.connect`: gives only addresses that may be connected to; fails with ADDRESS_REFUSED where there is none. */
export function guardedLookup({ trusted, listed }: Names, resolve: Resolve = resolveBySystem): LookupFunction {
  const mayBe = ({ address }: LookupAddress): boolean =>
    listed.has(address) || !REFUSED.check(address, isIPv6(address) ? "ipv6" : "ipv4");

  return (name, { all, family = 0 }, callback) => {
    resolve(name, (cause, found) => {
      if (cause) return callback(cause, "");
      const asked = found.filter((each) => family === 0 || familyOf(family) === each.family);
      const good = trusted.has(name) ? asked : asked.filter(mayBe);
      const [first] = good;
      if (first === undefined) return callback(nowhere(name, asked.length > 0 ? ADDRESS_REFUSED : "ENOTFOUND"), "");
      return all === true ? callback(null, [...good]) : callback(null, first.address, first.family);
    });
  };
}

function familyOf(family: number | "IPv4" | "IPv6"): number {
  return typeof family === "number" ? family : family === "IPv4" ? 4 : 6;
}

function nowhere(name: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} has no address that may be connected to`), { code });
}
