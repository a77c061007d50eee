// Trying a call. The token is in the field and nowhere else: no storage, no address, no log. What the service answers is shown as
// text, whatever it holds.

const base = document.body.dataset.base;
const words = JSON.parse(document.body.dataset.words);
const MOST_SHOWN = 100_000;

const tokenForm = document.querySelector("#token");
const tokenField = document.querySelector("#token-text");
if (tokenForm) {
  tokenForm.hidden = false;
  tokenForm.addEventListener("submit", (event) => event.preventDefault());
}
for (const form of document.querySelectorAll("form.try")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
}

/** Paths and queries as the service wants them, from the fields of the form. */
function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    const values = "list" in field.dataset ? field.value.split("\n").filter((line) => line !== "") : [field.value];
    for (const value of values) {
      if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, () => encodeURIComponent(value));
      else if (field.dataset.in === "query" && value !== "") query.append(field.name, value);
    }
  }
  const text = query.toString();
  return base + path + (text === "" ? "" : `?${text}`);
}

function headersOf(form) {
  const headers = new Headers();
  const token = tokenField?.value.trim();
  if (token) headers.set("authorization", `Bearer ${token}`);
  for (const field of form.querySelectorAll('[data-in="header"]')) {
    if (field.value !== "") headers.set(field.name, field.value);
  }
  return headers;
}

async function send(form) {
  const button = form.querySelector("button");
  const result = form.querySelector(".result");
  if (button.getAttribute("aria-disabled") === "true") return;
  const headers = headersOf(form);
  const area = form.querySelector("textarea[data-type]");
  const body = area && area.value.trim() !== "" ? area.value : undefined;
  if (body !== undefined) {
    headers.set("content-type", area.dataset.type);
    if (area.dataset.type.includes("json") && !isJson(body)) {
      show(result, words.json, "bad");
      area.focus();
      return;
    }
  }
  button.setAttribute("aria-disabled", "true");
  show(result, words.sending, "");
  const since = performance.now();
  try {
    const options = {
      method: form.dataset.method,
      headers,
      body,
      credentials: "omit",
      cache: "no-store",
      redirect: "manual",
    };
    const answer = await fetch(addressOf(form), options);
    const text = await answer.text();
    showAnswer(result, answer, text, performance.now() - since);
  } catch {
    show(result, words.failed, "bad");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function show(result, text, kind) {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  result.replaceChildren(line);
}

function showAnswer(result, answer, text, milliseconds) {
  show(
    result,
    `${words.answered} ${answer.status} ${words.after} ${Math.round(milliseconds)} ms`,
    answer.ok ? "good" : "bad",
  );
  const headers = document.createElement("details");
  const title = document.createElement("summary");
  title.textContent = words.headers;
  headers.append(title, block([...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n")));
  result.append(block(text === "" ? words.empty : shown(text, answer.headers.get("content-type") ?? "")), headers);
}

function shown(text, type) {
  const whole = type.includes("json") && text.length <= MOST_SHOWN ? pretty(text) : text;
  return whole.length <= MOST_SHOWN ? whole : `${whole.slice(0, MOST_SHOWN)}\n${words.cut}`;
}

/** Indented as it came: parsing and writing again would change long numbers. */
function pretty(text) {
  if (!isJson(text)) return text;
  let made = "";
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs)) {
    if (token === "}" || token === "]") {
      depth--;
      made = /[{[]$/.test(made.trimEnd()) ? made.trimEnd() + token : `${made}\n${"  ".repeat(depth)}${token}`;
    } else if (token === "{" || token === "[") {
      depth++;
      made += `${token}\n${"  ".repeat(depth)}`;
    } else if (token === ",") made += `,\n${"  ".repeat(depth)}`;
    else made += token === ":" ? ": " : token;
  }
  return made;
}

function block(text) {
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.textContent = text;
  return pre;
}
