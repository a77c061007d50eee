// Which texts may become the name of a file: what formulas made is refused where it could lead elsewhere, hide, or say one thing and
// show another.

/** Longest name that common file systems take, in bytes. */
export const LONGEST_NAME = 255;

/** Control characters (C0, DEL, C1), line and paragraph separators, and the marks that turn the direction of text. */
export const UNSHOWABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** Why a name that formulas made must not become a file, as a kind and without the name; undefined = it may. */
export function nameFault(name: string, longest: number = LONGEST_NAME): string | undefined {
  if (name === "") return "it is empty";
  if (name.includes("/") || name.includes("\\")) return "it holds a slash or backslash";
  if (name.startsWith(".")) return "it begins with a dot";
  if (UNSHOWABLE.test(name)) return "it holds a control character";
  if (!name.isWellFormed()) return "it holds half a character (a lone surrogate)";
  if (Buffer.byteLength(name) > longest) return `it is longer than ${longest} bytes`;
  return undefined;
}
