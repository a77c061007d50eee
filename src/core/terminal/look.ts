// What a stream can show: colour, signs, width. Everything that is printed for people goes through a Look, so that the
// same command is readable on a terminal, in a pipe, in a log file and on a console without UTF-8.

export interface Look {
  readonly tty: boolean;
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns that a line may use: 80 to 100, and 100 where there is no terminal. */
  readonly width: number;
}

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const LEAST_WIDTH = 80;
const MOST_WIDTH = 100;

export function lookOf(stream: Pick<OutputStream, "isTTY" | "columns">, env: Environment): Look {
  const tty = stream.isTTY === true;
  const width = tty ? Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, stream.columns ?? MOST_WIDTH)) : MOST_WIDTH;
  return { tty, color: wantsColor(tty, env), unicode: hasUnicode(env), width };
}

/** FORCE_COLOR wins over everything; then NO_COLOR (https://no-color.org: set and not empty) and TERM=dumb; then the TTY. */
function wantsColor(tty: boolean, env: Environment): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") return false;
  return tty;
}

/** POSIX: LC_ALL before LC_CTYPE before LANG, the first that is not empty; without any it is the C locale. */
function hasUnicode(env: Environment): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return /utf-?8/i.test(locale ?? "");
}

export type Paint = "red" | "yellow" | "green" | "dim";

/** Four of the 16-colour codes, never a background: the user's theme decides what they look like. */
const PAINTS: Readonly<Record<Paint, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
};

export function paint(look: Look, color: Paint | undefined, text: string): string {
  if (!look.color || color === undefined || text === "") return text;
  const [on, off] = PAINTS[color];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

/** Signs carry the meaning without colour; without UTF-8 each has one ASCII stand-in, also one column wide where it matters. */
const SIGNS = {
  "✓": "+",
  "!": "!",
  "✗": "x",
  "?": "?",
  "■": "#",
  "◐": "~",
  "→": "->",
  "…": "...",
  "━": "=",
  "╸": "=",
  "─": "-",
  "│": "|",
  "–": "-",
} as const;
export type Sign = keyof typeof SIGNS;

export function sign(look: Look, wanted: Sign): string {
  return look.unicode ? wanted : SIGNS[wanted];
}

const SIGN_PAINTS: Readonly<Partial<Record<Sign, Paint>>> = {
  "✓": "green",
  "!": "yellow",
  "✗": "red",
  "?": "yellow",
  "◐": "yellow",
};

/** The sign at a line's start, in its colour. */
export function mark(look: Look, wanted: Sign): string {
  return paint(look, SIGN_PAINTS[wanted], sign(look, wanted));
}
