// Keeps an open page current. Figures change where they stand; rows neither move nor vanish: what is new is announced, what is over is
// struck off, until somebody asks for the new list. Without this script the page is the same, as of when it was asked for.

const words = JSON.parse(document.body.dataset.words);
const stale = document.querySelector("#stale");
const said = document.querySelector("#said");
const newer = document.querySelector(".newer");
let lastHeard = new Date();
let lastSaid = Date.now();
let lost = false;

function setFigure(key, text) {
  if (key === "title") {
    document.title = `${text} – Steg`;
    return;
  }
  for (const place of document.querySelectorAll(`[data-live="${CSS.escape(key)}"]`)) {
    if (place.textContent === text) continue;
    place.textContent = text;
    place.classList.remove("fresh");
    void place.offsetWidth;
    place.classList.add("fresh");
    // A reader hears the sentence at most once a minute; figures speak for themselves.
    if (key === "sentence" && Date.now() - lastSaid > 60_000) {
      said.textContent = text;
      lastSaid = Date.now();
    }
  }
}

function setRows(keys) {
  const now = new Set(keys);
  const shown = [...document.querySelectorAll("[data-row]")];
  for (const row of shown) {
    const over = !now.has(row.dataset.row);
    if (over === row.classList.contains("over")) continue;
    row.classList.toggle("over", over);
    if (over) {
      const note = document.createElement("small");
      note.className = "over-note";
      note.textContent = words.over;
      row.querySelector("th")?.append(note);
    } else row.querySelector(".over-note")?.remove();
  }
  const known = new Set(shown.map((row) => row.dataset.row));
  const added = keys.filter((key) => !known.has(key)).length;
  // "Nothing to do" is not true any more.
  const empty = document.querySelector("[data-empty]");
  if (empty) empty.hidden = added > 0;
  if (!newer) return;
  newer.hidden = added === 0;
  newer.firstElementChild.textContent = words.newer.replace("#", () => String(added));
}

function showStale() {
  if (!lost) return;
  const time = lastHeard.toTimeString().slice(0, 5);
  const minutes = Math.floor((Date.now() - lastHeard.getTime()) / 60_000);
  stale.textContent = `${words.stale} ${time} – ${words.since} ${minutes} ${words.minutes}`;
  stale.hidden = false;
  document.body.classList.add("is-stale");
}

function connect() {
  const events = new EventSource(`/live?page=${encodeURIComponent(document.body.dataset.page)}`);
  events.addEventListener("open", () => {
    lost = false;
    stale.hidden = true;
    document.body.classList.remove("is-stale");
  });
  events.addEventListener("message", ({ data }) => {
    lastHeard = new Date();
    const { figures, rows } = JSON.parse(data);
    for (const [key, text] of Object.entries(figures)) setFigure(key, text);
    if (rows) setRows(rows);
  });
  events.addEventListener("error", () => {
    lost = true;
    showStale();
  });
  addEventListener("pagehide", () => events.close());
}

setInterval(showStale, 20_000);
connect();
