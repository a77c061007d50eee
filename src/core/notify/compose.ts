// From what is to be told to messages: one mail for each person with all that concerns them, one post of a webhook for each thing.

import { createHash } from "node:crypto";
import type { ChannelMessage } from "../contract-channels.ts";
import { count, local } from "../http/dashboard/format.ts";
import type { Language } from "../http/pages/docs-words.ts";
import type { Item } from "./item.ts";
import { harmlessJson, oneLine } from "./plain.ts";
import { NOTIFY_WORDS, tell } from "./words.ts";

const MOST_TITLE = 80;
const MOST_SUBJECT = 150;
/** More nobody reads; the dashboard has all. */
const MOST_IN_MAIL = 50;
const LANGUAGES: readonly Language[] = ["de", "en"];

/** One per address. `url` is the dashboard's, where people are given one. */
export function mailsOf(items: readonly Item[], url: string | undefined): readonly ChannelMessage[] {
  const addresses = [...new Set(items.flatMap(({ to }) => to))];
  return addresses.map((to) => {
    const own = items.filter((item) => item.to.includes(to));
    return {
      id: idOf(["mail", to, ...own.map(({ id }) => id)]),
      to,
      subject: subjectOf(own),
      body: `${LANGUAGES.map((language) => bodyOf(own, url, language)).join("\n\n-- English --\n\n")}\n`,
    };
  });
}

function subjectOf(items: readonly Item[]): string {
  const [first] = items as [Item, ...Item[]];
  const { several } = NOTIFY_WORDS.de;
  const titles = [...new Set(items.map((item) => titleOf(item, "de")))];
  const what = items.length === 1 ? tell(first, "de").headline : several(count("de", items.length));
  return oneLine(`[Steg] ${what} – ${titles.join(", ")}`, MOST_SUBJECT);
}

function bodyOf(items: readonly Item[], url: string | undefined, language: Language): string {
  const words = NOTIFY_WORDS[language];
  const shown = items.slice(0, MOST_IN_MAIL).map((item) => {
    const { headline, lines } = tell(item, language);
    const about =
      item.bridge === null ? words.appliance : `${words.bridge}: ${titleOf(item, language)} (${item.bridge})`;
    const link = linkOf(item, url);
    return [headline, about, ...lines, ...(link === null ? [] : [link])].join("\n");
  });
  const more = items.length - shown.length;
  return [...shown, ...(more > 0 ? [words.more(count(language, more))] : []), words.foot].join("\n\n");
}

/** One per item, as Standard Webhooks has it: `type`, `timestamp`, `data`. `now` in milliseconds. */
export function postsOf(items: readonly Item[], url: string | undefined, now: number): readonly ChannelMessage[] {
  return items.map((item) => {
    const told = LANGUAGES.map((language) => {
      const { headline, lines } = tell(item, language);
      return [language, [headline, ...lines].join("\n")] as const;
    });
    const data = {
      bridge: item.bridge,
      title: titleOf(item, "de"),
      text: Object.fromEntries(told),
      link: linkOf(item, url),
      ...factsOf(item),
    };
    const body = harmlessJson({ type: typeOf(item), timestamp: new Date(now).toISOString(), data });
    return { id: idOf(["webhook", item.id]), to: undefined, subject: "", body };
  });
}

/** `alarm.begun`, `sunset.near`: what receivers choose by. */
function typeOf(item: Item): string {
  if (item.kind === "alarm" || item.kind === "notbetrieb") return `${item.kind}.${item.stage}`;
  return { over: "alarm.over", sunset: "sunset.near", erasure: "erasure.near", test: "test" }[item.kind];
}

/** What programs go by. */
function factsOf(item: Item): Readonly<Record<string, unknown>> {
  if (item.kind === "alarm") {
    const { kind, weight, due = null, records = null } = item.trouble;
    return { kind, weight, since: local(item.since), due, records };
  }
  if (item.kind === "notbetrieb") return { until: local(item.until), reason: item.reason, uses: item.uses };
  if (item.kind === "over") return { since: local(item.since), until: local(item.until) };
  if (item.kind === "sunset") return { end: item.end, days: item.days };
  return item.kind === "erasure" ? { records: item.records, first: item.first } : {};
}

function titleOf({ bridge, title }: Item, language: Language): string {
  if (bridge === null) return NOTIFY_WORDS[language].appliance;
  const plain = oneLine(title, MOST_TITLE);
  return plain === "" ? bridge : plain;
}

function linkOf({ bridge, kind }: Item, url: string | undefined): string | null {
  if (url === undefined) return null;
  return bridge === null || kind === "test" ? url : `${url}bruecken/${encodeURIComponent(bridge)}`;
}

function idOf(parts: readonly string[]): string {
  return `msg_${createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32)}`;
}
