// Data elements by their numbers in the standard's dictionary: type, least and most characters.
//
// `127 AN1-30|50` has 30 characters in 004010 and 50 in 005010. Only what the segments of 850, 810, 997 and 999 use is here. Known from
// practice and held against several public grammars; where these differ, the wider one stands here, so that nobody is refused for a doubt.
// Code lists are not ours to ship: an ID is checked by its length.

/** AN text, ID code, N integer (its decimals are implied), R decimal, DT date, TM time. */
export type ElementType = "AN" | "ID" | "N" | "R" | "DT" | "TM";

export interface ElementDef {
  /** As an acknowledgement names it (AK402, IK402). */
  readonly id: string;
  readonly type: ElementType;
  readonly least: number;
  readonly most: number;
}

const NOTATION = `
  2 N1-6  3 AN1-60  19 AN2-30  22 AN1-30  23 ID1-1  24 ID4-4  26 ID2-3  28 N1-9  40 ID2-2  46 AN4-4  54 ID2-2  55 AN2-10  59 AN2-5  61 AN1-30
  65 R1-8  66 ID1-2  67 AN2-80  76 AN1-22  79 AN1-50  80 N1-7  81 R1-10  82 R1-8  87 AN1-48  88 ID1-2  91 ID1-2  92 ID2-2  93 AN1-60
  96 N1-10  97 N1-6  98 ID2-3  100 ID3-3  102 ID1-1  103 AN3-5  107 ID1-2  113 AN1-4  114 AN2-24  115 ID1-1  116 ID3-15  118 R1-9
  119 AN1-6  123 N1-6  127 AN1-30|50  128 ID2-3  133 ID1-2  140 ID2-4  143 ID3-3  146 ID2-2  152 ID2-3  156 ID2-2  166 AN1-55
  168 AN1-4  169 AN1-16  170 R1-2  171 AN1-7  172 AN1-2  173 AN1-4  174 AN2-30  182 AN2-28  183 R1-8  187 ID1-2  189 R1-8  206 AN1-4
  207 AN1-10|15  208 ID1-1  209 AN1-4  212 R1-17  213 N1-3  225 AN2-15  227 AN1-2  234 AN1-48  235 ID2-2  236 ID3-3  248 ID1-1
  249 ID1-1  280 R4-10  284 ID2-2  289 N1-2  294 R1-5  295 ID1-1  306 ID1-2  309 ID1-2  310 AN1-30  324 AN1-22  325 AN1-20  326 AN1-45
  327 AN1-8  328 AN1-30  329 AN4-9  330 R1-15  331 ID2-2  332 R1-6  333 ID1-2  334 ID2-2  335 ID3-3  336 ID2-2  337 TM4-8  338 R1-6
  342 R1-5  344 ID2-2  345 ID2-2  347 R1-10  349 ID1-1  350 AN1-20  351 N1-3  352 AN1-80  353 ID2-2  354 N1-6  355 ID2-2  356 N1-6
  357 R1-8  358 R1-10|15  362 N1-10  363 ID3-3  364 AN1-80|256  365 ID2-2  366 ID2-2  367 AN1-30  368 ID2-2  369 AN1-45  370 DT8-8
  371 ID2-2  373 DT8-8  374 ID3-3  378 ID1-1  380 R1-15  382 R1-10  383 R1-9  384 R1-9  385 R1-9  386 N1-3  387 AN1-35  388 DT8-8
  389 N1-10  400 ID2-2  407 ID2-2  441 ID1-1  443 AN1-20  446 DT8-8  447 AN1-6  478 ID1-1  479 ID2-2  480 AN1-12  499 AN1-10
  508 AN1-35  522 ID1-3  554 N1-6  559 ID2-2  560 ID2-10  563 ID1-2  566 ID1-2  587 ID2-2  597 ID1-8  610 N1-15  618 ID1-3  620 ID1-3
  621 ID1-3  623 ID2-2  639 ID2-2  640 ID2-2  648 ID3-3  649 R1-10  653 ID3-3  654 ID2-2  655 R1-10  656 ID2-3  657 R1-10  659 ID1-2
  662 ID1-1  669 ID3-3  673 ID2-2  687 ID2-2  688 ID2-2  704 ID1-2  706 ID2-2  715 ID1-1  716 ID1-3  717 ID1-1  718 ID1-3  719 N1-6|10
  720 ID1-3  721 ID2-3  722 N1-2  723 ID1-3  724 AN1-99  725 N1-4  729 AN1-6  731 ID2-2  732 ID2-2  733 R1-4  737 ID2-2  738 ID1-3
  739 R1-20  740 R1-20  741 R1-20  750 ID2-3  751 AN1-12  752 ID2-2  753 ID1-5  754 AN1-7  755 ID2-2  756 ID1-2  757 N1-2  765 N1-2
  770 AN1-20  782 R1-18  786 ID2-2  787 R1-15  788 R1-5  789 ID2-2  790 AN1-132  791 AN1-80  792 ID1-1  797 ID2-2  799 AN1-30
  800 AN1-30  801 AN1-30  802 AN1-30  803 AN1-64  804 AN1-4  810 N1-6  819 ID2-3  822 AN1-15  828 R1-9  854 ID2-2  897 ID1-1  933 AN1-264
  934 ID2-2  935 ID2-2  936 ID2-2  951 ID1-2  954 R1-10  955 ID2-2  956 AN1-10  963 ID2-2  1000 ID2-2|3  1004 ID1-2  1005 ID4-4
  1018 R1-15  1019 ID3-3  1066 ID1-2  1067 ID1-1  1068 ID1-1  1073 ID1-1  1096 ID5-5  1104 ID2-2  1106 ID2-2  1109 ID1-1  1136 ID2-2
  1166 ID2-2  1179 ID1-1  1195 AN1-80  1196 ID2-2  1232 ID2-2  1250 ID2-3  1251 AN1-35  1270 ID1-3  1271 AN1-30  1300 ID4-4  1301 AN1-10
  1309 ID2-2  1310 ID1-1  1321 ID2-2|3  1322 ID1-1  1373 ID2-4  1401 ID1-3  1430 AN1-7  1470 N1-9  1525 ID1-2  1528 N1-2  1551 AN1-4096
  1570 ID3-3  1686 N1-4  1705 AN1-35  1715 ID1-3  9998 AN1-35  9999 AN1-35`;

/** The elements of a release, by their numbers. */
export function elementsOf(later: boolean): ReadonlyMap<string, ElementDef> {
  const elements = new Map<string, ElementDef>();
  const words = NOTATION.trim().split(/\s+/);
  for (let at = 0; at < words.length; at += 2) {
    const [id = "", form = ""] = words.slice(at, at + 2);
    const [, type = "", least, most, wider = most] = /^(AN|ID|N|R|DT|TM)(\d+)-(\d+)(?:\|(\d+))?$/.exec(form) ?? [];
    if (!/^\d+$/.test(id) || type === "" || elements.has(id)) throw new Error(`the element ${id} ${form} is not one`);
    elements.set(id, { id, type: type as ElementType, least: Number(least), most: Number(later ? wider : most) });
  }
  return elements;
}
