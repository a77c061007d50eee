// /bridges/NAME/docs: what can be called, how it looks, and a form to try it. Made on the server, so that it reads without a script;
// only trying needs one. All of it comes out of the OpenAPI document, which says the same to programs.

import type { DescribedBridge, OpenApi } from "../../calls/openapi.ts";
import { lookUp } from "../../calls/sample.ts";
import { schemaTree } from "./docs-schema.ts";
import { bytesIn, dayIn, numberIn, WORDS, type Language, type Words } from "./docs-words.ts";
import { html, type Html } from "./html.ts";

type Json = { readonly [name: string]: any };

interface Page {
  readonly bridge: DescribedBridge;
  readonly document: OpenApi;
  readonly language: Language;
  readonly words: Words;
  /** Where the calls go: path without a slash at the end. */
  readonly root: string;
}

/** `root`: path of the bridge on this appliance, `/bridges/NAME`. */
export function docsPage(bridge: DescribedBridge, document: OpenApi, root: string, language: Language): string {
  const words: Words = WORDS[language];
  const page: Page = { bridge, document, language, words, root };
  const operations = operationsOf(document);
  const other = language === "de" ? "en" : "de";
  const made = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${bridge.title} – ${words.calls}</title>
        <link rel="icon" type="image/svg+xml" href="${root}/docs/docs.svg" />
        <link rel="stylesheet" href="${root}/docs/docs.css" />
        <script type="module" src="${root}/docs/docs.js"></script>
      </head>
      <body data-base="${root}" data-words="${JSON.stringify(words.script)}">
        <a class="skip" href="#inhalt">${words.skip}</a>
        <header class="bar">
          <div class="wrap">
            <b>Steg</b> <span class="where">${bridge.bridge}</span>
            <a class="other" href="?lang=${other}" hreflang="${other}" lang="${other}">${words.other}</a>
          </div>
        </header>
        <main class="wrap" id="inhalt">
          <h1>${bridge.title}</h1>
          ${lifecycle(page)} ${facts(page)} ${contents(operations, page)}
          ${operations.map((operation) => operationSection(operation, page))} ${errorSection(page)}
        </main>
      </body>
    </html>`;
  return made.html;
}

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly operation: Json;
  readonly id: string;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

function operationsOf(document: OpenApi): readonly Shown[] {
  return Object.entries(document["paths"] as Json).flatMap(([path, item]) =>
    Object.entries(item as Json)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]: [string, Json]) => ({
        method: method.toUpperCase(),
        path,
        operation,
        id: String(operation["operationId"]),
      })),
  );
}

// ── head ────────────────────────────────────────────────────────────────────────────────────────────────────────

function lifecycle({ bridge, words, language }: Page): Html {
  const { state, deprecated, sunset, successor } = bridge.lifecycle;
  const day = (date: string): Html => html`<time datetime="${date}">${dayIn(language, date)}</time>`;
  const ended = state === "sunset" || state === "retired";
  const text = ended
    ? words.sunset("\0")
    : state === "deprecated"
      ? words.deprecated("\0")
      : state === "extended"
        ? words.extended("\0")
        : words.active(dayIn(language, deprecated), "\0");
  const [before = "", after = ""] = text.split("\0");
  const kind = ended ? "danger" : state === "active" ? "plain" : "warn";
  const next = successor
    ? html` ${words.successor}:
      ${linked(successor.title, successor.url)}.${successor.guide !== undefined && html` ${linked(words.guide, successor.guide)}.`}`
    : html` ${words.noSuccessor}`;
  return html`<p class="note note--${kind}">${before}${day(sunset)}${after}${next}</p>`;
}

/** Addresses come from the bridge file; anything but a web page is shown as text. */
function linked(text: string, url: string | undefined): Html {
  const target = url === undefined ? null : URL.parse(url);
  if (target?.protocol !== "https:" && target?.protocol !== "http:") return html`${text}`;
  return html`<a href="${target.href}" rel="noreferrer">${text}</a>`;
}

function facts({ bridge, document, words, language, root }: Page): Html {
  const { limits, deadline, owner, security } = bridge;
  const server = String((document["servers"] as readonly Json[])[0]?.["url"] ?? root);
  const seconds = `${numberIn(language, deadline / 1_000)} s`;
  const mail = /^[^\s@<>"]+@[^\s@<>"]+$/.test(owner.email)
    ? html`<a href="mailto:${owner.email}">${owner.email}</a>`
    : html`${owner.email}`;
  return html`<dl class="facts">
      <dt>${words.address}</dt>
      <dd><code>${server}</code></dd>
      <dt>OpenAPI</dt>
      <dd><a href="${root}/openapi.json">${words.document}</a></dd>
      <dt>${words.contact}</dt>
      <dd>${owner.name}, ${mail}</dd>
      <dt>${words.limits}</dt>
      <dd>${words.limitsText(bytesIn(language, limits.body), limits.rate, seconds)}</dd>
    </dl>
    ${bridge.async && html`<p>${words.async}</p>`}
    ${
      security.anyone
        ? html`<p class="muted">${words.tokenNone}</p>`
        : html`<form class="token" id="token" hidden>
            <label for="token-text">${words.token}</label>
            <input
              id="token-text"
              type="password"
              autocomplete="off"
              spellcheck="false"
              aria-describedby="token-hint"
            />
            <p class="muted" id="token-hint">${words.tokenHint}</p>
          </form>`
    }`;
}

function contents(operations: readonly Shown[], { words }: Page): Html {
  const rows = operations.map(
    ({ method, path, operation, id }) =>
      html`<li>
        <a href="#${id}"><span class="method">${method}</span> <code>${breakable(path)}</code></a>
        <span class="muted"
          >${operation["summary"] === `${method} ${path}` ? "" : String(operation["summary"] ?? "")}</span
        >
      </li>`,
  );
  return html`<nav aria-labelledby="calls">
    <h2 id="calls">${words.calls}</h2>
    <ul class="calls">
      ${rows}
    </ul>
  </nav>`;
}

/** Long paths break behind a slash. */
function breakable(path: string): Html {
  return html`${path.split("/").map((part, index) => html`${index > 0 && html`<wbr />/`}${part}`)}`;
}

// ── one call ────────────────────────────────────────────────────────────────────────────────────────────────────

function operationSection({ method, path, operation, id }: Shown, page: Page): Html {
  const { words, bridge } = page;
  const titled = operation["summary"] !== undefined && operation["summary"] !== `${method} ${path}`;
  const deprecated = operation["deprecated"] === true && bridge.lifecycle.state === "active";
  return html`<section id="${id}" aria-labelledby="${id}-h">
    <h2 id="${id}-h"><span class="method">${method}</span> <code>${breakable(path)}</code></h2>
    ${titled && html`<p class="lead">${String(operation["summary"])}</p>`}
    ${operation["description"] !== undefined && html`<p>${String(operation["description"])}</p>`}
    ${deprecated && html`<p class="note note--warn">${words.deprecatedCall}</p>`}
    <div class="cols">
      <div>${parameters(operation, page)} ${request(operation, page)} ${answers(operation, page)}</div>
      <div>${tryForm({ method, path, operation, id }, page)}</div>
    </div>
  </section>`;
}

function parameters(operation: Json, { bridge, document, words }: Page): Html {
  const list = (operation["parameters"] ?? []) as readonly Json[];
  if (list.length === 0) return html``;
  const rows = list.map((parameter) => {
    // The one parameter that no bridge file describes.
    const own = parameter["name"] === "Idempotency-Key" && parameter["in"] === "header";
    const text = own ? words.idempotency[bridge.async ? "async" : "sync"] : parameter["description"];
    const place = words.places[parameter["in"] as keyof Words["places"]];
    return html`<li>
      <code>${String(parameter["name"])}</code> <span class="type">${place}</span>
      ${parameter["required"] === true && html`<strong class="must">${words.required}</strong>`}
      ${parameter["deprecated"] === true && html`<em>${words.deprecatedName}</em>`}
      ${schemaTree(parameter["schema"], document, words)}
      ${text !== undefined && html`<span class="about">${String(text)}</span>`}
    </li>`;
  });
  return html`<h3>${words.parameters}</h3>
    <ul class="params">
      ${rows}
    </ul>`;
}

function request(operation: Json, page: Page): Html {
  const body = operation["requestBody"] as Json | undefined;
  if (!body) return html``;
  const { words } = page;
  const must = body["required"] === true ? words.required : words.optional;
  return html`<h3>${words.request}</h3>
    ${contentOf(body["content"] as Json, page, must)}`;
}

function contentOf(content: Json | undefined, { document, words }: Page, more: string | undefined): Html {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  if (type === undefined) return html`<p class="muted">${words.noBody}</p>`;
  const example = (media as Json)["example"];
  return html`<p class="muted"><code>${type}</code>${more !== undefined && `, ${more}`}</p>
    ${schemaTree((media as Json)["schema"], document, words)}
    ${
      example !== undefined &&
      html`<details class="example">
        <summary>${words.example}</summary>
        <pre tabindex="0"><code>${pretty(example)}</code></pre>
      </details>`
    }`;
}

function pretty(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function answers(operation: Json, page: Page): Html {
  const { words } = page;
  const responses = Object.entries(operation["responses"] as Json);
  const good = responses.filter(([status]) => /^[23]/.test(status));
  const bad = responses.map(([status]) => status).filter((status) => /^[45]/.test(status));
  return html`${good.map(
      ([status, response]) =>
        html`<h3>${words.answer} ${status}</h3>
          ${contentOf((response as Json)["content"] as Json, page, undefined)}`,
    )}
    <p class="muted">${words.errors}: ${bad.map((status) => html`<a href="#error-${status}">${status}</a> `)}</p>`;
}

// ── trying ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Without a script the form cannot do anything, and stays hidden. */
function tryForm({ method, path, operation, id }: Shown, { bridge, words }: Page): Html {
  const { state } = bridge.lifecycle;
  if (state === "sunset" || state === "retired") return html``;
  const list = (operation["parameters"] ?? []) as readonly Json[];
  const body = operation["requestBody"] as Json | undefined;
  const [type, media] = Object.entries((body?.["content"] ?? {}) as Json)[0] ?? [];
  const example = (media as Json | undefined)?.["example"];
  return html`<form class="try" data-method="${method}" data-path="${path}" aria-labelledby="${id}-try ${id}-h" hidden>
    <h3 id="${id}-try">${words.tryIt}</h3>
    ${list.map((parameter, index) => field(parameter, `${id}-p${index}`, words))}
    ${
      type !== undefined &&
      html`<label for="${id}-body">${words.body} <span class="type">${type}</span></label>
        <textarea
          id="${id}-body"
          data-type="${type}"
          rows="${Math.min(12, Math.max(4, pretty(example ?? "").split("\n").length))}"
          spellcheck="false"
        >
${example === undefined ? "" : pretty(example)}</textarea>`
    }
    <p class="muted">${words.real}</p>
    <button type="submit">${words.send}</button>
    <div class="result" role="status" aria-live="polite"></div>
  </form>`;
}

function field(parameter: Json, id: string, words: Words): Html {
  const schema = (parameter["schema"] ?? {}) as Json;
  const isList = schema["type"] === "array";
  const single = (isList ? schema["items"] : schema) as Json;
  const must = parameter["required"] === true;
  const name = String(parameter["name"]);
  const label = html`<label for="${id}"
    ><code>${name}</code
    >${must && html` <strong class="must">${words.required}</strong>`}${isList && html` <span class="type">${words.several}</span>`}</label
  >`;
  const place = String(parameter["in"]);
  const [example = schema["default"]] = (single["examples"] ?? []) as readonly unknown[];
  const hint = example === undefined ? "" : String(example);
  const allowed = single["enum"] as readonly unknown[] | undefined;
  if (allowed && !isList) {
    const options = allowed.map((value) => html`<option>${String(value)}</option>`);
    return html`${label}<select id="${id}" name="${name}" data-in="${place}" ${must && html` required`}>
        ${!must && html`<option value="">${hint === "" ? "" : `(${hint})`}</option>`}${options}
      </select>`;
  }
  if (isList)
    return html`${label}<textarea
        id="${id}"
        name="${name}"
        data-in="${place}"
        data-list
        rows="2"
        spellcheck="false"
      ></textarea>`;
  return html`${label}<input
      id="${id}"
      name="${name}"
      data-in="${place}"
      placeholder="${hint}"
      autocomplete="off"
      spellcheck="false"
      ${must && html` required`}
    />`;
}

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

function errorSection({ document, words }: Page): Html {
  const used = new Set<string>();
  for (const { operation } of operationsOf(document)) {
    for (const response of Object.values(operation["responses"] as Json)) {
      const reference = (response as Json)["$ref"] as unknown;
      if (typeof reference === "string") used.add(reference);
    }
  }
  const rows = [...used]
    .map((reference) => lookUp(document, reference) as Json)
    .map((response) => ({ response, example: exampleOf(response) }))
    .sort((one, other) => Number(one.example["status"]) - Number(other.example["status"]))
    .map(({ response, example }) => {
      const status = String(example["status"]);
      const [text = "", codes = ""] = String(response["description"]).split(/ \((?=[A-Z_, ]+\)$)/);
      return html`<tr id="error-${status}">
        <th scope="row">${status}</th>
        <td>${Object.hasOwn(words.errorTexts, status) ? words.errorTexts[status] : text}</td>
        <td>
          ${codes
            .replace(/\)$/, "")
            .split(", ")
            .map((code) => html`<code>${code}</code> `)}
        </td>
      </tr>`;
    });
  return html`<section aria-labelledby="errors">
    <h2 id="errors">${words.errors}</h2>
    <p>${words.errorsHint}</p>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="errors">
      <table>
        <thead>
          <tr>
            <th scope="col">${words.status}</th>
            <th scope="col">${words.meaning}</th>
            <th scope="col">${words.code}</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}

function exampleOf(response: Json): Json {
  return ((response["content"] as Json)["application/problem+json"] as Json)["example"] as Json;
}
