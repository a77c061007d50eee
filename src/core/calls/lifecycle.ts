// What the lifecycle of a bridge means for a caller.
//
//   planned            404, as if it were not there
//   active, deprecated, extended   processed; Deprecation (RFC 9745), Sunset (RFC 8594) and Link say what comes
//   notbetrieb         processed: people opened it after its sunset; Sunset says until when, Steg-Notbetrieb that it is so
//   brownout           503 with Retry-After: the end of the brownout
//   sunset, retired    410 with successor, guide and contact, and no-store: the caller keeps the duty, nothing is delivered

import type { Lifecycle } from "../bridge/types.ts";
import type { CallEnd } from "../contract.ts";
import { takesEffect } from "../lifecycle/dates.ts";
import type { Standing } from "../lifecycle/state.ts";

type Headers = Readonly<Record<string, string>>;

/** An http or https address as a Link header may hold it (RFC 8288, section 3); undefined for anything else. */
export function linkTarget(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return undefined;
  return url.href.replaceAll(/[<>"\\^`{|}\s]/g, (character) => encodeURIComponent(character));
}

/** Headers of every answer of a bridge that runs. Dates that lie ahead are announced, too: RFC 9745, section 2.1. */
export function lifecycleHeaders(lifecycle: Lifecycle, standing: Standing, zone: string): Headers {
  const { endsAt, notbetriebUntil, state } = standing;
  const announced = takesEffect(lifecycle.deprecated, zone);
  // One that was closed before that day is deprecated all the same.
  const deprecated = state === "retired" ? Math.min(announced, endsAt) : announced;
  const { successor } = lifecycle;
  const [next, guide] = [linkTarget(successor?.url), linkTarget(successor?.guide)];
  const links = [
    ...(next === undefined ? [] : [`<${next}>; rel="successor-version"`]),
    ...(guide === undefined
      ? []
      : [`<${guide}>; rel="deprecation"; type="text/html"`, `<${guide}>; rel="sunset"; type="text/html"`]),
  ];
  return {
    deprecation: `@${Math.floor(deprecated / 1_000)}`,
    sunset: new Date(notbetriebUntil ?? endsAt).toUTCString(),
    // A date of structured fields, as that of Deprecation (RFC 9651, section 3.3.7).
    ...(notbetriebUntil !== undefined && { "steg-notbetrieb": `@${Math.floor(notbetriebUntil / 1_000)}` }),
    ...(links.length > 0 && { link: links.join(", ") }),
  };
}

const UNKEPT: Headers = { "cache-control": "no-store" };

/** Why the call is not even looked at; undefined = it is. Says nothing of `lifecycleHeaders`: they belong to every answer. */
export function refusedByLifecycle(
  lifecycle: Lifecycle,
  standing: Standing,
  now: number,
): Extract<CallEnd, { end: "failed" }> | undefined {
  const { state, brownoutUntil } = standing;
  if (state === "planned") {
    const title = "There is nothing here";
    return { end: "failed", status: 404, code: "NOT_FOUND", title, detail: undefined, sender: true, headers: {} };
  }
  if (state === "sunset" || state === "retired") {
    return {
      end: "failed",
      status: 410,
      code: "BRIDGE_SUNSET",
      title: "This interface has ended",
      detail: farewell(lifecycle, standing),
      sender: true,
      headers: UNKEPT,
    };
  }
  if (brownoutUntil === undefined) return undefined;
  const until = new Date(brownoutUntil).toISOString();
  return {
    end: "failed",
    status: 503,
    code: "BRIDGE_BROWNOUT",
    title: "This interface rests, as announced",
    detail: `It answers again from ${until} on; it ends on ${standing.end}. ${successorText(lifecycle)}`,
    sender: false,
    after: Math.max(1, Math.ceil((brownoutUntil - now) / 1_000)),
    headers: UNKEPT,
  };
}

function farewell(lifecycle: Lifecycle, { end }: Standing): string {
  const { name, email } = lifecycle.owner;
  return `It ended on ${end}. ${successorText(lifecycle)} Contact: ${name}, ${email}.`;
}

function successorText({ successor }: Lifecycle): string {
  if (!successor) return "There is no successor.";
  const guide = successor.guide === undefined ? "" : ` Guide: ${successor.guide}.`;
  const url = successor.url === undefined ? "" : ` (${successor.url})`;
  return `Its successor: ${successor.title}${url}.${guide}`;
}
