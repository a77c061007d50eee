// What a schema said about a message, in German. The English rules come from xsd-findings.ts and json-schema-messages.ts and hold no
// values; what has no German here is left out, because half a translation helps no clerk.

type Rule = readonly [RegExp, string | ((match: RegExpExecArray) => string)];

const RULES: readonly Rule[] = [
  [/^(.+) is missing(?: beside another name)?$/, (match) => missing(match[1] ?? "")],
  [/^a required child element is missing(?:; possible next: (.+))?$/, (match) => expected(match[1])],
  [/^element not expected here/, "dieses Element darf hier nicht stehen, oder davor fehlt eines"],
  [/^value is not in the list/, "der Wert steht nicht in der zulässigen Liste"],
  [/^(?:value )?does not match the pattern/, "der Wert hat nicht die vorgeschriebene Form"],
  [/^value has not the right length$/, "der Wert hat nicht die richtige Länge"],
  [/^(?:value is too short|is shorter than)/, "der Wert ist zu kurz"],
  [/^(?:value is too long|is longer than)/, "der Wert ist zu lang"],
  [/^(?:value is too small|is less than|is not greater than)/, "der Wert ist zu klein"],
  [/^(?:value is too large|is greater than|is not less than)/, "der Wert ist zu groß"],
  [/^value has too many digits behind the point$/, "der Wert hat zu viele Nachkommastellen"],
  [/^value has too many digits$/, "der Wert hat zu viele Stellen"],
  [/^value is not the fixed value|^must be "/, "hier ist ein bestimmter Wert vorgeschrieben"],
  [/^(?:value )?is no (?:xs:)?date$/, "der Wert ist kein Datum"],
  [/^value is no xs:(?:decimal|integer|int|long|.*Integer)$/, "der Wert ist keine Zahl"],
  [/^must be a (?:whole )?number$/, "hier muss eine Zahl stehen"],
  [/^must be a text$/, "hier muss ein Text stehen"],
  [/^value is no /, "der Wert hat nicht die vorgeschriebene Art"],
  [/^the element must be empty$/, "hier darf nichts stehen"],
  [/^has fewer items than/, "es sind zu wenige Angaben"],
  [/^has more items than/, "es sind zu viele Angaben"],
  [/^value is not unique/, "der Wert kommt doppelt vor"],
  [/^has the same item twice$/, "eine Angabe kommt doppelt vor"],
  [/^(?:a name stands here that the schema|attribute not allowed)/, "hier steht eine Angabe, die nicht vorgesehen ist"],
  [/^fits none of the alternatives$/, "keine der vorgesehenen Formen passt"],
];

/** undefined = there is no German for this rule. */
export function ruleInGerman(rule: string): string | undefined {
  for (const [pattern, say] of RULES) {
    const match = pattern.exec(rule);
    if (match !== null) return typeof say === "string" ? say : say(match);
  }
  return undefined;
}

function missing(name: string): string {
  const attribute = /^the required attribute (.+)$/.exec(name)?.[1];
  return `${attribute ?? name} fehlt`;
}

function expected(names: string | undefined): string {
  if (names === undefined) return "ein vorgeschriebenes Element fehlt";
  return `ein vorgeschriebenes Element fehlt, etwa ${names.replaceAll(" or ", " oder ").replace(/one of (\d+) more/, "eines von $1 weiteren")}`;
}
