// Keys of the language of bridge files that this version does not have. They are refused by name, so that nobody believes
// that they work, and nobody hunts for a typing error.

const BY_PLACE: Readonly<Record<string, readonly string[]>> = {
  encode: ["edifact", "idoc"],
};

/** `receive.sftp is not part of this version; available: folder`, or undefined where the key is simply unknown. */
export function unavailableKey(path: string, available: readonly string[]): string | undefined {
  if (path === "lifecycle.state")
    return "there is no state to write: it is computed from the dates, the policy and the clock";
  const cut = path.lastIndexOf(".");
  const place = (cut === -1 ? "" : path.slice(0, cut)).replace(/^cases\[\d+\]\.?/, (whole) =>
    whole.endsWith(".") ? "" : "cases",
  );
  if (!BY_PLACE[place]?.includes(path.slice(cut + 1))) return undefined;
  const shown = place === "" || available.length === 0 ? "" : `; available: ${available.join(", ")}`;
  return `${path} is not part of this version${shown}`;
}
