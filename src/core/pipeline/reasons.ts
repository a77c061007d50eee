// German sentences for receipts, by code: what a clerk is told about a record that was not delivered. They name columns, lists and
// places of the message, never values.

import type { Code, Stage } from "../errors.ts";
import { edifactInGerman, saidOfEdifact, unansweredInGerman } from "./reasons-edifact.ts";
import { ruleInGerman } from "./reasons-schema.ts";
import { x12InGerman } from "./reasons-x12.ts";

const STAGES: Readonly<Record<Stage, string>> = {
  receive: "Annehmen",
  decode: "Lesen",
  map: "Übersetzen",
  validate: "Prüfen",
  encode: "Schreiben",
  deliver: "Zustellen",
  answer: "Antworten",
};

export function stageInGerman(stage: Stage): string {
  return STAGES[stage];
}

type Facts = Readonly<Record<string, string | number>>;
type Say = (facts: Facts) => string;

/** `Spalte RF: Wert fehlt.` where the column is known, else `Wert fehlt.` */
function inColumn(facts: Facts, what: string): string {
  return facts["column"] === undefined ? `${upper(what)}.` : `Spalte ${facts["column"]}: ${what}.`;
}

function inMessage(facts: Facts, what: string): string {
  return facts["path"] === undefined ? `${upper(what)}.` : `Nachricht, ${facts["path"]}: ${what}.`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A fact with the words around it, or nothing where the fact is not known. */
function given(facts: Facts, name: string, words: (value: string | number) => string): string {
  const value = facts[name];
  return value === undefined ? "" : words(value);
}

/** `dd.MM.yyyy` as German forms write it: TT.MM.JJJJ. */
function germanPattern(pattern: string | number): string {
  return String(pattern)
    .replaceAll("d", "T")
    .replaceAll("y", "J")
    .replaceAll("H", "h")
    .replaceAll(/'([^']*)'/g, "$1");
}

const ARCHIVES: Readonly<Record<string, string>> = {
  large:
    "Das Archiv ist ausgepackt größer, als angenommen wird, oder so gepackt wie Archive, die Schaden anrichten sollen.",
  names: "Das Archiv enthält einen Dateinamen, der nicht zulässig ist, oder einen Namen zweimal.",
  password: "Das Archiv ist mit einem Kennwort geschützt.",
  packing: "Das Archiv ist auf eine Art gepackt, die nicht gelesen wird; gelesen werden ZIP mit Deflate und gzip.",
  nested: "Das Archiv enthält ein weiteres Archiv.",
};

const X12_UNANSWERED: Readonly<Record<string, string>> = {
  identity: "Absender, Empfänger oder Kontrollnummer der Übertragung fehlen",
  form: "Absender oder Empfänger der Übertragung lassen sich darin nicht wiedergeben",
  length: "es ist mehr zu sagen, als darin Platz hat",
  many: "die Datei enthält mehr Übertragungen, als einzeln beantwortet werden",
};

