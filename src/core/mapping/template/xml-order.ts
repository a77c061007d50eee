// What the target's XSD says about the children of one element: their order, and which of them must be there.

import type { ElementContent, ElementDeclaration, QName } from "../types.ts";

export interface Named {
  readonly name: QName;
}

function key(name: QName): string {
  return `{${name.namespace}}${name.local}`;
}

/**
 * The children in the schema's order, stable within one name. The template's own order stays where the schema's content
 * must not be re-ordered (a repeating choice), where a name has several places in it, and where unknown names meet a wildcard
 * (nobody can say where in it they belong). Other unknown names go last; the static check names them.
 */
export function inSchemaOrder<T extends Named>(
  children: readonly T[],
  content: ElementContent | undefined,
): readonly T[] {
  if (!content || content.orderFree || children.length < 2) return children;
  const places = new Map<string, number>();
  for (const [index, declaration] of content.children.entries()) {
    const name = key(declaration.name);
    const known = places.get(name);
    if (known !== undefined && known !== index - 1 && children.some((child) => key(child.name) === name))
      return children;
    places.set(name, index);
  }
  if (content.open && children.some((child) => !places.has(key(child.name)))) return children;
  const placeOf = (child: T): number => places.get(key(child.name)) ?? Number.MAX_SAFE_INTEGER;
  return children.toSorted((left, right) => placeOf(left) - placeOf(right));
}

/** The declaration of a child; undefined where there is no schema or it does not know the name. */
export function childDeclaration(content: ElementContent | undefined, name: QName): ElementDeclaration | undefined {
  return content?.children.find((child) => child.name.local === name.local && child.name.namespace === name.namespace);
}

/** Whether a message without this child is invalid. One of a choice may always be missing: another may stand for it. */
export function isRequired(declaration: ElementDeclaration | undefined): boolean {
  return declaration?.required === true && declaration.choice === undefined;
}

export function isAttributeRequired(content: ElementContent | undefined, name: QName): boolean {
  return (
    content?.attributes.some(
      (attribute) =>
        attribute.required && attribute.name.local === name.local && attribute.name.namespace === name.namespace,
    ) === true
  );
}
