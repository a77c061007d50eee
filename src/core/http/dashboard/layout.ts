// The frame around every page: head, areas, who is signed in, and the shapes that states are drawn with.

import type { Grant } from "../../operations/roles.ts";
import { html, type Html } from "../pages/html.ts";
import { assetHref } from "./assets.ts";
import type { Session } from "./sessions.ts";
import type { Screen } from "./screen.ts";
import { CALENDAR_WORDS } from "./words-calendar.ts";
import { DROP_WORDS } from "./words-drops.ts";
import { nameOf } from "../../lifecycle/person.ts";

export interface Framed {
  readonly title: string;
  readonly body: Html;
  /** Whether the page is kept current while it is open. */
  readonly live: boolean;
  readonly areas: readonly Area[];
  /** Behind the product's name. */
  readonly name: string;
}

export interface Area {
  readonly href: string;
  readonly title: (screen: Screen) => string;
}

export const AREAS: readonly Area[] = [
  { href: "/", title: ({ words }) => words.lage },
  { href: "/bruecken", title: ({ words }) => words.bridges },
  { href: "/eingaenge", title: ({ language }) => DROP_WORDS[language].title },
  { href: "/klaerfaelle", title: ({ words }) => words.letters },
  { href: "/aufrufer", title: ({ words }) => words.callers },
  { href: "/notbetrieb", title: ({ words }) => words.notbetrieb },
  { href: "/kalender", title: ({ language }) => CALENDAR_WORDS[language].title },
  { href: "/nachweis", title: ({ words }) => words.proof },
];

export function framed(
  { title, body, live, areas, name }: Framed,
  screen: Screen,
  session: Session | undefined,
): string {
  const { language, words, address } = screen;
  const theme = session?.theme ?? "system";
  const script = {
    stale: words.stale,
    since: words.staleSince,
    minutes: words.minutes,
    newer: words.newer("#"),
    over: words.over,
  };
  const note = session?.note;
  if (session !== undefined) session.note = undefined;
  return html`<!doctype html>
    <html lang="${language}" ${theme !== "system" && html`data-kern-theme="${theme}"`}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="${theme === "system" ? "light dark" : theme}" />
        <title>${title} – Steg${name !== "" && ` ${name}`}</title>
        <link rel="icon" type="image/svg+xml" href="${assetHref("steg.svg")}" />
        <link rel="stylesheet" href="${assetHref("kern.css")}" />
        <link rel="stylesheet" href="${assetHref("steg.css")}" />
        ${live && html`<script type="module" src="${assetHref("steg.js")}"></script>`}
      </head>
      <body data-page="${address}" data-words="${JSON.stringify(script)}">
        ${SPRITE}
        <a class="skip" href="#inhalt">${words.skip}</a>
        ${head(areas, name, screen, session)}
        <main class="wrap" id="inhalt" tabindex="-1">
          ${
            live &&
            html`<p class="kern-sr-only" id="said" aria-live="polite"></p>
              <p class="stale" id="stale" hidden></p>`
          }
          ${note !== undefined && html`<p class="note note--${note.kind}" role="status">${note.text}</p>`} ${body}
        </main>
      </body>
    </html>`.html;
}

function head(areas: readonly Area[], name: string, screen: Screen, session: Session | undefined): Html {
  const { words, language } = screen;
  const other = language === "de" ? "en" : "de";
  const path = screen.address.split("?")[0] ?? "/";
  const area = ({ href, title }: Area): Html => {
    const here = href === "/" ? path === "/" : path.startsWith(href);
    return html`<li><a href="${href}" ${here && html`aria-current="page"`}>${title(screen)}</a></li>`;
  };
  const switched = html`<a href="${switchHref(screen, "lang", other)}" lang="${other}" hreflang="${other}"
    >${words.other}</a
  >`;
  return html`<header class="bar">
    <div class="wrap">
      <b>Steg</b>${name !== "" && html` <span class="where">${name}</span>`}
      ${
        session !== undefined &&
        html`<nav aria-label="${words.areas}">
          <ul>
            ${areas.map(area)}
          </ul>
        </nav>`
      }
      <div class="me">
        ${session !== undefined && html`<span>${nameOf(session.identity.actor)} · ${session.identity.grants.map((grant) => grantIn(grant, screen)).join(", ")}</span> <span>${words.theme}: ${themes(screen, session)}</span>`}
        ${switched}
        ${session !== undefined && html`<form method="post" action="/abmeldung">${screen.csrf}<button type="submit" class="linkish">${words.signOut}</button></form>`}
      </div>
    </div>
  </header>`;
}

