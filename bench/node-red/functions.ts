// What stands in the function nodes: code as somebody who knows Node-RED well would write it. Long helpers stand in "On Start" and are
// kept in the node's context, because what stands in the body is made anew for every message.

export interface Code {
  readonly start?: string;
  readonly body: string;
}

const SHARED = `
const escapeText = (text) => /[&<>]/.test(text) ? text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") : text;
const isoDate = (text) => text.slice(6, 10) + "-" + text.slice(3, 5) + "-" + text.slice(0, 2);
const decimal = (text) => text.replace(/\\./g, "").replace(",", ".");
const optional = (name, text) => text ? "<m:" + name + ">" + escapeText(text) + "</m:" + name + ">" : "";
const groupOf = (id) => id.slice(0, -3);
const element = (id, name, first, birth, street, nr, plz, city, amount, status, date, text) =>
  "<m:meldung><m:id>" + id + "</m:id><m:name>" + escapeText(name + ", " + first) + "</m:name><m:geburt>" + isoDate(birth) + "</m:geburt>" +
  optional("strasse", street) + optional("nr", nr) + "<m:plz>" + escapeText(plz) + "</m:plz><m:ort>" + escapeText(city) + "</m:ort><m:betrag>" +
  decimal(amount) + "</m:betrag><m:status>" + (status === "J" ? "aktiv" : "ruhend") + "</m:status><m:datum>" + isoDate(date) + "</m:datum>" +
  optional("bemerkung", text) + "<m:quelle>altverfahren</m:quelle></m:meldung>";
const elementOf = (r) => element(r.ID, r.NAME, r.VORNAME, r.GEBURT, r.STRASSE, r.NR, r.PLZ, r.ORT, r.BETRAG, r.STATUS, r.DATUM, r.TEXT);
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\\n<m:meldungen xmlns:m="urn:example:messung:1">';
const TAIL = "</m:meldungen>";
const nameOf = (first) => global.get("bench").out + "/messung-" + first + ".xml";
const fileOf = (first, records, elements) => ({ filename: nameOf(first), records, payload: HEAD + elements + TAIL });
/** Splits records into those that share all of the number but its last three digits. */
const grouped = (records, use) => {
  for (let at = 0; at < records.length;) {
    const group = groupOf(records[at].ID);
    let end = at + 1;
    while (end < records.length && groupOf(records[end].ID) === group) end++;
    use(records.slice(at, end));
    at = end;
  }
};
/** One line → its fields; quotes are rare. */
const fieldsOf = (line) => {
  if (!line.includes('"')) return line.split(";");
  const fields = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      let end = line.indexOf(";", at);
      if (end < 0) end = line.length;
      fields.push(line.slice(at, end));
      at = end + 1;
      continue;
    }
    let end = at + 1;
    for (;;) {
      end = line.indexOf('"', end);
      if (line[end + 1] !== '"') break;
      end += 2;
    }
    fields.push(line.slice(at + 1, end).replace(/""/g, '"'));
    at = end + 2;
  }
  return fields;
};
`;

/** Tells the benchmark that the flow begins, and the file node what to read. */
export const BEGIN: Code = {
  body: `const bench = global.get("bench"); bench.begin(); msg.filename = bench.input; return msg;`,
};

/** Counts what is written. */
export const WRITTEN: Code = { body: `global.get("bench").written(msg.records); return null;` };

/** Ends the benchmark with what a node complained of. */
export const FAILED: Code = {
  body: `global.get("bench").failed(msg.error ? msg.error.message : "a node failed"); return null;`,
};

/** Text or chunks → whole lines, one message per file to be: \`payload\` text with these lines. */
export const BLOCKS: Code = {
  start: `
context.set("state", { rest: "", lines: [], group: undefined, header: true, decoder: new util.TextDecoder() });
const groupOf = (line) => line.slice(0, Math.max(0, line.indexOf(";") - 3));
context.set("take", (state, chunk, last, send) => {
  const text = state.rest + (typeof chunk === "string" ? chunk : state.decoder.decode(chunk, { stream: !last }));
  let at = 0;
  for (;;) {
    const end = text.indexOf("\\n", at);
    if (end < 0) break;
    const line = text.slice(at, end);
    at = end + 1;
    if (state.header) { state.header = false; continue; }
    const group = groupOf(line);
    if (group !== state.group && state.lines.length > 0) { send(state.lines); state.lines = []; }
    state.group = group;
    state.lines.push(line);
  }
  state.rest = text.slice(at);
  if (last && state.lines.length > 0) send(state.lines, true);
});`,
  body: `
const last = !msg.parts || msg.parts.count !== undefined;
context.get("take")(context.get("state"), msg.payload === undefined ? "" : msg.payload, last, (lines, ended) =>
  node.send({ payload: lines.join("\\n") + "\\n", last: ended === true }, false));
return null;`,
};

/** A block of lines → a file, with parsing of one's own. */
export const LINES_TO_XML: Code = {
  start: `${SHARED}
context.set("make", (text) => {
  const lines = text.split("\\n");
  let first = "", elements = "", records = 0;
  for (const line of lines) {
    if (line === "") continue;
    const f = fieldsOf(line);
    if (records++ === 0) first = f[0];
    elements += element(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11]);
  }
  return fileOf(first, records, elements);
});`,
  body: `return Object.assign(msg, context.get("make")(msg.payload));`,
};

