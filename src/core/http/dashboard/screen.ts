// A page while it is made: its language, who looks, and which of its figures and rows are live. What is sent to an open page later comes
// from making it once more, so that a figure cannot be one thing in the page and another in the stream.

import { isGranted, type Role, type TagsOf } from "../../operations/roles.ts";
import type { Identity } from "../auth.ts";
import { html, type Html } from "../pages/html.ts";
import type { Language } from "../pages/docs-words.ts";
import { WORDS, type Words } from "./words.ts";

export interface Screen {
  readonly language: Language;
  readonly words: Words;
  /** Whether who looks has this role for any bridge. */
  readonly has: (role: Role) => boolean;
  /** Whether they have it for this one; undefined = for the appliance itself. */
  readonly may: (role: Role, bridge: string | undefined) => boolean;
  /** Their name for the trail; empty for nobody. */
  readonly actor: string;
  /** The hidden field of every form. */
  readonly csrf: Html;
  /** Path and query of the page. */
  readonly address: string;
  readonly query: URLSearchParams;
  readonly figures: Map<string, string>;
  readonly rows: Set<string>;
  /** A text that may change while the page is open; `key` is unique in the page. */
  readonly live: (key: string, text: string) => Html;
  /** Marks a row of a list that may get new rows or lose this one. */
  readonly row: (key: string) => Html;
}

export interface ScreenOf {
  readonly language: Language;
  /** Absent = nobody is signed in. */
  readonly identity?: Identity | undefined;
  readonly csrf: string;
  readonly address: string;
  /** Absent = no bridge has any. */
  readonly tagsOf?: TagsOf | undefined;
}

export function createScreen({ language, identity, csrf, address, tagsOf = untagged }: ScreenOf): Screen {
  const figures = new Map<string, string>();
  const rows = new Set<string>();
  const { searchParams } = new URL(address, "http://steg.invalid");
  const grants = identity?.grants ?? [];
  return {
    language,
    words: WORDS[language],
    has: (role) => grants.some((grant) => grant.role === role),
    may: (role, bridge) => isGranted(grants, [role], bridge === undefined ? undefined : tagsOf(bridge)),
    actor: identity?.actor ?? "",
    csrf: html`<input type="hidden" name="csrf" value="${csrf}" />`,
    address,
    query: searchParams,
    figures,
    rows,
    live(key, text) {
      figures.set(key, text);
      return html`<span data-live="${key}">${text}</span>`;
    },
    row(key) {
      rows.add(key);
      return html`data-row="${key}"`;
    },
  };
}

const untagged: TagsOf = () => [];

export type Tone = "danger" | "warn" | "ok" | "info" | "none" | "ink";
export type Shape =
  | "danger"
  | "warn"
  | "ok"
  | "held"
  | "end"
  | "dep"
  | "ext"
  | "plan"
  | "unk"
  | "wait"
  | "nb"
  | "no"
  | "cert"
  | "exc"
  | "miss"
  | "brown";

/** Shape and word; the colour says nothing that they do not. */
export function state(tone: Tone, shape: Shape, text: Html | string): Html {
  return html`<span class="st st--${tone}"
    ><svg aria-hidden="true" focusable="false"><use href="#i-${shape}" /></svg><span>${text}</span></span
  >`;
}

export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
  /** Its title is for screen readers only. */
  readonly action?: boolean;
}

export interface Line {
  /** Of `screen.row`, where the list is live. */
  readonly mark?: Html;
  /** The first one heads the row. */
  readonly cells: readonly Html[];
}

/** A real table, also where the style sheet makes blocks of its rows: the roles keep it one. */
export function table(caption: string, columns: readonly Column[], lines: readonly Line[]): Html {
  const head = columns.map(
    ({ title, numeric, action }) =>
      html`<th
        role="columnheader"
        scope="col"
        class="kern-table__header${numeric === true && " kern-table__header--numeric"}"
      >
        ${action === true ? html`<span class="kern-sr-only">${title}</span>` : title}
      </th>`,
  );
  const cell = (content: Html, at: number): Html => {
    const { title = "", numeric, action } = columns[at] ?? {};
    if (at === 0) return html`<th role="rowheader" scope="row" class="kern-table__header">${content}</th>`;
    if (action === true) return html`<td role="cell" class="kern-table__cell act">${content}</td>`;
    return html`<td
      role="cell"
      class="kern-table__cell${numeric === true && " kern-table__cell--numeric"}"
      data-k="${title}"
    >
      <div>${content}</div>
    </td>`;
  };
  return html`<table role="table" class="kern-table kern-table--small t">
    <caption class="kern-sr-only">
      ${caption}
    </caption>
    <thead role="rowgroup" class="kern-table__head">
      <tr role="row" class="kern-table__row">
        ${head}
      </tr>
    </thead>
    <tbody role="rowgroup" class="kern-table__body">
      ${lines.map(
        ({ mark, cells }) =>
          html`<tr role="row" class="kern-table__row" ${mark}>
            ${cells.map(cell)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export function linkButton(kind: "primary" | "secondary", href: string, text: string): Html {
  return html`<a class="kern-btn kern-btn--${kind} b" href="${href}"><span class="kern-label">${text}</span></a>`;
}

export function button(kind: "primary" | "secondary" | "tertiary", text: string): Html {
  return html`<button type="submit" class="kern-btn kern-btn--${kind} b">
    <span class="kern-label">${text}</span>
  </button>`;
}

export interface Asking {
  /** Where there are several forms in one page. */
  readonly id?: string;
  /** Fields that nobody fills. */
  readonly hidden?: Readonly<Record<string, string>>;
}

/** A form that asks for one text, for which there is a button. */
export function asking(
  action: string,
  field: "reason" | "ticket",
  label: string,
  word: string,
  { csrf }: Screen,
  more: Asking = {},
): Html {
  const { id = field, hidden = {} } = more;
  return html`<form class="acts" method="post" action="${action}">
    ${csrf}
    ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <div class="kern-form-input">
      <label for="${id}">${label}</label>
      <input class="kern-form-input__input" id="${id}" name="${field}" required maxlength="500" autocomplete="off" />
    </div>
    ${button("secondary", word)}
  </form>`;
}

export function section(id: string, title: string, beside: Html | string, content: Html, link?: Html): Html {
  return html`<section aria-labelledby="${id}">
    <header>
      <h2 class="kern-title" id="${id}">${title}</h2>
      <p>${beside}</p>
      ${link}
    </header>
    ${content}
  </section>`;
}
