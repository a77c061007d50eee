// Which segments of a transaction set belong together: loops, and how often each stands there.
//
// Written compactly, in the order of the standard: `REF` may repeat (a list) without end, `PER*3` three times, `CUR!` stands there once (an
// object), `BEG!!` also must, `PO1+` must and is a list, `N1*200( … )` is a loop that begins with N1. `4:` is of 004010 alone, `5:` of
// 005010 and later; `~DTM` is not the standard's, but read and written there as it always was, and told as unexpected. Maxima are those
// of the standard's tables, held against public grammars of both releases. LS and LE, which only enclose LDT, are plain segments: whether
// both are there is not looked at. A segment that a profile does not have is put into the loop that is open, as a list; so nothing of a
// message is lost.

import { type Release, releaseOf } from "./structure/dictionary.ts";

export interface Loop {
  /** Of its first segment; "" = the transaction set itself. */
  readonly tag: string;
  /** Stands there once. */
  readonly single: boolean;
  /** Segments and loops by their tag, in the order of the standard. */
  readonly parts: ReadonlyMap<string, Part>;
  /** Parts that the standard wants. */
  readonly needed: readonly Part[];
}

export interface Part {
  readonly tag: string;
  /** Its place among the parts of its loop. */
  readonly place: number;
  /** An object, and not a list. */
  readonly single: boolean;
  /** Without it the set is not written, and what stands behind it is not read in front of it. */
  readonly must: boolean;
  /** How often the standard has it. */
  readonly most: number;
  /** The standard does not have it there. */
  readonly foreign: boolean;
  /** undefined = a segment by itself. */
  readonly loop: Loop | undefined;
}

const ADDRESS = "N2*2 5:IN2 N3*2";
const CARRIED = "FOB*1 TD1*2 TD5*12 TD3*12 TD4*5 PKG*200";
const BILLED = "N2*2 N3*2 N4*1 REF*12 PER*3 DMG*1";
/** Texts: MSG in 004010, MTX later. */
const TEXT = "4:MSG 5:MTX 5:~MSG";
const PRICED = "SAC*25( CUR! CTP*1 )";
const ACCOUNTS = "FA1( FA2+ )";
const CODES = "LM( LQ+ )";

const NOTATION: Readonly<Record<string, string>> = {
  // Purchase order
  "850": `BEG!! CUR! REF PER*3 TAX FOB CTP PAM*10 CSH*5 TC2 SAC*25( CUR! ) ITD DIS*20 INC*1 DTM*10 4:LDT*12 LIN*5 SI PID*200 MEA*40 PWK*25
    PKG*200 TD1*2 4:TD5*12 5:TD5 TD3*12 TD4*5 MAN*10 PCT CTB*5 TXI 5:LDT( QTY MTX REF ) AMT( REF DTM*1 PCT ${ACCOUNTS} )
    N9*1000( DTM 4:MSG*1000 5:MTX 5:~MSG 5:PWK 5:EFI ) N1*200( ${ADDRESS} N4 NX2 REF*12 PER SI ~DTM ${CARRIED} ) ${CODES}
    SPI( REF*5 DTM*5 4:MSG*50 5:MTX 5:~MSG N1*20( N2*2 N3*2 N4*1 REF*20 G61*1 4:MSG*50 5:MTX ) CB1( REF*20 DTM*5 LDT*1 4:MSG*50 5:MTX ) )
    ADV( DTM MTX )
    PO1+*100000( LIN SI CUR! CN1*1 PO3*25 CTP( CUR! ) PAM*10 MEA*40 PID*1000( MEA*10 ) PWK*25 PO4 REF PER*3 ${PRICED} IT8*1 CSH ITD*2
      DIS*20 INC*1 TAX FOB SDQ*500 IT3*5 DTM*10 TC2 TD1*1 TD5*12 TD3*12 TD4*5 PCT MAN*10 ${TEXT} SPI TXI CTB QTY( SI )
      SCH*200( TD1*2 TD5*12 TD3*12 TD4*5 REF ) PKG*200( MEA ) LS*1 LDT( QTY 4:MSG*1 5:MTX REF*3 ${CODES} ) LE*1
      N9*1000( DTM MEA*40 4:MSG*1000 5:MTX 5:~MSG 5:PWK 5:EFI )
      N1*200( ${ADDRESS} N4*1 QTY NX2 REF*12 PER*3 SI DTM*1 FOB*1 SCH*200 TD1*2 TD5*12 TD3*12 TD4*5 PKG*200 ~MAN
        LDT( MAN*10 QTY*5 4:MSG*1 5:MTX REF*3 ) )
      SLN*1000( ${TEXT} SI PID*1000 PO3*104 5:MEA TC2 ADV DTM*10 CTP*25 PAM*10 PO4*1 TAX*3 N9( DTM ${TEXT} ) ${PRICED} QTY( SI )
        N1*10( ${ADDRESS} N4*1 NX2 REF*12 PER*3 SI ~DTM ~FOB ~TD1 ~TD5 ~TD3 ~TD4 ~PKG ) )
      AMT( 4:REF*1 5:REF PCT ) ${CODES} )
    CTT!( AMT*1 )`,
  // Invoice
  "810": `BIG!! NTE*100 CUR! REF*12 YNQ*10 PER*3 N1*200( ${BILLED} ) ITD DTM*10 FOB*1 PID*200 MEA*40 PWK*25 PKG*25 L7*1 BAL INC*1 PAM
    5:CRC*1 LM*10( LQ+*100 ) N9*1( MSG+*10 ) V1( R4 DTM ) ${ACCOUNTS}
    IT1*200000( CRC*1 QTY*5 CUR! IT3*5 4:TXI*10 5:TXI CTP*25 PAM*10 MEA*40 PID*1000( MEA*10 ) PWK*25 PKG*25 PO4*1 ITD*2 REF YNQ*10 PER*5
      SDQ*500 DTM*10 CAD L7 SR*1 4:SAC*25( TXI*10 ) 5:SAC( TXI( DTM*1 ) )
      SLN*1000( DTM*1 REF PID*1000 4:SAC*25 5:SAC TC2*2 4:TXI*10 5:TXI ) N1*200( ${BILLED} ) LM*10( LQ+*100 ) V1( R4 DTM ) ${ACCOUNTS} )
    TDS!! 4:TXI*10 5:TXI CAD! AMT 4:SAC*25( TXI*10 ) 5:SAC( DTM TXI( DTM*1 ) ) ISS( PID*1 ) CTT!`,
  // Functional and implementation acknowledgement
  "997": "AK1!! AK2( AK3( AK4*99 ) AK5!! ) AK9!!",
  "999": "AK1!! AK2( IK3( CTX*10 IK4( CTX*10 ) ) IK5!! ) AK9!!",
};

