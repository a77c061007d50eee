// Names of functions, parameters and fields. In XML a name cannot hold a slash, which namespaces of ABAP begin and end with:
// `/ACME/CALL` travels as `_-ACME_-CALL`. ABAP's own names never hold a hyphen, so there is one way back.

/** Letters, digits, underscores, and a namespace in slashes in front. */
const ABAP_NAME = /^(?:\/[A-Z0-9_]{1,10}\/)?[A-Z_][A-Z0-9_]{0,59}$/u;
/** Fields of structures may have slashes elsewhere, and digits in front of a slash only. */
const ANY_NAME = /^[A-Z_/][A-Z0-9_/]{0,59}$/u;

export function isFunctionName(name: string): boolean {
  return ABAP_NAME.test(name) && name.length <= 30;
}

export function isFieldName(name: string): boolean {
  return ANY_NAME.test(name);
}

export function toXmlName(name: string): string {
  return name.replaceAll("/", "_-");
}

export function fromXmlName(name: string): string {
  return name.replaceAll("_-", "/");
}
