// Lines of a listing, read as bytes in Latin-1: MLSD's facts (RFC 3659, section 7) and what LIST gives on Unix and DOS, which no
// standard says. The library's own parsers take characters for white space that are bytes of names here, so they are not used.

import type { RemoteEntry } from "../shared/remote/server.ts";

/** `time` is the text that the line had, where the line tells no exact time: the same as long as the file is not written. */
export interface Listed extends RemoteEntry {
  readonly time: string | undefined;
}

/** `YYYYMMDDHHMMSS[.sss]`, UTC (RFC 3659, section 2.3) → milliseconds since 1970. */
export function parseTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3})\d*)?$/u.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[7] ?? "").padEnd(3, "0")));
  return time >= 0 ? time : undefined;
}

/** A name that may stand in a folder; anything else in a listing is left out, it could lead elsewhere. */
function nameOf(text: string): Buffer | undefined {
  if (text === "" || text === "." || text === ".." || /[/\0]/u.test(text)) return undefined;
  return Buffer.from(text, "latin1");
}

/** A line of MLSD, or the one that MLST answers; a name there may be a path, of which the last part counts. */
export function parseFacts(line: string): Listed | undefined {
  const space = line.indexOf(" ");
  if (space < 0) return undefined;
  const facts = new Map<string, string>();
  for (const fact of line.slice(0, space).split(";")) {
    const equals = fact.indexOf("=");
    if (equals > 0) facts.set(fact.slice(0, equals).toLowerCase(), fact.slice(equals + 1));
  }
  const name = nameOf(line.slice(space + 1));
  const type = (facts.get("type") ?? "").toLowerCase();
  if (!name || type === "cdir" || type === "pdir") return undefined;
  const size = wholeNumber(facts.get("size"));
  const kind = kindOfFact(type);
  return {
    name,
    // A file of unknown size cannot be taken whole.
    kind: kind === "file" && size === undefined ? "special" : kind,
    size: kind === "file" ? (size ?? 0) : 0,
    modified: parseTime(facts.get("modify") ?? ""),
    time: undefined,
  };
}

function kindOfFact(type: string): RemoteEntry["kind"] {
  if (type === "file") return "file";
  if (type === "dir") return "folder";
  return /^os\.unix=(?:slink|symlink)/u.test(type) ? "link" : "special";
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/u.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

// Anchored, without two neighbours that can share a character: no line takes longer than its length. Owner and group may be one
// word, or none; each is a run of what is no space. The date is `Nov 21 14:35`, `Nov 21  2025`, `21 Nov 14:35` or `2026-11-21 14:35`.
const UNIX =
  /^([-bcdlpsD])[-rwxsStTlL]{9}[.+@]? +\d+ +(?:[^ ]+ +){0,4}?(\d{1,16}) +((?:[^ \d]{3,4} +\d{1,2}|\d{1,2}\.? +[^ \d]{3,4}) +(?:\d{1,2}:\d\d|\d{4})|\d{4}-\d\d-\d\d +\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (.+)$/u;
const DOS = /^(\d\d-\d\d-(?:\d\d|\d{4}) +\d\d:\d\d(?:[AP]M)?) +(?:<(DIR|JUNCTION|SYMLINKD?)>|(\d{1,16})) (.+)$/iu;
/** Longer ones are no honest line: a name has 255 bytes. */
const LONGEST_LINE = 2_048;

/** A line of LIST; undefined where it is a heading or something unknown. */
export function parseLine(line: string): Listed | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  const unix = UNIX.exec(line);
  if (unix) return parseUnix(unix);
  const dos = DOS.exec(line);
  return dos ? parseDos(dos) : undefined;
}

function parseUnix([, letter, size = "", time = "", text = ""]: RegExpExecArray): Listed | undefined {
  const kind = letter === "-" ? "file" : letter === "d" ? "folder" : letter === "l" ? "link" : "special";
  const arrow = kind === "link" ? text.indexOf(" -> ") : -1;
  const name = nameOf(arrow > 0 ? text.slice(0, arrow) : text);
  const bytes = wholeNumber(size);
  if (!name || bytes === undefined) return undefined;
  return { name, kind, size: kind === "file" ? bytes : 0, modified: undefined, time: time.replace(/ +/gu, " ") };
}

/** IIS pads the size on its left and puts one space before the name. */
function parseDos([, time = "", mark, size, text = ""]: RegExpExecArray): Listed | undefined {
  const kind = mark === undefined ? "file" : mark.toUpperCase() === "DIR" ? "folder" : "link";
  // Behind <DIR> stand ten spaces; a folder whose name begins with spaces is nobody's drop.
  const name = nameOf(mark === undefined ? text : text.replace(/^ +/u, ""));
  const bytes = mark === undefined ? wholeNumber(size) : 0;
  if (!name || bytes === undefined) return undefined;
  return { name, kind, size: bytes, modified: undefined, time: time.replace(/ +/gu, " ") };
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * The time of a LIST line as a number that is the same as long as the text is: to the minute, in the server's own zone, read as
 * UTC. Good for telling a changed file from an unchanged one, for nothing else. Undefined where the form is not known.
 */
export function roughTime(text: string, now: number): number | undefined {
  const iso = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)/u.exec(text);
  if (iso) return timeOf(iso.slice(1).map(Number));
  const dos = /^(\d\d)-(\d\d)-(\d{2,4}) (\d\d):(\d\d)([AP]M)?$/iu.exec(text);
  if (dos) {
    const [month, day, year, hour, minute] = dos.slice(1, 6).map(Number) as [number, number, number, number, number];
    const half = dos[6]?.toUpperCase();
    const shift = half === "PM" && hour < 12 ? 12 : half === "AM" && hour === 12 ? -12 : 0;
    return timeOf([year < 70 ? 2000 + year : year < 100 ? 1900 + year : year, month, day, hour + shift, minute]);
  }
  const unix = /^(?:([a-z]{3}) (\d{1,2})|(\d{1,2})\.? ([a-z]{3})) (?:(\d{1,2}):(\d\d)|(\d{4}))$/iu.exec(text);
  const month = MONTHS.indexOf((unix?.[1] ?? unix?.[4] ?? "").toLowerCase()) + 1;
  if (!unix || month === 0) return undefined;
  const day = Number(unix[2] ?? unix[3]);
  if (unix[7] !== undefined) return timeOf([Number(unix[7]), month, day, 0, 0]);
  // Without a year it is the last such day; a server's clock may be ahead of ours.
  const year = new Date(now).getUTCFullYear();
  const rest = [month, day, Number(unix[5]), Number(unix[6])];
  const thisYear = timeOf([year, ...rest]);
  return thisYear !== undefined && thisYear > now + 86_400_000 ? timeOf([year - 1, ...rest]) : thisYear;
}

function timeOf(parts: readonly number[]): number | undefined {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = parts;
  const time = Date.UTC(year, month - 1, day, hour, minute);
  return time >= 0 ? time : undefined;
}