const decode: Partial<Record<Code, Say>> = {
  ARCHIVE_REFUSED: (facts) =>
    ARCHIVES[String(facts["fault"])] ?? "Das Archiv ist beschädigt oder nicht vollständig übertragen.",
  EDIFACT_BROKEN: (facts) => edifactInGerman(facts, "die Übertragungsdatei ist nicht vollständig"),
  EDIFACT_CHARACTER: (facts) =>
    edifactInGerman(facts, "hier steht ein Zeichen, das der angegebene Zeichensatz nicht kennt"),
  EDIFACT_DUPLICATE: () =>
    "Eine Übertragungsdatei mit demselben Absender, demselben Empfänger und derselben Referenz ist schon angenommen worden.",
  EDIFACT_ELEMENT: (facts) => edifactInGerman(facts, "ein Datenelement der Nachricht ist nicht zulässig"),
  EDIFACT_ENVELOPE: (facts) => edifactInGerman(facts, "Kopf und Ende der Nachricht passen nicht zusammen"),
  EDIFACT_LIMIT: () => "Die Übertragungsdatei überschreitet eine Grenze, die gegen Angriffe gesetzt ist.",
  EDIFACT_MESSAGE_OTHER: () => "Diese Art von Nachricht wird hier nicht angenommen.",
  EDIFACT_MESSAGE_UNKNOWN: () => "Für diese Art und Version von Nachricht liegt keine Beschreibung vor.",
  EDIFACT_STRUCTURE: (facts) => edifactInGerman(facts, "die Nachricht ist anders aufgebaut als vorgeschrieben"),
  EDIFACT_SYNTAX: (facts) => edifactInGerman(facts, "Syntaxversion oder Zeichensatz sind nicht bekannt"),
  EDIFACT_UNANSWERED: unansweredInGerman,
  ENCODING_INVALID: (facts) =>
    `Der Satz enthält ein Zeichen, das es in der vereinbarten Zeichenkodierung${given(facts, "encoding", (name) => ` ${name}`)} nicht gibt.`,
  ENCODING_MISMATCH: () => "Die Datei ist in einer anderen Zeichenkodierung geschrieben als vereinbart.",
  ENCODING_UNDETECTED: () => "Die Zeichenkodierung der Datei ist nicht zu erkennen.",
  GROUP_UNDECODABLE: (facts) =>
    facts["record"] === undefined
      ? "Ein Satz der Nachricht ist nicht lesbar, deshalb fehlt die ganze Nachricht."
      : `Satz ${facts["record"]} ist nicht lesbar; er gehört zu dieser Nachricht, deshalb wurde sie nicht zugestellt.`,
  HEADER_DUPLICATE: (facts) => {
    if (facts["earlier"] === undefined) return "In der Kopfzeile stehen zwei gleich benannte Spalten.";
    const columns = `die Spalten Nummer ${facts["earlier"]} und ${facts["cell"]}`;
    return facts["unnamed"] === undefined
      ? `In der Kopfzeile heißen ${columns} gleich.`
      : `In der Kopfzeile haben ${columns} keinen Namen; nur eine darf ohne Namen sein.`;
  },
  IDOC_CONTROL: () =>
    "Die Datei beginnt nicht mit dem Kontrollsatz eines IDocs, oder sie kommt aus einer zu alten SAP-Version.",
  IDOC_DOCNUM: (facts) =>
    facts["blank"] === undefined
      ? "Im IDoc stehen Sätze eines anderen IDocs."
      : "In Sätzen des IDocs fehlt seine Nummer (DOCNUM).",
  IDOC_HIERARCHY: (facts) =>
    facts["by"] === "dictionary"
      ? "Das IDoc sagt nicht richtig, welches Segment zu welchem gehört (PSGNUM); es wurde nach der hinterlegten Beschreibung gelesen."
      : "Ein Segment des IDocs steht an einer Stelle, an die es nicht gehört.",
  IDOC_OCCURRENCES: () => "Ein Segment fehlt im IDoc oder kommt zu oft vor.",
  IDOC_RECORD: () => "Ein Satz des IDocs ist kein Datensatz, wie SAP ihn schreibt.",
  IDOC_SEGMENT_UNKNOWN: () => "Das IDoc enthält ein Segment, das nicht vereinbart ist.",
  IDOC_SEGNUM: () => "Die Segmente des IDocs sind nicht lückenlos nummeriert; vermutlich fehlt eines.",
  IDOC_TRUNCATED: () => "Das IDoc ist nicht vollständig; vermutlich wurde die Datei abgeschnitten.",
  IDOC_TYPE_UNKNOWN: () => "Für diesen IDoc-Typ ist nicht hinterlegt, wie er zu lesen ist.",
  JSON_BROKEN: () => "Die Datei ist kein vollständiges JSON; vermutlich wurde sie abgeschnitten.",
  JSON_INVALID: () => "Die Zeile ist kein vollständiges JSON-Objekt.",
  JSON_KEY_DUPLICATE: () => "Ein Name steht im selben Objekt zweimal.",
  JSON_NUMBER_INEXACT: () => "Eine Zahl hat mehr Stellen, als sich genau wiedergeben lassen.",
  JSON_TOO_DEEP: () => "Der Satz ist tiefer verschachtelt als zulässig.",
  MESSAGE_TOO_LARGE: () => "Die Datei ist zu groß für eine einzige Nachricht.",
  NAMES_MISSING: (facts) =>
    facts["column"] === undefined
      ? "Der Datei fehlt eine Spalte, die gebraucht wird."
      : `Der Datei fehlt die Spalte ${facts["column"]}.`,
  PDF_BROKEN: () => "Das PDF ist beschädigt oder nicht vollständig übertragen.",
  PDF_ENCRYPTED: () => "Das PDF ist mit einem Kennwort geschützt.",
  PDF_FIELD_TWICE: () => "Zwei Felder des Formulars heißen gleich und sind verschieden ausgefüllt.",
  PDF_LABEL: () => "Das PDF ist anders aufgebaut als vereinbart: Eine Beschriftung fehlt oder kommt mehrfach vor.",
  PDF_LIMIT: () => "Das PDF ist größer oder umfangreicher, als angenommen wird.",
  PDF_NO_ATTACHMENT: () => "In dem PDF steckt keine Datei mit dem vereinbarten Namen.",
  PDF_NO_FIELDS: () => "Das PDF hat keine Formularfelder; vermutlich wurde es gedruckt oder gescannt.",
  PDF_NOT_PDF: () => "Die Datei ist kein PDF.",
  PDF_TEXT_UNREADABLE: () => "Der Text des PDF ist nicht als Text gespeichert, sondern nur als Zeichnung.",
  PDF_TIMEOUT: () => "Das Lesen des PDF hat zu lange gedauert.",
  PDF_XFA: () => "Das PDF enthält nur ein XFA-Formular; solche Formulare lassen sich nicht lesen.",
  QUOTE_MISPLACED: (facts) =>
    `Hinter einem schließenden Anführungszeichen steht noch Text${given(facts, "cell", (cell) => `, in Spalte Nummer ${cell}`)}.`,
  QUOTE_UNTERMINATED: (facts) =>
    `Ein Anführungszeichen${given(facts, "line", (line) => ` in Zeile ${line}`)} wird nicht geschlossen. Was dahinter steht, ist nicht lesbar; die Sätze davor sind nicht betroffen.`,
  RECORD_LENGTH: (facts) =>
    facts["found"] === undefined
      ? "Der Satz hat nicht die vereinbarte Länge."
      : `Der Satz hat ${facts["found"]} Zeichen statt ${facts["expected"]}.`,
  RECORD_NOT_FOUND: () => "Die Datei ist anders aufgebaut als vereinbart: Wo Sätze stehen sollen, steht nichts.",
  RECORD_NOT_OBJECT: () => "Der Satz ist kein JSON-Objekt.",
  RECORD_TOO_LARGE: () => "Der Satz ist größer als zulässig.",
  RECORD_TYPE_UNKNOWN: () => "Die Satzart ist nicht bekannt.",
  ROW_RAGGED: (facts) =>
    facts["found"] === undefined
      ? "Die Zeile hat nicht so viele Spalten wie vereinbart."
      : `Die Zeile hat ${facts["found"]} ${facts["found"] === 1 ? "Spalte" : "Spalten"} statt ${facts["expected"]}.`,
  X12_ELEMENT: (facts) => x12InGerman(facts, "Ein Element der Nachricht ist nicht zulässig"),
  X12_FRAME: () =>
    "Der Umschlag der Übertragung ist nicht vollständig, oder seine Nummern und Zähler widersprechen sich.",
  X12_SEGMENT: () => "Ein Segment der Übertragung ist nicht so aufgebaut, wie es der Standard verlangt.",
  X12_STRUCTURE: (facts) => x12InGerman(facts, "Die Nachricht ist anders aufgebaut als vorgeschrieben"),
  X12_TRANSACTION: (facts) => {
    if (facts["transaction"] === "1") return "Die Nachricht enthält Binärdaten; solche werden nicht gelesen.";
    if (facts["transaction"] === "2") return "Der Nachricht fehlt ihr Ende, das Segment SE.";
    if (facts["transaction"] === "6") return "Im Segment ST steht nicht, was für eine Nachricht es ist.";
    return "Zähler oder Kontrollnummer am Ende der Nachricht passen nicht zu ihrem Anfang.";
  },
  X12_TRUNCATED: () => "Die Übertragung ist nicht vollständig; vermutlich wurde die Datei abgeschnitten.",
  X12_UNANSWERED: ({ why }) =>
    `Eine Empfangsbestätigung (997, 999, TA1) ist nicht möglich: ${X12_UNANSWERED[String(why)] ?? "die Übertragung lässt es nicht zu"}. Der Absender muss auf anderem Weg erfahren, was daraus geworden ist.`,
  XML_BROKEN: () => "Die Datei ist kein vollständiges XML; vermutlich wurde sie abgeschnitten.",
  XML_DOCTYPE: () => "Die Datei enthält eine DOCTYPE-Angabe; solche Dateien werden nicht angenommen.",
  XML_LIMIT: () => "Die Datei überschreitet eine Grenze, die gegen Angriffe gesetzt ist.",
  XML_NAME_AMBIGUOUS: () => "Zwei Elemente heißen gleich und stammen aus verschiedenen Namensräumen.",
};

