// German sentences for what is wrong with the segments and elements of an X12 transaction set, by data elements 720 (segmentError) and 723 (elementError) of the facts.

type Facts = Readonly<Record<string, string | number>>;

/** Of a segment. */
const SEGMENTS: Readonly<Record<string, string>> = {
  "1": "dieses Segment ist nicht bekannt",
  "2": "dieses Segment gehört nicht an diese Stelle",
  "4": "diese Schleife kommt öfter vor als zulässig",
  "5": "dieses Segment kommt öfter vor als zulässig",
  "6": "dieses Segment gehört nicht zu dieser Nachricht",
  "7": "dieses Segment steht zu spät",
};

/** Of an element. */
const ELEMENTS: Readonly<Record<string, string>> = {
  "1": "der vorgeschriebene Wert fehlt",
  "2": "der Wert fehlt neben dem, was dort steht",
  "3": "das Segment hat mehr Bestandteile als zulässig",
  "4": "der Wert ist zu kurz",
  "5": "der Wert ist zu lang",
  "6": "der Wert hat Zeichen, die dort nicht zulässig sind",
  "8": "der Wert ist kein Datum",
  "9": "der Wert ist keine Uhrzeit",
  "10": "neben dem, was dort steht, darf dieser Wert nicht stehen",
  "12": "der Wert kommt öfter vor als zulässig",
  "13": "der Wert hat mehr Bestandteile als zulässig",
};

/** `Segment 6 (PO1), Element PO103: der Wert fehlt …`; `otherwise` is said where the facts do not tell more. */
export function x12InGerman(facts: Facts, otherwise: string): string {
  const { segment, position, element, component, segmentError, elementError } = facts;
  if (segment === undefined || position === undefined) return `${otherwise}.`;
  if (segmentError === "3") return `Vor Segment ${position} fehlt das vorgeschriebene Segment ${segment}.`;
  const said = SEGMENTS[String(segmentError)] ?? ELEMENTS[String(elementError)];
  const name = element === undefined ? "" : `, Element ${segment}${String(element).padStart(2, "0")}`;
  const part = component === undefined ? "" : `.${component}`;
  return `Segment ${position} (${segment})${name}${part}: ${said ?? otherwise}.`;
}
