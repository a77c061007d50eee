// German sentences for what is wrong with EDIFACT, by data element 0085 of the facts; the place as the people of both sides count it.

type Facts = Readonly<Record<string, string | number>>;

const LEVELS: Readonly<Record<string, string>> = { UCI: "Übertragungsdatei", UCF: "Nachrichtengruppe" };

/** `Segment 4 (DTM), Datenelement 2.1: ` as far as it is known, else nothing. */
function placeInGerman(facts: Facts): string {
  const { position, segment, element, component } = facts;
  const parts: string[] = [];
  if (position !== undefined) parts.push(`Segment ${position}${segment === undefined ? "" : ` (${segment})`}`);
  else if (segment !== undefined) parts.push(`Segment ${segment}`);
  if (typeof element === "number" && element > 1) {
    parts.push(`Datenelement ${element - 1}${component === undefined ? "" : `.${component}`}`);
  }
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}

const SAID: Readonly<Record<string, string>> = {
  "2": "Syntaxversion oder Zeichensatz sind nicht bekannt",
  "12": "der Wert ist nicht zulässig",
  "13": "hier fehlt etwas, das vorgeschrieben ist",
  "15": "dieses Segment gehört nicht an diese Stelle",
  "16": "das Segment hat mehr Bestandteile als zulässig",
  "18": "hier steht etwas, das dort nicht stehen darf",
  "19": "das Dezimalzeichen ist falsch",
  "20": "die Trennzeichen sind nicht brauchbar",
  "21": "hier steht ein Zeichen, das der angegebene Zeichensatz nicht kennt",
  "22": "hier steht ein falsches Trennzeichen",
  "26": "diese Referenz gab es schon",
  "28": "die Referenz stimmt nicht mit der im Kopf überein",
  "29": "die angegebene Anzahl stimmt nicht",
  "30": "Nachrichten stehen teils in Gruppen und teils außerhalb",
  "32": "es ist keine Nachricht enthalten",
  "33": "ein Segment steht außerhalb einer Nachricht",
  "35": "das Segment steht zu oft",
  "36": "die Segmentgruppe steht zu oft",
  "37": "der Wert hat Zeichen, die dort nicht zulässig sind",
  "38": "vor dem Dezimalzeichen fehlt eine Ziffer",
  "39": "der Wert ist zu lang",
  "40": "der Wert ist zu kurz",
  "45": "am Ende steht ein leerer Bestandteil",
  "46": "der Zeichensatz ist nicht bekannt",
};

/** What is wrong, without the place; undefined = the facts do not tell. */
export function saidOfEdifact(facts: Facts): string | undefined {
  if (facts["why"] === "lineBreak") return "im Segment steht ein Zeilenumbruch, der dort nicht stehen darf";
  return SAID[String(facts["error0085"])];
}

/** What is missing is named by its own tag, and stands behind the segment that is counted. */
function missingInGerman({ level, position, segment, element }: Facts): string | undefined {
  if (element !== undefined) return undefined;
  if (segment === undefined) return "Die Datei ist keine Übertragungsdatei nach EDIFACT, oder es fehlt etwas von ihr.";
  if (level === "UCI")
    return `Die Übertragungsdatei ist nicht vollständig: Segment ${segment} fehlt oder ist abgeschnitten.`;
  if (level === "UCF") return "Der Nachrichtengruppe fehlt ihr Ende, das Segment UNE.";
  if (level === "UCM") return `Der Nachricht fehlt ihr Ende, das Segment ${segment}.`;
  return position === undefined ? undefined : `Hinter Segment ${position} fehlt das Segment ${segment}.`;
}

/** `otherwise` is said where the facts do not tell more. */
export function edifactInGerman(facts: Facts, otherwise: string): string {
  const missing = facts["error0085"] === "13" ? missingInGerman(facts) : undefined;
  if (missing !== undefined) return missing;
  const said = saidOfEdifact(facts) ?? otherwise;
  const level = LEVELS[String(facts["level"])];
  const text = `${level === undefined ? "" : `${level}, `}${placeInGerman(facts)}${said}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const UNANSWERED: Readonly<Record<string, string>> = {
  identity: "Absender, Empfänger oder Referenz der Übertragungsdatei fehlen",
  form: "Absender, Empfänger oder Referenz der Übertragungsdatei lassen sich darin nicht wiedergeben",
  length: "es ist mehr zu beanstanden, als darin Platz hat",
  many: "die Datei enthält mehr, als einzeln beantwortet wird",
};

/** Why there is no CONTRL, or no APERAK. */
export function unansweredInGerman(facts: Facts): string {
  const { answer = "CONTRL", why, record, path } = facts;
  const place = path === undefined || path === "" ? "" : ` (Stelle ${path})`;
  const said =
    why === "template"
      ? `was die Brücke zu Satz ${record} sagen soll, ergibt keine gültige Nachricht${place}`
      : (UNANSWERED[String(why)] ?? "die Übertragungsdatei lässt es nicht zu");
  return `Eine ${answer} ist nicht möglich: ${said}. Der Absender muss auf anderem Weg erfahren, was daraus geworden ist.`;
}
