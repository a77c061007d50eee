// A value that is not what the WSDL's types say: the place in the value, and what was expected there. The caller turns
// it into its own code; the detail may carry the value.

/** Keys, and positions in lists from 0. */
export type Place = (string | number)[];

export class Mismatch extends Error {
  readonly detail: string | undefined;

  constructor(message: string, detail: string | undefined) {
    super(message);
    this.name = "Mismatch";
    this.detail = detail;
  }
}

export function mismatch(place: readonly (string | number)[], what: string, detail?: string): Mismatch {
  return new Mismatch(`${shown(place)}: ${what}`, detail);
}

/** `LesePerson/anschriften[2]/plz` */
export function shown(place: readonly (string | number)[]): string {
  let text = "";
  for (const part of place) text += typeof part === "number" ? `[${part + 1}]` : text === "" ? part : `/${part}`;
  return text;
}