const map: Partial<Record<Code, Say>> = {
  ATTACHMENT_MISSING: (facts) => {
    const found = Number(facts["found"] ?? 0);
    const expected = Number(facts["expected"] ?? 1);
    const came = found === 0 ? "keine" : String(found);
    const least = expected === 1 ? "eine erwartet wird" : `mindestens ${expected} erwartet werden`;
    return `Zu diesem Satz ${found === 1 ? "kam" : "kamen"} in der vorgesehenen Zeit ${came} ${found === 1 ? "Datei" : "Dateien"}, wo ${least}${given(facts, "pattern", (pattern) => ` (Muster ${pattern})`)}.`;
  },
  ATTACHMENT_NAME: () =>
    "Eine Datei, die mit der Nachricht gehen soll, hat keinen verwendbaren Namen oder denselben wie eine andere.",
  ATTACHMENT_TOO_LARGE: () => "Die Dateien, die zu diesem Satz gehören, sind zusammen zu groß oder zu viele.",
  CASE_NONE: () => "Für einen solchen Satz ist nicht festgelegt, was mit ihm geschehen soll.",
  CELL_CHARACTER: (facts) => inMessage(facts, "Der Text enthält ein Zeichen, das dort nicht stehen darf"),
  CELL_TOO_LONG: (facts) => inMessage(facts, "Der Text ist zu lang; gekürzt wird nicht"),
  CODE_UNKNOWN: (facts) => inColumn(facts, `Wert nicht in der Liste${given(facts, "list", (list) => ` »${list}«`)}`),
  DATE_INVALID: (facts) =>
    inColumn(
      facts,
      facts["zone"] !== undefined
        ? "diese Uhrzeit gibt es wegen der Zeitumstellung nicht"
        : facts["calendar"] !== undefined
          ? "dieses Datum oder diese Uhrzeit gibt es nicht"
          : `kein gültiges Datum${given(facts, "pattern", (pattern) => ` nach dem Muster ${germanPattern(pattern)}`)}`,
    ),
  DECIMAL_INVALID: (facts) =>
    inColumn(
      facts,
      `kein gültiger Betrag${given(facts, "pattern", (pattern) =>
        /^\d+ implied places$/.test(String(pattern))
          ? ` (Ziffern mit ${parseInt(String(pattern), 10)} gedachten Nachkommastellen)`
          : ` nach dem Muster ${pattern}`,
      )}`,
    ),
  EDIFACT_UNWRITABLE: (facts) =>
    inMessage(facts, saidOfEdifact(facts) ?? "die Angabe passt nicht in die EDIFACT-Nachricht"),
  FORMULA_FAILED: () => "Eine Formel der Brücke passt nicht zu den Werten dieses Satzes.",
  FORMULA_LIMIT: () => "Eine Formel der Brücke braucht für diesen Satz zu lange oder zu viel Platz.",
  GROUP_TOO_LARGE: () => "Die Sätze einer Nachricht sind zusammen zu groß.",
  GROUP_WITHOUT_START: () => "Vor diesem Satz fehlt der Satz, mit dem eine Nachricht beginnt.",
  LATIN_INVALID: (facts) =>
    inColumn(
      facts,
      `enthält ein Zeichen, das die Register nicht kennen (DIN 91379)${given(facts, "position", (at) => `, an Stelle ${at}`)}`,
    ),
  OUTPUT_TOO_LARGE: () => "Die Nachricht würde zu groß.",
  PATTERN_INVALID: (facts) => inColumn(facts, "das Muster, nach dem der Wert gelesen werden soll, ist nicht gültig"),
  PATTERN_VALUE: () => "Ein Wert des Satzes darf nicht in der Adresse oder im Dateinamen stehen.",
  PDF_FIELD_UNKNOWN: () => "Das PDF-Formular hat kein Feld, das so heißt.",
  PDF_OPTION: (facts) => inMessage(facts, "Der Wert ist keiner, den das Feld des PDF-Formulars zulässt"),
  REQUIRED_EMPTY: (facts) => inMessage(facts, "eine Pflichtangabe fehlt"),
  SLICE_INVALID: () => "Die Stelle, an der ein Text geteilt werden soll, gibt es nicht.",
  TABLE_UNKNOWN: (facts) => inColumn(facts, "die Liste, in der nachgesehen werden soll, gibt es nicht"),
  VALUE_NOT_TEXT: (facts) => inMessage(facts, "hier stehen mehrere Werte statt eines einzigen"),
  VALUE_REQUIRED: (facts) =>
    facts["what"] === undefined ? inColumn(facts, "Pflichtangabe fehlt") : `Pflichtangabe fehlt: ${facts["what"]}.`,
  XML_CHARACTER: (facts) => inMessage(facts, "Der Text enthält ein Steuerzeichen, das in XML nicht erlaubt ist"),
  ZONE_UNKNOWN: () => "Die Zeitzone ist nicht bekannt.",
};

