// Names of files inside archives: data of whoever packed them, never a path of this machine.

const PATH_LIMIT = 400;
/** Code page 437 from 0x80 on. */
const UPPER_437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** What the refusal says; the name itself may name people. */
export type RefuseName = (why: string, name: string) => Error;

/**
 * The name with `/` between its parts. Windows' separators are read as such; what is absolute, climbs out of its folder or has control
 * characters is refused.
 */
export function safePath(name: string, refuse: RefuseName): string {
  const path = name.replaceAll("\\", "/");
  const segments = path.split("/");
  const last = segments.at(-1) === "" ? segments.slice(0, -1) : segments;
  const shown = JSON.stringify(name.slice(0, 80));
  if (path.length > PATH_LIMIT || last.length === 0) throw refuse("a file name is empty or too long", shown);
  if (path.startsWith("/") || /^[a-z]:/i.test(path)) throw refuse("a file name is absolute", shown);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) throw refuse("a file name has control characters", shown);
  if (last.some((segment) => segment === ".." || segment === "." || segment === ""))
    throw refuse("a file name leaves its folder", shown);
  return path;
}

/** Without the flag for UTF-8 the specification says code page 437; yet what is UTF-8 was meant so (macOS does not set it). */
export function decodeName(bytes: Buffer, isUtf8: boolean, refuse: RefuseName): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (isUtf8) throw refuse("a file name is no UTF-8", JSON.stringify(bytes.toString("latin1").slice(0, 80)));
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : UPPER_437.charAt(byte - 0x80))).join(
      "",
    );
  }
}
