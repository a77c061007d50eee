// Who did something, as the audit trail has it: `token:NAME`, `local:NAME`, or a person whom the identity provider knows:
// `oidc:NAME/SUBJECT`. The name is for people and may change; the subject never does (OpenID Connect Core, section 2), so that nobody
// becomes a second person by another name.

import { sameName } from "./policy-check.ts";

const PERSON = /^oidc:([^/]*)\/(.+)$/s;
const MOST_NAME = 100;

/** What cannot be seen, and the sign that parts name and subject, are no parts of a name. */
export function personActor(name: string, subject: string): string {
  const shown = name
    .replaceAll(/[\p{C}/]+/gu, " ")
    .trim()
    .slice(0, MOST_NAME);
  return `oidc:${shown}/${subject}`;
}

export function isPerson(actor: string): boolean {
  return PERSON.test(actor);
}

export function nameOf(actor: string): string {
  const person = PERSON.exec(actor);
  if (person) return person[1] === "" ? (person[2] ?? "") : (person[1] ?? "");
  return actor.replace(/^(?:token|local):/, "");
}

/** Whether both are one: of persons the subject decides, of all others the name. */
export function isSamePerson(a: string, b: string): boolean {
  const [one, other] = [PERSON.exec(a), PERSON.exec(b)];
  return one && other ? one[2] === other[2] : sameName(a, b);
}