const message: Partial<Record<Code, Say>> = {
  BATCH_TOO_MANY: () => "Aus der Datei würden zu viele Zieldateien zugleich entstehen.",
  DELIVERY_FAILED: () => "Das Ziel hat diese Nachricht wiederholt mit einem Fehler beantwortet.",
  DELIVERY_REFUSED: () => "Das Ziel hat die Nachricht abgelehnt.",
  DELIVERY_UNSURE: () => "Ungewiss, ob die Nachricht angekommen ist; das wird mit dem Ziel geklärt.",
  ENCODING_UNWRITABLE: (facts) =>
    `Die Nachricht enthält ein Zeichen, das es in der Zeichenkodierung des Ziels${given(facts, "encoding", (name) => ` (${name})`)} nicht gibt.`,
  INTERNAL: () => "Ein Fehler der Brücke selbst; der Betrieb ist verständigt.",
  REPLY_TOO_LARGE: () => "Das Ziel hat mehr geantwortet, als die Brücke annimmt.",
  // The words of the standard's own rule, in the language its publisher gave them.
  RULE_BROKEN: (facts) => {
    const where = facts["path"] === undefined || facts["path"] === "/" ? "" : ` an der Stelle ${facts["path"]}`;
    const column = given(facts, "column", (name) => ` (aus Spalte ${name})`);
    if (facts["undecided"] !== undefined) {
      return `Die Regel ${facts["rule"]} des Standards lässt sich${where}${column} nicht prüfen: Ein Wert hat nicht die Form, die sie braucht.`;
    }
    const words = given(facts, "says", (text) => `: ${text}`);
    return `Die Nachricht verletzt${where}${column} eine Regel des Standards${words}${/[.!?…]$/.test(words) ? "" : "."}`;
  },
  SCHEMA_INVALID: (facts) => {
    const rule = facts["rule"] === undefined ? undefined : ruleInGerman(String(facts["rule"]));
    const where = facts["path"] === undefined ? "" : ` an der Stelle ${facts["path"]}`;
    const column = given(facts, "column", (name) => ` (aus Spalte ${name})`);
    return rule === undefined
      ? `Die Nachricht entspricht${where}${column} nicht den Vorgaben des Ziels.`
      : `Die Nachricht entspricht${where}${column} nicht den Vorgaben des Ziels: ${rule}.`;
  },
  REPLY_INVALID: () => "Das Ziel hat anders geantwortet, als vereinbart ist; ob es gewirkt hat, klärt der Betrieb.",
  RFC_FAILED: () => "Das SAP-System hat den Aufruf abgelehnt oder konnte ihn nicht ausführen.",
  RFC_VALUE: () => "Ein Wert passt nicht zu dem, was der Funktionsbaustein im SAP-System annimmt.",
  SERVICE_FAULT: () =>
    "Das Ziel hat die Nachricht mit einer Fehlermeldung abgelehnt; ihr Wortlaut steht in den Einzelheiten.",
  WSDL_OPERATION: () =>
    "Das Ziel bietet die Funktion nicht an, die für diesen Satz gewählt wurde; das klärt der Betrieb.",
  TARGET_ADDRESS: () => "Ein Wert des Satzes ergibt keine zulässige Zieladresse oder keinen zulässigen Dateinamen.",
  TARGET_AUTH: () => "Das Ziel erkennt die Anmeldung der Brücke nicht an; das klärt der Betrieb.",
  // A server of files as the target, its access or its administration: nothing that the record could do anything about.
  ALGORITHMS_REFUSED: () => "Der Zielserver spricht keine Verschlüsselung, die heute als sicher gilt.",
  CERTIFICATE_REFUSED: () => "Das Zertifikat des Zielservers wird nicht anerkannt.",
  HOST_KEY_UNKNOWN: () => "Der Schlüssel des Zielservers ist noch nicht bestätigt.",
  HOST_KEY_WRONG: () => "Der Zielserver weist sich mit einem anderen Schlüssel aus als vereinbart.",
  LOGIN_REFUSED: () => "Der Zielserver lässt die Brücke nicht hinein.",
  SERVER_REFUSED: () => "Der Zielserver hat die Datei abgelehnt.",
  SPOOL_DAMAGED: () => "Eine Datei, die mit der Nachricht gehen soll, ist im Speicher von Steg beschädigt.",
  SERVER_UNREACHABLE: () => "Der Zielserver ist nicht zu erreichen.",
  TLS_REFUSED: () => "Mit dem Zielserver kam keine verschlüsselte Verbindung zustande.",
  TARGET_EXISTS: () => "Am Ziel liegt schon eine andere Datei mit diesem Namen; überschrieben wird nichts.",
  TARGET_GONE: () => "Die angefangene Zieldatei ist entfernt worden.",
};

/** Every code that a record can end with has its sentence here; a test looks. */
export const REASONS: Partial<Record<Code, Say>> = { ...decode, ...map, ...message };

/** For a code of an older or newer version. */
const BY_STAGE: Readonly<Record<Stage, string>> = {
  receive: "Der Satz konnte nicht angenommen werden",
  decode: "Der Satz ist nicht lesbar",
  map: "Der Satz konnte nicht übersetzt werden",
  validate: "Die Nachricht ist nicht gültig",
  encode: "Die Nachricht konnte nicht geschrieben werden",
  deliver: "Die Nachricht konnte nicht zugestellt werden",
  answer: "Die Antwort konnte nicht gegeben werden",
};

export function reasonInGerman(failure: {
  readonly code: Code;
  readonly stage: Stage;
  readonly facts?: Facts | undefined;
}): string {
  return REASONS[failure.code]?.(failure.facts ?? {}) ?? `${BY_STAGE[failure.stage]} (${failure.code}).`;
}
