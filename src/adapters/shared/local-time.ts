// The clock on the wall of a bridge's zone, for formats whose dates have no zone.

const formatters = new Map<string, Intl.DateTimeFormat>();

/** `20261102` and `081500` of a moment in milliseconds; the zone is an IANA name or an offset. */
export function localTime(moment: number, zone: string): { readonly date: string; readonly time: string } {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    formatters.set(zone, formatter);
  }
  const parts = Object.fromEntries(formatter.formatToParts(moment).map(({ type, value }) => [type, value]));
  const two = (name: string): string => (parts[name] ?? "").padStart(2, "0");
  const date = `${(parts["year"] ?? "").padStart(4, "0")}${two("month")}${two("day")}`;
  return { date, time: `${two("hour")}${two("minute")}${two("second")}` };
}
