// Names as directories shout them: `PARTY IDENTIFICATION DETAILS`.

/** `Party identification details`; a name that is not in capitals stays as it is. */
export function sentenceCase(name: string): string {
  if (name === "" || name !== name.toUpperCase()) return name;
  return name.slice(0, 1) + name.slice(1).toLowerCase();
}
