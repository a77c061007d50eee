// Signing in: with a token, or through a link that works once.

import { html } from "../pages/html.ts";
import type { Page } from "./page-lage.ts";
import { button, linkButton, type Screen } from "./screen.ts";

/** `provider`: host of the identity provider, where there is one; the token is then the way in for when it is away. */
export function loginPage(screen: Screen, error: string | undefined, provider?: string): Page {
  const { words } = screen;
  const described = error === undefined ? "token-hint" : "token-error token-hint";
  const person =
    provider !== undefined &&
    html`<p class="acts">${linkButton("primary", "/anmeldung/anbieter", words.signInBy(provider))}</p>`;
  const body = html`<h1 class="kern-heading-medium">${words.signInTitle}</h1>
    ${person}
    <form class="form" method="post" action="${screen.address}">
      ${screen.csrf}
      <div class="kern-form-input">
        <label for="token">${words.token}</label>
        <input
          class="kern-form-input__input"
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          maxlength="200"
          aria-describedby="${described}"
          ${error !== undefined && html`aria-invalid="true" autofocus`}
        />
        ${error !== undefined && html`<p class="note note--danger kern-error" id="token-error" role="alert">${error}</p>`}
        <p class="hint" id="token-hint">${words.tokenHint}</p>
      </div>
      <div>${button(provider === undefined ? "primary" : "secondary", words.signIn)}</div>
    </form>`;
  return { title: words.signInTitle, body };
}

/** A page of ours leads on: a cookie for this site alone would not go with a redirect that began on another one. */
export function arrivedPage({ words }: Screen): Page {
  return {
    title: words.signedIn,
    body: html`<meta http-equiv="refresh" content="0;url=/" />
      <h1 class="kern-heading-medium">${words.signedIn}</h1>
      <p><a href="/">${words.goOn}</a></p>`,
  };
}