/** »Betrieb (kommune:musterstadt)« */
function grantIn({ role, tags }: Grant, { words }: Screen): string {
  return tags.length === 0 ? words.roles[role] : `${words.roles[role]} (${tags.join(", ")})`;
}

function themes(screen: Screen, session: Session): readonly Html[] {
  return (["system", "light", "dark"] as const).map((theme, at) => {
    const word = screen.words.themes[theme];
    const shown =
      theme === session.theme
        ? html`<b>${word}</b>`
        : html`<a href="${switchHref(screen, "theme", theme)}">${word}</a>`;
    return html`${at > 0 && " / "}${shown}`;
  });
}

/** The same page once more; the server takes the switch out of the address. */
function switchHref({ address }: Screen, name: string, value: string): string {
  const url = new URL(address, "http://steg.invalid");
  url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}

const SPRITE = html`<svg class="sprite" aria-hidden="true" focusable="false">
  <defs>
    <symbol id="i-danger" viewBox="0 0 16 16">
      <path fill="currentColor" d="M5 0h6l5 5v6l-5 5H5l-5-5V5z" />
      <path fill="var(--paper)" d="M7 3h2l-.3 6H7.3zM7 10.5h2v2H7z" />
    </symbol>
    <symbol id="i-warn" viewBox="0 0 16 16">
      <path fill="currentColor" d="M8 .8 16 15H0z" />
      <path fill="var(--paper)" d="M7.1 5.5h1.8l-.3 5H7.4zM7.1 11.5h1.8v1.7H7.1z" />
    </symbol>
    <symbol id="i-ok" viewBox="0 0 16 16">
      <circle cx="8" cy="8" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="m4.5 8.2 2.5 2.5 4.6-5" fill="none" stroke="currentColor" stroke-width="1.8" />
    </symbol>
    <symbol id="i-held" viewBox="0 0 16 16">
      <rect x=".8" y=".8" width="14.4" height="14.4" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M5.5 4.5v7M10.5 4.5v7" stroke="currentColor" stroke-width="2" />
    </symbol>
    <symbol id="i-end" viewBox="0 0 16 16"><rect x="1" y="1" width="14" height="14" fill="currentColor" /></symbol>
    <symbol id="i-no" viewBox="0 0 16 16">
      <circle cx="8" cy="8" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="m3 13 10-10" stroke="currentColor" stroke-width="1.6" />
    </symbol>
    <symbol id="i-nb" viewBox="0 0 16 16"><path d="M0.5 2h15L8 15z" fill="currentColor" /></symbol>
    <symbol id="i-dep" viewBox="0 0 16 16">
      <circle cx="8" cy="8" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M8 .8a7.2 7.2 0 0 1 0 14.4z" fill="currentColor" />
    </symbol>
    <symbol id="i-ext" viewBox="0 0 16 16">
      <circle cx="7" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M7 1.8a6.2 6.2 0 0 1 0 12.4z" fill="currentColor" />
      <path d="M13 0v6M10 3h6" stroke="currentColor" stroke-width="1.6" />
    </symbol>
    <symbol id="i-brown" viewBox="0 0 16 16">
      <path d="M2 1v14M14 1v14" stroke="currentColor" stroke-width="1.6" />
      <rect x="4" y="5" width="8" height="6" fill="currentColor" />
    </symbol>
    <symbol id="i-plan" viewBox="0 0 16 16">
      <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="var(--paper)" stroke="currentColor" stroke-width="1.8" />
    </symbol>
    <symbol id="i-unk" viewBox="0 0 16 16">
      <circle cx="8" cy="8" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2" />
      <path
        d="M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M8 11v1.5"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
      />
    </symbol>
    <symbol id="i-cert" viewBox="0 0 16 16">
      <circle cx="8" cy="8" r="6" fill="var(--paper)" stroke="currentColor" stroke-width="2" />
    </symbol>
    <symbol id="i-exc" viewBox="0 0 16 16"><path d="M8 1v14M1 8h14" stroke="currentColor" stroke-width="3" /></symbol>
    <symbol id="i-miss" viewBox="0 0 16 16">
      <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor" />
      <path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" stroke="var(--paper)" stroke-width="1.6" />
    </symbol>
    <symbol id="i-wait" viewBox="0 0 16 16">
      <path
        d="M3 1h10M3 15h10M4 1c0 4 3 5 4 7-1 2-4 3-4 7M12 1c0 4-3 5-4 7 1 2 4 3 4 7"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
      />
    </symbol>
  </defs>
</svg>`;
