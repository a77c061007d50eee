// What people do in the dashboard with a real browser: sign in at the identity provider, read, press what is written on a button.

import type { Browser, Page } from "puppeteer-core";

/** In a browser context of their own, through the provider's pages; any password will do there. */
export async function signIn(browser: Browser, url: string, login: string): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(url);
  await go(page, async () => await page.click('a[href="/anmeldung/anbieter"]'));
  await page.type('input[name="login"]', login);
  await page.type('input[name="password"]', "egal");
  await go(page, async () => await page.click('button[type="submit"]'));
  await page.click('button[type="submit"]');
  // The page that says so leads on by itself.
  await page.waitForFunction((wanted) => location.href === wanted, { timeout: 20_000 }, url);
  await page.waitForSelector("h1");
  return page;
}

export async function go(page: Page, act: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForNavigation(), act()]);
}

export async function textOf(page: Page, selector = "main"): Promise<string> {
  return (await page.$eval(selector, (node) => node.textContent)).replaceAll(/\s+/g, " ");
}

/** Presses the button or link of this text in the row, or form, that holds the other one. */
export async function press(page: Page, text: string, near = ""): Promise<void> {
  const found = await page.evaluateHandle(
    (wanted, beside) =>
      [...document.querySelectorAll<HTMLElement>("a, button")].find(
        (node) =>
          node.textContent.trim() === wanted &&
          ((node.closest("tr") ?? node.closest("form") ?? document.body).textContent ?? "").includes(beside),
      ),
    text,
    near,
  );
  const element = found.asElement();
  if (element === null) throw new Error(`there is no ${text} beside ${near}: ${await textOf(page)}`);
  await go(page, async () => await (element as unknown as { click(): Promise<void> }).click());
}