/** Sets that have a profile. */
export const PROFILED: readonly string[] = Object.keys(NOTATION);

const read = new Map<string, Loop>();

/** By ST01; undefined where there is none. */
export function profileOf(set: string, release: Release): Loop | undefined {
  const notation = Object.hasOwn(NOTATION, set) ? NOTATION[set] : undefined;
  if (notation === undefined) return undefined;
  const key = `${set} ${release}`;
  let profile = read.get(key);
  if (!profile) {
    const words = notation.trim().split(/\s+/);
    profile = loopOf("", true, partsOf(words, release === "004010" ? "4:" : "5:"));
    read.set(key, profile);
  }
  return profile;
}

/** The release whose loops are nearest to a version (GS08, or ISA12 where there is none). */
export function nearestRelease(version: string): Release {
  return releaseOf(version) ?? (/^0*[5-9]/.test(version) ? "005010" : "004010");
}

function loopOf(tag: string, single: boolean, { parts, needed }: Pick<Loop, "parts" | "needed">): Loop {
  return { tag, single, parts, needed };
}

/** Takes words up to the end of the loop, or of the notation. */
function partsOf(words: string[], ours: string): Pick<Loop, "parts" | "needed"> {
  const parts = new Map<string, Part>();
  const needed: Part[] = [];
  for (let word = words.shift(); word !== undefined && word !== ")"; word = words.shift()) {
    const form = /^([45]:)?(~?)([A-Z][A-Z0-9]{1,2})(!{0,2}|\+)(?:\*(\d+))?(\(?)$/.exec(word);
    const [, mark = ours, foreign = "", tag = "", stands = "", most, opens] = form ?? [];
    const single = stands.startsWith("!");
    const within = opens === "(" ? loopOf(tag, single, partsOf(words, ours)) : undefined;
    if (mark !== ours) continue;
    if (tag === "" || parts.has(tag)) throw new Error(`a profile has ${word} where it cannot stand`);
    const part: Part = {
      tag,
      place: parts.size,
      single,
      must: stands === "!!",
      most: single ? 1 : Number(most ?? Infinity),
      foreign: foreign !== "",
      loop: within,
    };
    parts.set(tag, part);
    if (part.must || stands === "+") needed.push(part);
  }
  return { parts, needed };
}
