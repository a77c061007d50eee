// Names of glyphs → characters (Adobe Glyph List, as far as European texts go), and the encodings that name them.

/** What stands behind each name is its character. */
const NAMED =
  "space  exclam ! quotedbl \" numbersign # dollar $ percent % ampersand & quotesingle ' parenleft ( parenright ) asterisk * plus + comma , hyphen - period . slash / " +
  "zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 colon : semicolon ; less < equal = greater > question ? at @ bracketleft [ backslash \\ bracketright ] " +
  "asciicircum ^ underscore _ grave ` braceleft { bar | braceright } asciitilde ~ exclamdown ¡ cent ¢ sterling £ currency ¤ yen ¥ brokenbar ¦ section § dieresis ¨ copyright © " +
  "ordfeminine ª guillemotleft « logicalnot ¬ registered ® macron ¯ degree ° plusminus ± acute ´ mu µ paragraph ¶ periodcentered · cedilla ¸ ordmasculine º guillemotright » " +
  "onequarter ¼ onehalf ½ threequarters ¾ questiondown ¿ AE Æ Eth Ð multiply × Oslash Ø Thorn Þ germandbls ß ae æ eth ð divide ÷ oslash ø thorn þ " +
  "dcroat đ Dcroat Đ hbar ħ Hbar Ħ dotlessi ı kra ĸ lslash ł Lslash Ł eng ŋ Eng Ŋ OE Œ oe œ tbar ŧ Tbar Ŧ longs ſ florin ƒ Germandbls ẞ " +
  "circumflex ˆ caron ˇ breve ˘ dotaccent ˙ ring ˚ ogonek ˛ tilde ˜ hungarumlaut ˝ endash – emdash — quoteleft ‘ quoteright ’ quotesinglbase ‚ quotedblleft “ quotedblright ” " +
  "quotedblbase „ dagger † daggerdbl ‡ bullet • ellipsis … perthousand ‰ guilsinglleft ‹ guilsinglright › fraction ⁄ Euro € trademark ™ minus − fi ﬁ fl ﬂ ff ﬀ ffi ﬃ ffl ﬄ nbspace \u00a0 sfthyphen \u00ad";

const ACCENTS: Readonly<Record<string, string>> = {
  grave: "\u0300",
  acute: "\u0301",
  circumflex: "\u0302",
  tilde: "\u0303",
  macron: "\u0304",
  breve: "\u0306",
  dotaccent: "\u0307",
  dieresis: "\u0308",
  ring: "\u030a",
  hungarumlaut: "\u030b",
  caron: "\u030c",
  commaaccent: "\u0326",
  cedilla: "\u0327",
  ogonek: "\u0328",
};

const KNOWN: ReadonlyMap<string, string> = new Map(
  NAMED.split(" ").reduce<[string, string][]>((pairs, word, at, words) => {
    if (at % 2 === 1) pairs.push([words[at - 1]!, word === "" ? " " : word]);
    return pairs;
  }, []),
);

/** undefined where the name says nothing, as `g17` or `.notdef`. */
export function glyphText(name: string): string | undefined {
  const plain = /^[^.]+/.exec(name)?.[0];
  if (plain === undefined) return undefined;
  if (/^[A-Za-z]$/.test(plain)) return plain;
  const known = KNOWN.get(plain);
  if (known !== undefined) return known;
  const accented = /^([A-Za-z]|dotlessi)(\w+)$/.exec(plain);
  const accent = accented && Object.hasOwn(ACCENTS, accented[2]!) ? ACCENTS[accented[2]!] : undefined;
  if (accented && accent !== undefined)
    return (accented[1] === "dotlessi" ? "i" : accented[1]! + accent).normalize("NFC");
  const units = /^uni((?:[0-9A-F]{4})+)$/.exec(plain)?.[1];
  if (units !== undefined) return Buffer.from(units, "hex").swap16().toString("utf16le");
  const point = /^u([0-9A-F]{4,6})$/.exec(plain)?.[1];
  if (point !== undefined && parseInt(point, 16) <= 0x10ffff) return String.fromCodePoint(parseInt(point, 16));
  return undefined;
}

/** StandardEncoding from 0xa1 on (annex D.2); a dot where nothing is. */
const STANDARD_HIGH = "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ.–†‡·.¶•‚„”»…‰.¿.`´ˆ˜¯˘˙¨.˚¸.˝˛ˇ—................Æ.ª....ŁØŒº.....æ...ı..łøœß....";

const TABLES = new Map<string, readonly (string | undefined)[]>();

/** The characters of a base encoding by code. */
export function baseEncoding(name: string): readonly (string | undefined)[] {
  let table = TABLES.get(name);
  if (!table) TABLES.set(name, (table = makeTable(name)));
  return table;
}

function makeTable(name: string): readonly (string | undefined)[] {
  if (name === "MacRomanEncoding") return decoded("macintosh");
  if (name === "WinAnsiEncoding") return decoded("windows-1252");
  return Array.from({ length: 256 }, (_, code) => {
    if (code === 0x27) return "’";
    if (code === 0x60) return "‘";
    if (code >= 0x20 && code < 0x7f) return String.fromCharCode(code);
    const high = code >= 0xa1 ? STANDARD_HIGH[code - 0xa1] : undefined;
    return high === "." ? undefined : high;
  });
}

function decoded(label: string): readonly (string | undefined)[] {
  const text = new TextDecoder(label).decode(Uint8Array.from({ length: 256 }, (_, code) => code));
  return Array.from(text, (character, code) => (code < 0x20 ? undefined : character));
}
