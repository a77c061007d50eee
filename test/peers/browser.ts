// Debian's Chromium, without a window, and axe-core in its pages.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch, type Browser, type Page } from "puppeteer-core";

const CHROMIUM = "/usr/bin/chromium";
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const lacksBrowser = existsSync(CHROMIUM) ? undefined : "chromium is not installed";

export async function startBrowser(): Promise<Browser> {
  // Its sandbox wants rights that a container does not give; what it opens here is our own.
  return await launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"], headless: true });
}

/** What axe-core objects to: rule and place. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Past the page's own policy, which lets no script in.
  const session = await page.createCDPSession();
  await session.send("Runtime.evaluate", { expression: readFileSync(AXE, "utf8") });
  const { result } = await session.send("Runtime.evaluate", {
    expression:
      "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`))))",
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return JSON.parse(String(result.value)) as readonly string[];
}

/** Whether something in it is wider than the window. */
export async function scrollsSideways(page: Page): Promise<boolean> {
  return (await page.evaluate(
    "document.documentElement.scrollWidth > document.documentElement.clientWidth",
  )) as boolean;
}
