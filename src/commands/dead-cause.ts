// What dead letters have in common: the text of their error without the numbers that only say where in the drop each one stands.

export interface WithMessage {
  readonly message: string;
}

/** `line 12: `, `record 3, `, `line 2, byte 40: ` at the beginning of a message. */
const PLACE = String.raw`(?:record|line|column|byte|character)`;
const LEADING = new RegExp(String.raw`^${PLACE} \d+(?:, ${PLACE} \d+)*(?:: |, )`, "u");
/** The same words with a number anywhere else: `byte 0x81 at offset 120, line 4 does not exist in …`. */
const INSIDE = /\b(record|line|column|byte|character|offset|position) \d+\b/gu;

/** Equal for letters that failed of the same thing, wherever they stand. */
export function causeOf({ message }: WithMessage): string {
  return message.replace(LEADING, "").replaceAll(INSIDE, "$1 …");
}

/** One text for letters of one cause: numbers stay where all have the same. */
export function causeText(letters: readonly [WithMessage, ...WithMessage[]]): string {
  const [first] = letters;
  const text = first.message.replace(LEADING, "");
  const same = letters.every(({ message }) => message.replace(LEADING, "") === text);
  return same ? text : causeOf(first);
}
