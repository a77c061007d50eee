// Which segments of a transaction set belong together: loops, and segments that stand there once.
//
// Written compactly, in the order of the standard: `REF` may repeat (a list), `CUR!` stands there once (an object), `BEG!!` also must, `N1( … )` is a loop
// that begins with N1. Compact also in what they hold: the loops of 004010 and 005010 together. A segment that a profile does not
// have is put into the loop that is open, as a list; so nothing of a message is lost.

export interface Loop {
  /** Of its first segment; "" = the transaction set itself. */
  readonly tag: string;
  /** Stands there once. */
  readonly single: boolean;
  /** Segments and loops by their tag, in the order of the standard. */
  readonly parts: ReadonlyMap<string, Part>;
}

export interface Part {
  /** Its place among the parts of its loop. */
  readonly place: number;
  readonly single: boolean;
  readonly must: boolean;
  /** undefined = a segment by itself. */
  readonly loop: Loop | undefined;
}

const PARTY = "N2 N3 N4 NX2 REF PER SI DTM FOB TD1 TD5 TD3 TD4 PKG";

const NOTATION: Readonly<Record<string, string>> = {
  // Purchase order
  "850": `BEG!! CUR! REF PER TAX FOB CTP PAM CSH TC2 SAC( CUR! ) ITD DIS INC DTM LDT LIN SI PID MEA PWK PKG TD1 TD5 TD3 TD4 MAN PCT
    CTB TXI AMT( REF DTM PCT ) N9( DTM MSG ) N1( ${PARTY} ) SPI( REF DTM MSG )
    PO1( LIN SI CUR! CN1 PO3 CTP( CUR! ) PAM PID( MEA ) MEA PWK PKG PO4 REF PER SAC( CUR! CTP ) IT8 CSH ITD DIS INC TAX FOB SDQ IT3
      DTM TC2 TD1 TD5 TD3 TD4 PCT MAN MSG SPI TXI CTB QTY( SI ) SCH( TD1 TD5 TD3 TD4 REF ) LDT N9( DTM MEA MSG )
      N1( ${PARTY} QTY SCH MAN ) SLN( MSG SI PID PO3 TC2 ADV DTM CTP PAM PO4 TAX N9( DTM MSG ) SAC( CUR! CTP ) QTY( SI ) N1( ${PARTY} ) )
      AMT( REF PCT ) )
    CTT!( AMT )`,
  // Invoice
  "810": `BIG!! NTE CUR! REF YNQ PER N1( N2 N3 N4 REF PER DMG ) ITD DTM FOB PID MEA PWK PKG L7 BAL INC PAM LM( LQ ) N9( MSG )
    V1( R4 DTM ) FA1( FA2 )
    IT1( CRC QTY CUR! IT3 TXI CTP PAM MEA PID( MEA ) PWK PKG PO4 ITD REF YNQ PER SDQ DTM CAD L7 SR SAC( TXI )
      SLN( DTM REF PID SAC TC2 TXI ) N1( N2 N3 N4 REF PER DMG ) LM( LQ ) )
    TDS!! TXI CAD! AMT SAC( TXI ) ISS( PID ) CTT!`,
  // Functional and implementation acknowledgement
  "997": "AK1!! AK2( AK3( AK4 ) AK5!! ) AK9!!",
  "999": "AK1!! AK2( IK3( CTX IK4( CTX ) ) IK5!! ) AK9!!",
};

/** Sets that have a profile. */
export const PROFILED: readonly string[] = Object.keys(NOTATION);

const read = new Map<string, Loop>();

/** By ST01; undefined where there is none. */
export function profileOf(set: string): Loop | undefined {
  const notation = Object.hasOwn(NOTATION, set) ? NOTATION[set] : undefined;
  if (notation === undefined) return undefined;
  let profile = read.get(set);
  if (!profile) {
    const words = notation.trim().split(/\s+/);
    profile = { tag: "", single: true, parts: partsOf(words) };
    read.set(set, profile);
  }
  return profile;
}

/** Takes words up to the end of the loop, or of the notation. */
function partsOf(words: string[]): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (let word = words.shift(); word !== undefined && word !== ")"; word = words.shift()) {
    const [, tag = "", once = "", opens] = /^([A-Z][A-Z0-9]{1,2})(!{0,2})(\(?)$/.exec(word) ?? [];
    if (tag === "" || parts.has(tag)) throw new Error(`a profile has ${word} where it cannot stand`);
    const single = once !== "";
    parts.set(tag, {
      place: parts.size,
      single,
      must: once === "!!",
      loop: opens === "(" ? { tag, single, parts: partsOf(words) } : undefined,
    });
  }
  return parts;
}
