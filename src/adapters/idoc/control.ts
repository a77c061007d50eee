// The control record EDI_DC40 and the header of a data record EDI_DD40 (record types of SAP release 4), in characters.

import type { Field } from "./dictionary.ts";

/** Characters of a control record. */
export const CONTROL_LENGTH = 524;
/** Characters before SDATA in a data record, of SDATA, and of both. */
export const HEADER_LENGTH = 63;
export const SDATA_LENGTH = 1000;
export const DATA_LENGTH = HEADER_LENGTH + SDATA_LENGTH;

export const CONTROL = "EDI_DC40";
/** A port that writes Unicode says so here; the fields are the same. */
export const TABLES: ReadonlySet<string> = new Set([CONTROL, "EDI_DC40_U"]);
/** Name of the control record's table: its first field. */
export const TABLE_LENGTH = 10;

export const CONTROL_FIELDS: readonly Field[] = placed(
  `TABNAM 10 MANDT 3 DOCNUM 16 DOCREL 4 STATUS 2 DIRECT 1 OUTMOD 1 EXPRSS 1 TEST 1 IDOCTYP 30 CIMTYP 30 MESTYP 30 MESCOD 3
  MESFCT 3 STD 1 STDVRS 6 STDMES 6 SNDPOR 10 SNDPRT 2 SNDPFC 2 SNDPRN 10 SNDSAD 21 SNDLAD 70 RCVPOR 10 RCVPRT 2 RCVPFC 2
  RCVPRN 10 RCVSAD 21 RCVLAD 70 CREDAT 8 CRETIM 6 REFINT 14 REFGRP 14 REFMES 14 ARCKEY 70 SERIAL 20`,
);

/** Where the parts of a data record's header stand, from 0; `to` is behind them. */
export const HEADER = {
  segment: { from: 0, to: 30 },
  client: { from: 30, to: 33 },
  document: { from: 33, to: 49 },
  number: { from: 49, to: 55 },
  parent: { from: 55, to: 61 },
  level: { from: 61, to: 63 },
} as const;

/** Fields one behind the other: `NAME length …`. */
function placed(text: string): Field[] {
  const words = text.trim().split(/\s+/);
  let from = 0;
  return words.flatMap((name, at) => {
    if (at % 2 === 1) return [];
    const length = Number(words[at + 1]);
    from += length;
    return [{ name, from: from - length, to: from }];
  });
}