/** The same by csv-parse. */
export const CSV_PARSE_TO_XML: Code = {
  start: `${SHARED}
context.set("make", (text) => {
  const rows = parser.parse(text, { delimiter: ";" });
  let elements = "";
  for (const f of rows) elements += element(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11]);
  return fileOf(rows[0][0], rows.length, elements);
});`,
  body: `return Object.assign(msg, context.get("make")(msg.payload));`,
};

/** All records of the csv node → a file each by a string. */
export const RECORDS_TO_XML: Code = {
  start: `${SHARED}
context.set("make", (all, send) => grouped(all, (records) => {
  let elements = "";
  for (const record of records) elements += elementOf(record);
  send(fileOf(records[0].ID, records.length, elements));
}));`,
  body: `context.get("make")(msg.payload, (file) => node.send(file, false)); return null;`,
};

/** A message per record → a message per file. */
export const GATHER: Code = {
  start: `${SHARED}
context.set("state", { records: [], group: undefined });
context.set("take", (state, record, last, send) => {
  const flush = () => {
    let elements = "";
    for (const one of state.records) elements += elementOf(one);
    send(fileOf(state.records[0].ID, state.records.length, elements));
    state.records = [];
  };
  if (record.ID) {
    const group = groupOf(record.ID);
    if (group !== state.group && state.records.length > 0) flush();
    state.group = group;
    state.records.push(record);
  }
  if (last && state.records.length > 0) flush();
});`,
  body: `
context.get("take")(context.get("state"), msg.payload || {}, msg.complete === true, (file) => node.send(file, false));
return null;`,
};

/** Records → the object that the xml node writes. */
export const RECORDS_TO_OBJECT: Code = {
  start: `${SHARED}
const objectOf = (r) => {
  const made = { "m:id": r.ID, "m:name": r.NAME + ", " + r.VORNAME, "m:geburt": isoDate(r.GEBURT) };
  if (r.STRASSE) made["m:strasse"] = r.STRASSE;
  if (r.NR) made["m:nr"] = r.NR;
  made["m:plz"] = r.PLZ;
  made["m:ort"] = r.ORT;
  made["m:betrag"] = decimal(r.BETRAG);
  made["m:status"] = r.STATUS === "J" ? "aktiv" : "ruhend";
  made["m:datum"] = isoDate(r.DATUM);
  if (r.TEXT) made["m:bemerkung"] = r.TEXT;
  made["m:quelle"] = "altverfahren";
  return made;
};
context.set("make", (all, send) => grouped(all, (records) => send({
  filename: nameOf(records[0].ID), records: records.length,
  payload: { "m:meldungen": { $: { "xmlns:m": "urn:example:messung:1" }, "m:meldung": records.map(objectOf) } },
})));`,
  body: `context.get("make")(msg.payload, (file) => node.send(file, false)); return null;`,
};

/** Records → what the template node fills in. */
export const RECORDS_TO_VIEW: Code = {
  start: `${SHARED}
context.set("make", (all, send) => grouped(all, (records) => send({
  filename: nameOf(records[0].ID), records: records.length,
  payload: records.map((r) => ({ ...r, GEBURT: isoDate(r.GEBURT), DATUM: isoDate(r.DATUM), BETRAG: decimal(r.BETRAG), STATUS: r.STATUS === "J" ? "aktiv" : "ruhend" })),
})));`,
  body: `context.get("make")(msg.payload, (file) => node.send(file, false)); return null;`,
};

export const TEMPLATE = `<?xml version="1.0" encoding="UTF-8"?>
<m:meldungen xmlns:m="urn:example:messung:1">{{#payload}}<m:meldung><m:id>{{ID}}</m:id><m:name>{{NAME}}, {{VORNAME}}</m:name><m:geburt>{{GEBURT}}</m:geburt>{{#STRASSE}}<m:strasse>{{STRASSE}}</m:strasse>{{/STRASSE}}{{#NR}}<m:nr>{{NR}}</m:nr>{{/NR}}<m:plz>{{PLZ}}</m:plz><m:ort>{{ORT}}</m:ort><m:betrag>{{BETRAG}}</m:betrag><m:status>{{STATUS}}</m:status><m:datum>{{DATUM}}</m:datum>{{#TEXT}}<m:bemerkung>{{TEXT}}</m:bemerkung>{{/TEXT}}<m:quelle>altverfahren</m:quelle></m:meldung>{{/payload}}</m:meldungen>`;

/** libxml2 in this process; the schema is compiled once. */
export const VALIDATE: Code = {
  start: `
const schema = libxml2.XmlDocument.fromBuffer(global.get("bench").schema);
context.set("validator", libxml2.XsdValidator.fromDoc(schema));`,
  body: `
const document = libxml2.XmlDocument.fromBuffer(Buffer.from(msg.payload));
try { context.get("validator").validate(document); } finally { document.dispose(); }
return msg;`,
};

/** Files that are written → the command that validates \`most\` of them at once; what lies there counts only when xmllint agrees. */
export const COMMANDS = (most: number): Code => ({
  start: `context.set("state", { files: [], records: 0 });`,
  body: `
const state = context.get("state");
state.files.push(msg.filename);
state.records += msg.records;
if (state.files.length < ${most} && !msg.last) return null;
const next = { payload: state.files.join(" "), records: state.records };
state.files = []; state.records = 0;
return next;`,
});

/** What the exec node says at its third output. */
export const EXIT_CODE: Code = {
  body: `if (msg.payload.code !== 0) { global.get("bench").failed("xmllint found a file invalid"); return null; } return msg;`,
};
