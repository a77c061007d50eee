// The one error class of the product and the one table of its codes.
//
// A message says code, place and types and may be stored and logged. Values of a record stand only in `detail`,
// which is encrypted beside the payload and erased with it (docs: engine, promise 8).

export type Stage = "receive" | "decode" | "map" | "validate" | "encode" | "deliver" | "answer";

/** A place in a file of the bridge, counted from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CodeEntry {
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retry: boolean;
  /** What to do, in one sentence, for the person who meets this error first. */
  readonly hint: string;
}

/** Every code that can leave the process. Sorted by stage, then name; `docs/reference/errors.md` is generated from it. */
export const CODES = {
  // command line and settings
  ALARM_UNKNOWN: { retry: false, hint: "It may be over by now: look again (the dashboard, or GET /api/v1/alarms)." },
  APPROVAL_NEEDED: { retry: false, hint: "A second person has to agree; name them, or let them do it." },
  BACKUP_FAILED: {
    retry: true,
    hint: "Mend what is said, or name another target; nothing is left of this attempt, and the appliance goes on.",
  },
  BACKUP_INVALID: {
    retry: false,
    hint: "Take another backup: this one is not as it was written. Nothing was restored.",
  },
  BRIDGE_EXISTS: { retry: false, hint: "Choose another name, or remove the folder first." },
  BRIDGE_INVALID: { retry: false, hint: "steg check shows everything that is wrong." },
  BRIDGE_UNKNOWN: { retry: false, hint: "steg check lists the bridges of --dir." },
  CONFIRMATION_NEEDED: { retry: false, hint: "Look at the dry run first; then confirm it (--yes, or confirm: true)." },
  DEAD_LETTER_UNKNOWN: { retry: false, hint: "steg dead lists them; an id looks like dl-0193-118." },
  DROP_HELD: {
    retry: false,
    hint: "A held drop is delivered when the bridge is opened (steg notbetrieb, or an extension), or taken out by steg hand-over.",
  },
  DROP_UNKNOWN: { retry: false, hint: "steg drops lists them." },
  APPLIANCE_AWAY: {
    retry: true,
    hint: "Check that the appliance runs and that this machine may reach it; the fleet goes on asking.",
  },
  APPLIANCE_REFUSES: {
    retry: false,
    hint: "The token needs the role viewer there: steg token new fleet --role viewer. An appliance of an older version has no snapshots.",
  },
  APPLIANCE_UNKNOWN: { retry: false, hint: "The names are those of fleet.yaml." },
  CHAIN_PINNED: {
    retry: false,
    hint: "fleet.yaml pins another key: put the new one under publicKey there, once it is certain whose it is.",
  },
  CHAIN_UNBROKEN: { retry: false, hint: "There is nothing to acknowledge." },
  FILE_UNREADABLE: { retry: false, hint: "Check the path and the rights of the user that runs steg." },
  FORBIDDEN: { retry: false, hint: "Use a token of a role that may do this; steg help token lists the roles." },
  HAND_OVER_FAILED: {
    retry: true,
    hint: "Mend what is said and run the same command again: what was handed over is recognised, nothing is written twice.",
  },
  IDENTITY_UNAVAILABLE: {
    retry: true,
    hint: "Check the server that STEG_JWT_JWKS or STEG_OIDC_ISSUER names; it is asked again within a minute.",
  },
  LISTEN_FAILED: { retry: false, hint: "Choose another address with STEG_LISTEN, or stop what holds this one." },
  METHOD_NOT_ALLOWED: {
    retry: false,
    hint: "The Allow header names the methods of this path; see /api/v1/openapi.json.",
  },
  NOT_FOUND: { retry: false, hint: "See /api/v1/openapi.json for what there is." },
  NOTBETRIEB_REFUSED: {
    retry: false,
    hint: "steg sunset shows how each bridge stands; the policy says what is allowed.",
  },
  RETIRE_REFUSED: {
    retry: false,
    hint: "Hand over what is held, settle what is open, or wait: docs/certificate.md says when a bridge can be retired.",
  },
  PROBE_FAILED: {
    retry: true,
    hint: "Look at the probe's address and at what it answers; until it answers, the successor's share is not measured.",
  },
  RATE_LIMITED: { retry: true, hint: "Too many refused attempts from this address; wait a minute." },
  REQUEST_INVALID: { retry: false, hint: "See /api/v1/openapi.json for the shape." },
  SETTING_INVALID: { retry: false, hint: "Correct the setting where it stands; steg help settings lists them." },
  STATE_BUSY: { retry: true, hint: "Try again; steg up starts the appliance." },
  STATE_MISSING: { retry: false, hint: "Name the folder with --state or STEG_STATE; steg up makes it." },
  SUNSET_MOVED: {
    retry: false,
    hint: "Put the old date back and add an extension: lifecycle.extensions: [{ to, reason, requestedBy, approvedBy, on }]",
  },
  TOKEN_INVALID: { retry: false, hint: "steg token list shows names and roles; steg help token explains them." },
  UNAUTHENTICATED: {
    retry: false,
    hint: "Send Authorization: Bearer TOKEN; steg token new NAME --role ROLE makes one.",
  },
  USAGE: { retry: false, hint: "steg help" },
  VERSION_MISSING: { retry: false, hint: "Restore the state from its backup; the drop keeps until then." },
  // calls
  BRIDGE_BROWNOUT: { retry: true, hint: "The bridge rests for an announced time; Retry-After says until when." },
  BRIDGE_SUNSET: { retry: false, hint: "The bridge has ended; use its successor." },
  CALL_DEADLINE: {
    retry: true,
    hint: "The answer took longer than receive.deadline allows; whether it had an effect is unknown.",
  },
  CALL_INVALID: { retry: false, hint: "The bridge's openapi.json (or ?wsdl) says what a request looks like." },
  CALL_KEY_REUSED: {
    retry: false,
    hint: "An Idempotency-Key belongs to one request; whoever asks for something else takes a new one.",
  },
  CALL_METHOD: { retry: false, hint: "The Allow header names the methods of this path." },
  CALL_OPEN: { retry: true, hint: "Ask again after as many seconds as Retry-After says." },
  CALL_TOO_LARGE: { retry: false, hint: "Send less; receive says how much a request may hold." },
  CALL_TYPE: { retry: false, hint: "The bridge's openapi.json (or ?wsdl) names the content types that are taken." },
  CALL_UNKNOWN: { retry: false, hint: "The bridge's openapi.json (or ?wsdl) lists what can be called." },
  CALLS_TOO_MANY: {
    retry: true,
    hint: "Wait as long as Retry-After says; the bridge takes so many calls at once and no more.",
  },
  REPLY_INVALID: {
    retry: false,
    hint: "The service answered something else than its description says; its owner has to know.",
  },
  REPLY_TOO_LARGE: { retry: false, hint: "The service's answer is larger than the bridge lets through." },
  RFC_FAILED: { retry: false, hint: "The function module or the SAP system said no; the message names its key." },
  RFC_VALUE: {
    retry: false,
    hint: "Parameter and field are named; the interface file says what each of them takes.",
  },
  SERVICE_FAULT: { retry: false, hint: "The service answered with a fault; deliver.outcomes can say what it means." },
  // bridge file
  ATTACHMENT_COLLIDES: {
    retry: false,
    hint: "Put a formula into the name, or into the folder of the target: path: out/{$index}",
  },
  ATTACHMENT_PLACE: {
    retry: false,
    hint: "$attachment stands under map and deliver, in a bridge that has receive.attach.",
  },
  ATTACHMENT_UNUSED: {
    retry: false,
    hint: 'Send them with the message: map.attach: "= $attachment()"; or leave out receive.attach.',
  },
  ATTRIBUTE_NOT_SCALAR: {
    retry: false,
    hint: "An attribute is one text or one formula; what has parts of its own is an element.",
  },
  ATTRIBUTE_TWICE: { retry: false, hint: "Keep one of the two." },
  CALL_UNNAMED: {
    retry: false,
    hint: "Calls are what a face takes: call: GET /einwohner/{id} beside receive.rest, call: LesePerson beside receive.soap.",
  },
  CASE_UNREACHABLE: { retry: false, hint: "The first case that fits wins; move the case without when: to the end." },
  CELL_NOT_SCALAR: { retry: false, hint: "A column is one text or one formula; several lines are a list of lines." },
  ARGUMENTS_WRONG: {
    retry: false,
    hint: "Write all of them, in their order: $date(TEXT, 'dd.MM.yyyy'), $code('list', KEY).",
  },
  COLUMN_UNKNOWN: { retry: false, hint: "The header line of the table names its columns." },
  DIRECTIVE_NOT_FORMULA: { retry: false, hint: "Put = in front of it." },
  DIRECTIVE_ON_ROOT: {
    retry: false,
    hint: "Leave records out by cases, put several records into one message by map.per.",
  },
  DIRECTIVE_UNKNOWN: { retry: false, hint: "The directives are =when, =each and, in XML, =text." },
  DUPLICATE_KEY: { retry: false, hint: "Keep one of the two." },
  EACH_WITHOUT_NAMES: { retry: false, hint: 'Give the object names, or splice the items: [ "= f" ]' },
  EXCEPTION_EXPIRED: {
    retry: false,
    hint: "Use today's minimum, or let someone approve a later end of the exception.",
  },
  EXCEPTION_MISSING: {
    retry: false,
    hint: "Beside the option: exception: { reason: …, approvedBy: …, until: 2027-06-30 }",
  },
  EXCEPTION_UNUSED: { retry: false, hint: "Remove the exception." },
  FIELDS_MISSING: { retry: false, hint: "fields: { NAME: { at: [1, 30], value: = … } }" },
  FIELD_UNKNOWN: {
    retry: false,
    hint: "Names with other characters stand in backticks; decode.optional names columns that may lack.",
  },
  FIELD_INCOMPLETE: { retry: false, hint: "NAME: { at: [1, 30], value: = … }" },
  FIELD_OUTSIDE: { retry: false, hint: "Correct the place of the field or the length of the line." },
  FIELD_OVERLAPS: { retry: false, hint: "Correct the places: start from 1, then the number of characters." },
  FIELD_UNSEEN: {
    retry: false,
    hint: "A slip, or a field that no test shows; decode.optional names those that may lack.",
  },
  FILE_ENCODING: { retry: false, hint: "Save the file as UTF-8." },
  FILE_NOT_FOUND: { retry: false, hint: "Paths are relative to the bridge's folder and stay inside it." },
  FILE_TOO_LARGE: { retry: false, hint: "A bridge file has at most 1 MiB; large tables belong into codes/." },
  FOLDER_TOO_LARGE: {
    retry: false,
    hint: "Only what the bridge needs belongs into its folder; samples lie in tests/.",
  },
  FORMULA_SYNTAX: {
    retry: false,
    hint: "Formulas are JSONata 2; texts stand in quotes, names with other characters in backticks.",
  },
  FUNCTION_REFUSED: { retry: false, hint: "A formula gives the same on every replay; $uuid makes stable identifiers." },
  FUNCTION_UNKNOWN: {
    retry: false,
    hint: "There are JSONata's functions and Steg's own ($date, $decimal, $code …); their names begin with $.",
  },
  LEADING_ZERO: { retry: false, hint: "Quote it, then every reader of YAML keeps the zero." },
  LINES_MISSING: { retry: false, hint: "Columns by name, or a list of such lines." },
  LIST_IN_LIST: { retry: false, hint: "Write the items as one list." },
  LITERAL_IS_COLUMN: { retry: false, hint: "Put = in front of it, or quotes around it if the text is meant." },
  LITERAL_IS_FORMULA: { retry: false, hint: "Put = in front of it, or quotes around it if the text is meant." },
  MISSING_KEY: { retry: false, hint: "docs/reference/bridge-file.md lists all keys." },
  NAMESPACE_INVALID: { retry: false, hint: "Namespaces in XML 1.0 says what may be declared." },
  NAMESPACE_NOT_LITERAL: { retry: false, hint: "A namespace is the same in all messages; write it out." },
  NAME_INVALID: { retry: false, hint: "Names begin with a letter or _, then letters, digits, - . and _." },
  NO_TEST: { retry: false, hint: "Put an input file into tests/<case>/, then: steg test --update" },
  NOT_AVAILABLE: { retry: false, hint: "docs/reference/bridge-file.md lists what this version has." },
  NUMBER_NOT_JSON: { retry: false, hint: "Put quotes around it if a text is meant." },
  OUTSIDE_REFUSED: { retry: false, hint: "Values from outside stand in receive, deliver and answer only." },
  OUTSIDE_SYNTAX: { retry: false, hint: "${env:NAME} or ${file:/run/secrets/name}" },
  PATTERN_INVALID: {
    retry: false,
    hint: "Patterns show how the source writes it: 'dd.MM.yyyy', '1.234,56'; those of file names have * and ?.",
  },
  PATTERN_SYNTAX: { retry: false, hint: "A formula in a text stands in braces: {AGS}" },
  PREFIX_UNDECLARED: { retry: false, hint: 'Declare it where it is used or around it: "@xmlns:p": urn:…' },
  ROOT_MISSING: { retry: false, hint: "xml: { prefix:element: … }" },
  ROOT_TWICE: { retry: false, hint: "A message is one document with one root." },
  PLUS_ON_TEXT: { retry: false, hint: "Join texts with & or $join; add exact amounts with $total." },
  SECRET_IN_FILE: { retry: false, hint: "${env:NAME} or ${file:/run/secrets/name}" },
  SETTLE_UNSURE: {
    retry: false,
    hint: "A marker or a rename by the writer is sure; settle holds only for writers that pause less.",
  },
  TEMPLATE_NOT_FORMULA: { retry: false, hint: "map is a formula, or one of xml, json, csv, fixed." },
  TEMPLATE_UNWRITABLE: {
    retry: false,
    hint: "The page of the format in the reference says what its template may hold.",
  },
  TERM_MIXED: {
    retry: false,
    hint: "A drop waits as a whole for deliver.batch.at or every: let all its cases wait for the same, or make two bridges.",
  },
  TERM_NAME: { retry: false, hint: 'Let the term make the name: "BU_{$batch.date}_{$batch.number}.csv"' },
  TABLE_UNKNOWN: { retry: false, hint: "map.codes names the code lists and tables of the bridge." },
  TEXT_AND_CHILDREN: { retry: false, hint: "An element has text or elements; mixed content is not written." },
  TEXT_NOT_SCALAR: { retry: false, hint: "=text: = FORMULA" },
  TEXT_NOT_NUMBER: { retry: false, hint: "Cells are text: compare with a text, or convert with $number." },
  TOO_DEEP: { retry: false, hint: "No message needs this; look for brackets that are not closed." },
  TOO_MANY: { retry: false, hint: "Remove some, or make two bridges." },
  UNKNOWN_KEY: { retry: false, hint: "docs/reference/bridge-file.md lists all keys." },
  VALUE_MISSING: { retry: false, hint: 'Write a formula, a text, or "" for what is meant to be empty.' },
  VARIABLE_UNKNOWN: {
    retry: false,
    hint: "Names under map.let and those of the reference begin with $; fields do not.",
  },
  WHEN_ALWAYS: { retry: false, hint: "Compare the value: = FLAG = 'J'" },
  WSDL_INVALID: {
    retry: false,
    hint: "Take the WSDL and what it imports from the service, whole, into the bridge's folder.",
  },
  WSDL_OPERATION: { retry: false, hint: "The message lists what the WSDL offers." },
  WRONG_TYPE: { retry: false, hint: "docs/reference/bridge-file.md shows every option with its type." },
  WRONG_VALUE: { retry: false, hint: "docs/reference/bridge-file.md shows every option with its values." },
  ZONE_UNKNOWN: { retry: false, hint: "Zones have IANA names, such as Europe/Berlin, or are an offset, +01:00." },
  YAML_ALIAS: { retry: false, hint: "Write the value out, or quote a text that begins with *." },
  YAML_DOCUMENTS: { retry: false, hint: "One folder and one bridge.yaml per bridge." },
  YAML_INDENT: { retry: false, hint: "Keys of one map begin in the same column." },
  YAML_QUOTES: { retry: false, hint: "Put the text into double quotes, or write it as a block (|)." },
  YAML_SYNTAX: { retry: false, hint: "Look for a quote or bracket that is not closed, and for a missing colon." },
  YAML_TAB: { retry: false, hint: "Indent with two spaces." },
  YAML_TAG: { retry: false, hint: "Leave the tag out; quotes make a text." },
  OPTION_UNUSABLE: {
    retry: false,
    hint: "Correct the option in the bridge file, or the value from outside that it names.",
  },
  PATTERN_VALUE: {
    retry: false,
    hint: "Look at the formula in braces: its value must not stand in this url, path or name.",
  },
  SECRET_MISSING: { retry: false, hint: "Set the variable, or mount the file, before the appliance starts." },
  // lifecycle
  LIFECYCLE_BROWNOUT: {
    retry: false,
    hint: "Brownouts lie between deprecated and the end, on working days between 08:00 and 18:00.",
  },
  LIFECYCLE_DATES: { retry: false, hint: "started, then deprecated, then sunset." },
  LIFECYCLE_EXTENSION: {
    retry: false,
    hint: "{ to, reason, requestedBy, approvedBy, on }: asked for and approved by two persons, before the end.",
  },
  LIFECYCLE_NO_SUNSET: { retry: false, hint: "Every bridge ends; a date that proves too early can be extended." },
  LIFECYCLE_OWNER: { retry: false, hint: "owner: { name: …, email: gewerbe@stadt.example }" },
  LIFECYCLE_PLAN: { retry: false, hint: "plan: [{ by: 2027-03-31, goal: … }]" },
  LIFECYCLE_SUCCESSOR: { retry: false, hint: "successor: { title: …, url: https://… }" },
  POLICY_APPROVER: { retry: false, hint: "The policy of the operator lists who may approve." },
  POLICY_CHANGED: { retry: false, hint: "Look at the difference as it is now, and ask for it anew." },
  POLICY_DAY: { retry: false, hint: "The policy of the operator says on which days a bridge may end." },
  POLICY_EXTENSIONS: { retry: false, hint: "The policy of the operator limits number and length of extensions." },
  POLICY_INVALID: { retry: false, hint: "steg schema policy prints what a policy may hold." },
  POLICY_LIFE: {
    retry: false,
    hint: "The policy of the operator limits how long a bridge lives; an end can be extended later.",
  },
  POLICY_NOTICE: { retry: false, hint: "Those who use the bridge need this time: deprecate earlier or end later." },
  // receive
  ALGORITHMS_REFUSED: {
    retry: false,
    hint: "Have the server renewed; until then oldAlgorithms names what it needs, with an exception beside it.",
  },
  CERTIFICATE_REFUSED: {
    retry: false,
    hint: "Somebody may stand in between: ask the server's operator; then name the authority in ca, or pin the fingerprint.",
  },
  CLAIMED_TWICE: {
    retry: false,
    hint: "One of the two bridges has to take another: another user, or another port.",
  },
  HOST_KEY_UNKNOWN: {
    retry: false,
    hint: "Ask the server's operator for its fingerprint; if it is this one, paste hostKey into the bridge file.",
  },
  HOST_KEY_WRONG: {
    retry: false,
    hint: "Somebody may stand in between: ask the server's operator whether the key was changed, then correct hostKey.",
  },
  INBOX_ADDRESS: {
    retry: true,
    hint: "Something else listens there, or the address is not this machine's; ports below 1024 need a right. It is tried again.",
  },
  INBOX_HOST_KEY: {
    retry: true,
    hint: "Give state/inbox to the user that runs steg, or put the key back from the backup: clients know it by its fingerprint.",
  },
  LOGIN_REFUSED: {
    retry: false,
    hint: "Check user, key and password with the server's operator; some servers lock a user out after several tries.",
  },
  SERVER_REFUSED: {
    retry: true,
    hint: "Check path, rights and quota of the user on the server; it is tried again.",
  },
  SERVER_UNREACHABLE: {
    retry: true,
    hint: "Check address, port, firewall and whether the server runs; it is tried again.",
  },
  SOURCE_CHANGED: {
    retry: true,
    hint: "It is taken at a later look; if this repeats, let the writer use a marker or a rename.",
  },
  SOURCE_CLEANUP_FAILED: {
    retry: true,
    hint: "What was taken is safe and not taken again; mend rights or space at the source, removal is tried again.",
  },
  SOURCE_SHARED: {
    retry: true,
    hint: "Two take the same files, and both deliver them. Stop one of them and restart the other, or give both claim: true.",
  },
  SOURCE_UNREACHABLE: {
    retry: true,
    hint: "Check mount, address, rights and credentials of the source; it is tried again.",
  },
  TLS_REFUSED: {
    retry: false,
    hint: "Ask the server's operator for TLS 1.2 or later; nothing was sent in the clear. Less than that needs an exception.",
  },
  // decode
  ARCHIVE_REFUSED: {
    retry: false,
    hint: "Pack the files once, with gzip or as ZIP with Deflate and without a password, and have them dropped again.",
  },
  EDIFACT_BROKEN: {
    retry: false,
    hint: "The interchange is cut or does not count right; the sender has to send it again. strict: false reads what can be read.",
  },
  EDIFACT_CHARACTER: {
    retry: false,
    hint: "Set decode.edifact.charset to what this partner really writes, or have UNB name it.",
  },
  EDIFACT_DIRECTORY: {
    retry: false,
    hint: "docs/edifact-directories.md describes the notation; steg directory import writes it from UNECE's files.",
  },
  EDIFACT_DIRECTORY_EXISTS: {
    retry: false,
    hint: "Give the new one another name (--as) and let each bridge name the one it means.",
  },
  EDIFACT_DUPLICATE: {
    retry: false,
    hint: "Nothing of the drop was delivered. If it is meant, steg replay --drop ID --as-new delivers it; decode.edifact.duplicates says how long interchanges are remembered.",
  },
  EDIFACT_ELEMENT: {
    retry: false,
    hint: "The sender has to correct the element; where the partner always writes so, strict: false reads it and reports it.",
  },
  EDIFACT_ENVELOPE: {
    retry: false,
    hint: "Header and trailer of the message do not fit; the sender has to correct it. strict: false reads it and reports it.",
  },
  EDIFACT_LIMIT: {
    retry: false,
    hint: "The interchange exceeds a limit that no honest one needs; look at its service characters and at what the sender makes.",
  },
  EDIFACT_MESSAGE_OTHER: {
    retry: false,
    hint: "If the bridge shall take it, add it to decode.edifact.messages; else the sender sends it to the wrong place.",
  },
  EDIFACT_MESSAGE_UNKNOWN: {
    retry: false,
    hint: "Import its directory with steg directory import, and name it in decode.edifact.directory.",
  },
  EDIFACT_STRUCTURE: {
    retry: false,
    hint: "The sender has to correct the message; where the partner always writes so, strict: false reads it and reports it.",
  },
  EDIFACT_SYNTAX: {
    retry: false,
    hint: "Read are the syntax versions 1 to 4; decode.edifact.charset names the characters where UNB does not.",
  },
  EDIFACT_UNANSWERED: {
    retry: false,
    hint: "Nobody hears of this by CONTRL or APERAK; tell the sender another way what became of it, as the receipt says it.",
  },
  ENCODING_INVALID: {
    retry: false,
    hint: "The byte does not exist in the declared encoding; set decode.*.encoding to what the legacy system writes, or to detect.",
  },
  ENCODING_MISMATCH: { retry: false, hint: "Set decode.*.encoding to what the legacy system really writes." },
  ENCODING_UNDETECTED: {
    retry: false,
    hint: "Set decode.*.encoding; DOS code pages (cp850) and EBCDIC are never detected, they have to be named.",
  },
  HEADER_DUPLICATE: {
    retry: false,
    hint: "Two columns of one name cannot be told apart: use header: false, skip: 1 and name the columns in columns.",
  },
  IDOC_CONTROL: {
    retry: false,
    hint: "An IDoc begins with EDI_DC40; have the port (WE21) write the record types of release 4, and look at decode.idoc.form and encoding.",
  },
  IDOC_DICTIONARY: {
    retry: false,
    hint: "docs/idoc.md shows a dictionary; SAP writes a whole one in WE60 (Parser).",
  },
  IDOC_DOCNUM: {
    retry: false,
    hint: "Records of two IDocs are mixed, or a control record is lost; the IDoc has to be sent again.",
  },
  IDOC_HIERARCHY: {
    retry: false,
    hint: "The sender has to fill PSGNUM; decode.idoc.strict: false builds the tree by the dictionary where it does not.",
  },
  IDOC_OCCURRENCES: {
    retry: false,
    hint: "A segment is lost or came twice; or correct least and most in the dictionary.",
  },
  IDOC_RECORD: {
    retry: false,
    hint: "A control record has 524 characters, a data record 63 and up to 1000; look for a line break in a text, and at decode.idoc.encoding.",
  },
  IDOC_SEGMENT_UNKNOWN: {
    retry: false,
    hint: "Add the segment to decode.idoc.dictionary; its name is in the detail. strict: false keeps it as { SDATA }.",
  },
  IDOC_SEGNUM: {
    retry: false,
    hint: "A segment is lost or stands in another place; decode.idoc.strict: false reads it all the same, with a notice.",
  },
  IDOC_TRUNCATED: { retry: false, hint: "The file was cut; the legacy system has to send it again." },
  IDOC_TYPE_UNKNOWN: {
    retry: false,
    hint: "Name a dictionary (decode.idoc.dictionary): SAP writes one in WE60 (Parser).",
  },
  JSON_BROKEN: {
    retry: false,
    hint: "The document is not JSON as RFC 8259 has it or was cut; the legacy system has to send it again.",
  },
  JSON_INVALID: { retry: false, hint: "This line is not one JSON object; the legacy system has to send it again." },
  JSON_KEY_DUPLICATE: {
    retry: false,
    hint: "An object names a key twice, so one of the values would be lost; the legacy system has to correct it.",
  },
  JSON_NUMBER_INEXACT: {
    retry: false,
    hint: "The number has more digits than a JSON number keeps; set decode.json.numbers to text and map it as text.",
  },
  JSON_TOO_DEEP: { retry: false, hint: "Documents nested this deep are refused; look at what the sender makes." },
  LAYOUT_INVALID: {
    retry: false,
    hint: "The layout is a CSV with the columns name;start;length, start counted from 1.",
  },
  PDF_BROKEN: {
    retry: false,
    hint: "The PDF was cut or changed on its way; have it sent again. What was always like that, qpdf old.pdf new.pdf may mend.",
  },
  PDF_ENCRYPTED: {
    retry: false,
    hint: "Have it saved without a password for opening; one against changing alone does not matter.",
  },
  PDF_FIELD_TWICE: {
    retry: false,
    hint: "Whoever makes the form has to give the two fields names of their own; the name is in the detail.",
  },
  PDF_LABEL: {
    retry: false,
    hint: "The page looks otherwise than decode.pdf.text says; pdftotext -layout shows what stands on it.",
  },
  PDF_LIMIT: { retry: false, hint: "No honest form needs as much; decode.pdf.most sets the limits." },
  PDF_NO_ATTACHMENT: {
    retry: false,
    hint: "The detail lists the files that are in it; correct decode.pdf.attachments, or have the right PDF sent.",
  },
  PDF_NO_FIELDS: {
    retry: false,
    hint: "It was probably printed or scanned; only a form that was filled in and saved has fields.",
  },
  PDF_NOT_PDF: {
    retry: false,
    hint: "Look at what the sender really wrote; patterns in receive.*.files leave others out.",
  },
  PDF_TEXT_UNREADABLE: {
    retry: false,
    hint: "The program that printed it left out what its letters mean; have it print with fonts embedded, or send a form.",
  },
  PDF_TIMEOUT: {
    retry: false,
    hint: "Reading took longer than decode.pdf.most.time; raise it, or look at what the sender makes. steg replay tries again.",
  },
  PDF_XFA: {
    retry: false,
    hint: 'Such forms ("Please wait") show in Adobe Reader only; have it made as an AcroForm, or its data exported as XML.',
  },
  QUOTE_MISPLACED: {
    retry: false,
    hint: 'A quoted cell begins and ends with the quote and doubles it inside; set decode.csv.quote to "" if this system does not quote.',
  },
  QUOTE_UNTERMINATED: {
    retry: false,
    hint: 'The quote that opens there has no end; set decode.csv.quote to "" if this system does not quote, or raise decode.csv.most.',
  },
  RECORD_LENGTH: {
    retry: false,
    hint: "The record is not as long as the layout says; look for a lost or additional character.",
  },
  RECORD_NOT_FOUND: {
    retry: false,
    hint: "Nothing stands where decode.*.record looks for records; correct the path, or ask what the sender changed.",
  },
  RECORD_NOT_OBJECT: { retry: false, hint: "A record is a JSON object with names; look at decode.json.record." },
  RECORD_TOO_LARGE: { retry: false, hint: "Raise decode.*.most if records of this size are right." },
  RECORD_TYPE_UNKNOWN: { retry: false, hint: "Add this record type to the bridge file; the value is in the detail." },
  ROW_RAGGED: {
    retry: false,
    hint: "Look for a delimiter inside a cell that is not quoted, or a line break that the legacy system lost.",
  },
  X12_ELEMENT: {
    retry: false,
    hint: "The sender has to correct the element: 004010 or 005010, as GS08 says, does not have it so. decode.x12.structure: notice delivers such transaction sets all the same and tells it in the receipt.",
  },
  X12_FRAME: {
    retry: false,
    hint: "The interchange is not whole, or its counts and control numbers contradict each other; the sender has to send it again. decode.x12.strict: false reads it all the same, with a notice.",
  },
  X12_SEGMENT: {
    retry: false,
    hint: "Look for a delimiter inside a value, and whether the segment terminator is the one behind ISA16.",
  },
  X12_STRUCTURE: {
    retry: false,
    hint: "The sender has to correct the order or number of the segments: 004010 or 005010, as GS08 says, does not have them so. decode.x12.structure: notice delivers such transaction sets all the same and tells it in the receipt.",
  },
  X12_TRANSACTION: {
    retry: false,
    hint: "The sender has to send the transaction set again; decode.x12.strict: false reads it all the same, with a notice.",
  },
  X12_TRUNCATED: { retry: false, hint: "The file was cut; the sender has to send it again." },
  X12_UNANSWERED: {
    retry: false,
    hint: "Nobody hears of this by 997, 999 or TA1; tell the sender another way what became of it, as the receipt says it.",
  },
  XML_BROKEN: {
    retry: false,
    hint: "The document is not well-formed or was cut; the legacy system has to send it again.",
  },
  XML_DOCTYPE: {
    retry: false,
    hint: "Entities are an attack, so a DOCTYPE is refused; the sender has to leave it out. decode.xml.doctype: ignore skips one that only names a DTD elsewhere.",
  },
  XML_LIMIT: {
    retry: false,
    hint: "The document exceeds a limit that no honest one needs; look at what the sender makes.",
  },
  XML_NAME_AMBIGUOUS: {
    retry: false,
    hint: "Declare the namespaces in decode.xml.namespaces and set decode.xml.names to prefixed.",
  },
  MESSAGE_TOO_LARGE: {
    retry: false,
    hint: "Give the bridge a decode section, so that the drop becomes many messages.",
  },
  // map
  ATTACHMENT_MISSING: {
    retry: true,
    hint: "Let the files be sent under the names that the bridge expects; then steg replay ID looks again.",
  },
  ATTACHMENT_NAME: {
    retry: false,
    hint: 'map.attach gives each file of a message a name of its own, without / and control characters; "{$n}" counts them.',
  },
  ATTACHMENT_TOO_LARGE: {
    retry: false,
    hint: "Send the files with the message (map.attach) instead of writing them into it, or make receive.attach.files say more.",
  },
  ATTACHMENTS_AWAITED: { retry: true, hint: "The records go by themselves when their files are there." },
  CELL_CHARACTER: { retry: false, hint: "Replace the character in the formula, or write a format that can hold it." },
  CELL_TOO_LONG: {
    retry: false,
    hint: "Nothing is cut silently; shorten it in the formula ($substring) if that is right.",
  },
  CODE_UNKNOWN: {
    retry: false,
    hint: "Add the code to the list and replay, or give $code a default if that is right.",
  },
  DATE_INVALID: {
    retry: false,
    hint: "The legacy system has to correct the date; decode.empty names values that mean none, such as 00.00.0000.",
  },
  DECIMAL_INVALID: {
    retry: false,
    hint: "The legacy system has to correct the amount, or the picture of $decimal is another.",
  },
  EDIFACT_UNWRITABLE: {
    retry: false,
    hint: "docs/edifact-writing.md says what a template for EDIFACT holds; the message names the element and why its value does not fit.",
  },
  FORMULA_FAILED: { retry: false, hint: "steg try BRIDGE FILE --record N shows the formula's inputs." },
  FORMULA_LIMIT: {
    retry: false,
    hint: "Formulas are small; look for a function that calls itself, or a list that grows.",
  },
  LATIN_INVALID: {
    retry: false,
    hint: "The register knows only the characters of DIN 91379; the legacy system has to correct the text.",
  },
  CASE_NONE: { retry: false, hint: "Add a last case without when:, or one that fits this record." },
  GROUP_TOO_LARGE: {
    retry: false,
    hint: "Raise map.per.most if messages of this size are right; else look for a missing border between messages.",
  },
  GROUP_UNDECODABLE: {
    retry: false,
    hint: "A message needs all its records; the legacy system has to send the group again.",
  },
  GROUP_WITHOUT_START: { retry: false, hint: "The drop must begin with a record for which map.per.from is true." },
  NAMES_MISSING: {
    retry: false,
    hint: "The drop lacks a column that formulas read; name it in decode.optional if it may lack.",
  },
  OUTPUT_TOO_LARGE: {
    retry: false,
    hint: "A message has at most 64 Mi characters; look at the =each that makes so much.",
  },
  PDF_FIELD_UNKNOWN: {
    retry: false,
    hint: "steg try shows the names of a filled-in form; the name is in the detail.",
  },
  PDF_OPTION: { retry: false, hint: "Translate the value with $code, or let the form have one more option." },
  REQUIRED_EMPTY: {
    retry: false,
    hint: "The legacy system has to fill the field, or the formula needs a value for this case ($orEmpty, a default).",
  },
  SLICE_INVALID: { retry: false, hint: "$slice(TEXT, 1, 5) gives the first five characters." },
  TABLE_INVALID: {
    retry: false,
    hint: "A table is CSV in UTF-8 with a header line (; or ,), or Genericode; every line has a cell for every column.",
  },
  TABLE_KEY_TWICE: { retry: false, hint: "A key stands for one row; remove the line that is wrong." },
  TABLE_TOO_LARGE: {
    retry: false,
    hint: "A table has at most 64 MiB and 1,000,000 rows; what is larger belongs into a data base.",
  },
  VALUE_REQUIRED: { retry: false, hint: "The legacy system has to fill the field." },
  VALUE_NOT_TEXT: {
    retry: false,
    hint: 'Repeat the node with =each or [ "= f" ], join the items with $join, or take one part of the object.',
  },
  XML_CHARACTER: {
    retry: false,
    hint: "The legacy system sends a control character; remove it in the formula: $replace(X, /[\\x00-\\x1F]/, '')",
  },
  // validate
  RULE_BROKEN: {
    retry: false,
    hint: "The standard's own documents explain the rule by its id; steg try BRIDGE FILE --record N shows the message.",
  },
  SCHEMA_ATTRIBUTE_MISSING: { retry: false, hint: 'Add the attribute under the element, as "@name": …' },
  SCHEMA_ATTRIBUTE_UNKNOWN: {
    retry: false,
    hint: "The target would refuse every message; correct the attribute's name.",
  },
  SCHEMA_BUNDLE_EXISTS: {
    retry: false,
    hint: "Add it under another version, or remove the folder of the old one from the catalogue first.",
  },
  SCHEMA_BUNDLE_REFUSED: {
    retry: false,
    hint: "Get the bundle from its publisher again, or unpack it yourself and add the folder.",
  },
  SCHEMA_CONSTANT: { retry: false, hint: "A constant that the schema does not allow makes every message invalid." },
  SCHEMA_FETCH_FAILED: {
    retry: false,
    hint: "Download the bundle yourself and add the file: steg schema add FILE.zip",
  },
  SCHEMA_FILE_INVALID: {
    retry: false,
    hint: "Use the schema as its publisher gives it; xmllint --schema shows the same fault.",
  },
  SCHEMA_FILE_MISSING: {
    retry: false,
    hint: "Correct the path under validate, or install the standard: steg schema add ZIP|DIR|URL",
  },
  SCHEMA_IMPORT_MISSING: {
    retry: false,
    hint: "Nothing is fetched at run time; install what is missing: steg schema add ZIP|DIR|URL",
  },
  SCHEMA_INVALID: {
    retry: false,
    hint: "steg try BRIDGE FILE --record N shows the message; the formula named here made the value.",
  },
  SCHEMATRON_INVALID: {
    retry: false,
    hint: "Use the rules as their publisher gives them; docs/schematron.md says what a rule set is made of.",
  },
  SCHEMATRON_UNSUPPORTED: {
    retry: false,
    hint: "docs/schematron.md says what is supported; a rule set is used whole or not at all.",
  },
  SCHEMA_LIST: {
    retry: false,
    hint: "Correct the code table, or map those keys elsewhere; messages with these values are refused.",
  },
  SCHEMA_MANY: { retry: false, hint: "The schema allows one; say with =when which of them stands there." },
  SCHEMA_MISSING: { retry: false, hint: "Map it, or leave out what requires it." },
  SCHEMA_TYPE: { retry: false, hint: "Repeat with =each or [ … ] where the schema wants a list, and only there." },
  SCHEMA_UNKNOWN: { retry: false, hint: "The target would refuse every message; correct the name." },
  // encode
  ENCODING_UNWRITABLE: {
    retry: false,
    hint: "The target's encoding lacks this character; write utf-8, or replace it in a formula.",
  },
  // deliver
  ORDER_HELD: {
    retry: true,
    hint: "Replay or dismiss the dead letter; the records behind it then go on by themselves. onDead: pass lets them overtake.",
  },
  BATCH_TOO_MANY: {
    retry: false,
    hint: "A name pattern with few different values, or deliver without batch: one file per message.",
  },
  TARGET_ADDRESS: {
    retry: false,
    hint: "Look at the formulas in url, path or name: a value leads somewhere it must not.",
  },
  TARGET_AUTH: {
    retry: false,
    hint: "The target refuses the bridge's credentials; renew them, then replay. deliver.outcomes can make 401 wait instead.",
  },
  TARGET_BUSY: {
    retry: true,
    hint: "Two drops write the same growing file; give them different names, for example with $batch.number.",
  },
  TARGET_EXISTS: {
    retry: false,
    hint: "Nothing is overwritten: remove the file or let name hold something unique, for example {$file.stem}-{$index}.",
  },
  TARGET_GONE: { retry: false, hint: "The unfinished file was removed by somebody; replay the drop." },
  TARGETS_AWAY: {
    retry: true,
    hint: "Check the targets that are named; their messages go by themselves when they are there again.",
  },
  TARGET_UNREACHABLE: {
    retry: true,
    hint: "Check that the target runs and can be reached from here; it is tried again.",
  },
  DELIVERY_REFUSED: {
    retry: false,
    hint: "The target looked at the message and said no; steg dead ID shows its words to the role clearing.",
  },
  DELIVERY_FAILED: {
    retry: false,
    hint: "The target failed on this message while it took others; replay it when the target is mended.",
  },
  DELIVERY_UNSURE: { retry: false, hint: "It may have arrived: ask the target, then dismiss or replay." },
  // engine
  DECODE_CHANGED: {
    retry: false,
    hint: "Decoding again gave other record borders than before; keep the state as it is and report this.",
  },
  DISK_LOW: {
    retry: true,
    hint: "Nothing is taken below 256 MiB free; make room on the disk of the state folder, taking goes on by itself.",
  },
  INTERNAL: { retry: false, hint: "This is a defect of Steg; STEG_LOG=debug shows the stack, please report it." },
  JOURNAL_FAILED: {
    retry: false,
    hint: "The disk under the state folder failed; steg stops so that nothing is lost. Mend the disk, then start steg again.",
  },
  KEY_FILE_INVALID: {
    retry: false,
    hint: "A line is id:key with 32 bytes in base64 or hex; openssl rand -base64 32 makes one.",
  },
  KEY_MISSING: {
    retry: false,
    hint: "Put the line of the old key back into the key file, above the newest; the next start rewraps, then it may go.",
  },
  DROP_HANDED_OVER: {
    retry: false,
    hint: "It was handed over to the successor, who delivers it; what goes wrong there has to be mended there.",
  },
  DROP_REFUSED: {
    retry: false,
    hint: "Its sender was told that it was not taken over: it goes to the successor, or comes again once the bridge is extended.",
  },
  SUNSET_PASSED: {
    retry: false,
    hint: "People decide: steg notbetrieb or an extension lets it go on where it stopped.",
  },
  PAYLOAD_PURGED: {
    retry: false,
    hint: "The payload was erased as retention says, or its backup had none; the legacy system has to send the file again.",
  },
  SNAPSHOT_UNREADABLE: {
    retry: true,
    hint: "Check that the file is whole and that fleet and appliance are of versions that know each other.",
  },
  CHUNK_DAMAGED: {
    retry: false,
    hint: "Appliance and workers need the same key file (STEG_KEY_FILE); somebody else writes to this Redis, or it is not ours.",
  },
  CHUNK_TOO_LARGE: {
    retry: false,
    hint: "Make the messages smaller (per, most), or let the appliance work on them itself, without STEG_REDIS.",
  },
  SPOOL_DAMAGED: {
    retry: false,
    hint: "The stored bytes were altered or cut; have the legacy system send the file again, and check the disk.",
  },
  STATE_LOCKED: {
    retry: false,
    hint: "One process per state folder: stop the other one, or use --state for a folder of its own.",
  },
  STATE_NOT_EMPTY: {
    retry: false,
    hint: "Name a folder that is empty or does not exist; keep the old state until the restored one runs.",
  },
  STATE_TOO_NEW: {
    retry: false,
    hint: "Start the newer steg again, or restore the backup that was made before the upgrade.",
  },
  STATE_UNRESTORED: {
    retry: false,
    hint: "Run steg restore again with the same backup: it begins anew. Or name another state folder.",
  },
  STATE_UNUSABLE: {
    retry: false,
    hint: "Give the state folder and all in it to the user that runs steg, or name another with --state or STEG_STATE.",
  },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

export interface BridgeErrorOptions {
  readonly stage?: Stage | undefined;
  /** Where in the bridge file (or a file beside it) the cause stands. */
  readonly position?: Position | undefined;
  /** Values and foreign texts; never logged, never stored in the clear. */
  readonly detail?: string | undefined;
  /** Names (column, list, pattern) for texts in other languages; never values. */
  readonly facts?: Readonly<Record<string, string | number>> | undefined;
  /** Overrides the table's hint where the place knows better. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export class BridgeError extends Error {
  readonly code: Code;
  readonly stage: Stage | undefined;
  readonly position: Position | undefined;
  readonly detail: string | undefined;
  readonly facts: Readonly<Record<string, string | number>> | undefined;
  readonly hint: string;

  constructor(code: Code, message: string, options: BridgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BridgeError";
    this.code = code;
    this.stage = options.stage;
    this.position = options.position;
    this.detail = options.detail;
    this.facts = options.facts;
    this.hint = options.hint ?? CODES[code].hint;
  }

  get retry(): boolean {
    return CODES[this.code].retry;
  }
}

/** `file:line:column`, the form that editors jump to. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** Anything thrown, as a BridgeError; a foreign text becomes detail, because it may carry values. */
export function asBridgeError(cause: unknown, stage?: Stage): BridgeError {
  if (cause instanceof BridgeError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new BridgeError("INTERNAL", "unexpected failure", { stage, detail, cause });
}
