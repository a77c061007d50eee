// What a receipt says about the end of a bridge. German, because a clerk reads it.

import type { Lifecycle } from "../bridge/types.ts";
import { germanDate, wallTime } from "./dates.ts";
import type { Standing } from "./state.ts";

/** The notice in every receipt once the bridge is deprecated; undefined before. */
export function deprecationNotice(lifecycle: Lifecycle, standing: Standing): string | undefined {
  if (standing.state !== "deprecated" && standing.state !== "extended") return undefined;
  const end = `Hinweis: Diese Schnittstelle endet am ${germanDate(standing.end)}.`;
  return `${end} ${successorText(lifecycle)}`;
}

/** The notice in every receipt that is written while the bridge is open in an emergency; undefined otherwise. */
export function notbetriebNotice(lifecycle: Lifecycle, standing: Standing, zone: string): string | undefined {
  if (standing.notbetriebUntil === undefined) return undefined;
  const until = wallTime(standing.notbetriebUntil, zone);
  return [
    `Notbetrieb: Diese Schnittstelle ist am ${germanDate(standing.end)} beendet worden und nur vorübergehend wieder geöffnet, bis ${germanDate(until.date)}, ${until.time}.`,
    successorText(lifecycle),
  ].join(" ");
}

/** What became of a held drop that people took out for the successor. */
export function handedOverNotice(
  lifecycle: Lifecycle,
  standing: Standing,
  drop: { readonly sha256: string; readonly finished: number | undefined },
  zone: string,
): string {
  const when = drop.finished === undefined ? undefined : wallTime(drop.finished, zone);
  const on = when === undefined ? "" : ` am ${germanDate(when.date)} um ${when.time}`;
  return [
    `übergeben: Diese Schnittstelle ist am ${germanDate(standing.end)} beendet worden.`,
    `Die Lieferung ist${on} an den Nachfolger übergeben worden; von hier aus wird sie nicht mehr zugestellt.`,
    `SHA-256 ${drop.sha256}.`,
    successorText(lifecycle),
    `Ansprechstelle: ${contactText(lifecycle)}.`,
  ].join(" ");
}

/** Why a drop was held: after the sunset it is kept, never lost, and not delivered. */
export function heldNotice(
  lifecycle: Lifecycle,
  standing: Standing,
  drop: { readonly sha256: string; readonly received: number },
  zone: string,
): string {
  const taken = wallTime(drop.received, zone);
  return [
    `gehalten: Diese Schnittstelle ist am ${germanDate(standing.end)} beendet worden.`,
    `Die Lieferung wurde am ${germanDate(taken.date)} um ${taken.time} angenommen und wird aufbewahrt, aber nicht zugestellt.`,
    `SHA-256 ${drop.sha256}.`,
    successorText(lifecycle),
    `Ansprechstelle: ${contactText(lifecycle)}.`,
  ].join(" ");
}

/** Why a drop was refused: after the sunset it is its sender's, who was told so. */
export function refusedNotice(
  lifecycle: Lifecycle,
  standing: Standing,
  drop: { readonly sha256: string; readonly received: number },
  zone: string,
): string {
  const came = wallTime(drop.received, zone);
  return [
    `abgelehnt: Diese Schnittstelle ist am ${germanDate(standing.end)} beendet worden.`,
    `Die Lieferung vom ${germanDate(came.date)}, ${came.time}, ist nicht übernommen worden und wird nicht zugestellt; das ist dem Absender in seinem Format mitgeteilt worden, und er ist weiter für sie zuständig.`,
    `SHA-256 ${drop.sha256}.`,
    successorText(lifecycle),
    `Ansprechstelle: ${contactText(lifecycle)}.`,
  ].join(" ");
}

function successorText(lifecycle: Lifecycle): string {
  const successor = lifecycle.successor;
  if (successor === undefined) return "Einen Nachfolger gibt es nicht.";
  const guide = successor.guide === undefined ? "" : ` Anleitung: ${successor.guide}`;
  return `Nachfolger: ${successor.url ?? successor.title}${guide}`;
}

function contactText(lifecycle: Lifecycle): string {
  const { name, email, deputy } = lifecycle.owner;
  return `${name}, ${email}${deputy === undefined ? "" : `, Vertretung ${deputy}`}`;
}
