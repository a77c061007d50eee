// What a directory says: of which elements segments are made, of which segments messages. UN/EDIFACT, ISO 9735.

/** A simple data element, as `3035`. */
export interface ElementDef {
  readonly id: string;
  readonly name: string;
  /** a = letters, n = digits, an = anything of the repertoire. */
  readonly type: "a" | "n" | "an";
  /** Characters; of numbers without sign and decimal mark (ISO 9735-1, section 10). */
  readonly least: number;
  readonly most: number;
}

export interface Use {
  readonly required: boolean;
  /** How often it may stand there. */
  readonly most: number;
}

export interface Component extends Use {
  readonly element: ElementDef;
}

/** A composite, as `C082`. */
export interface CompositeDef {
  readonly id: string;
  readonly name: string;
  readonly parts: readonly Component[];
}

/** A place of a segment: a simple element or a composite. The same one may have several places (syntax 3 repeats so). */
export type Place = Use & ({ readonly element: ElementDef } | { readonly composite: CompositeDef });

export interface SegmentDef {
  readonly tag: string;
  readonly name: string;
  readonly places: readonly Place[];
}

export interface SegmentUse extends Use {
  readonly kind: "segment";
  readonly segment: SegmentDef;
}

/** Its first child is the trigger: a segment, required, once. */
export interface GroupUse extends Use {
  readonly kind: "group";
  /** `SG2` */
  readonly name: string;
  readonly children: readonly (SegmentUse | GroupUse)[];
}

export interface MessageDef {
  /** `INVOIC` */
  readonly type: string;
  /** `D96A` */
  readonly release: string;
  /** UNH first, UNT last. */
  readonly children: readonly (SegmentUse | GroupUse)[];
  /** Segments of the release that other messages have, for those that stand where they may not. */
  segment(tag: string): SegmentDef | undefined;
}

/** Which message a UNH means. */
export interface MessageName {
  readonly type: string;
  /** `D` `96A` `UN` `EAN008`, as S009 has them. */
  readonly version: string;
  readonly release: string;
  readonly agency: string;
  readonly association: string;
}

export interface Directories {
  /** undefined = nothing is known of it. */
  message(name: MessageName): MessageDef | undefined;
  /** UNB, UNG, UNH, UNT, UNE, UNZ, UCI, UCM, UCS, UCD, UCF, … of a syntax version, 1 to 4. */
  service(tag: string, syntax: number): SegmentDef | undefined;
  /** `Seller` for the qualifier SE of 3035; undefined = no name is known. */
  meaning(element: string, code: string): string | undefined;
}
