// Whether an address leads to this machine: what goes there in the clear nobody else reads.

/** Of a URL, in which the platform writes IPv4 with four numbers. */
export function isThisMachine({ hostname }: Pick<URL, "hostname">): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/u.test(hostname);
}
