// Content lines of RFC 5545, section 3.1: folded at 75 octets, texts escaped, and nothing in a text that could be a line of its own.

const MOST_OCTETS = 75;

// Controls, the bidirectional ones too: a title could show itself backwards, or end its line.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text of unknown origin as a value of the type TEXT (section 3.3.11), cut at `most` characters. */
export function textValue(text: string, most: number): string {
  const plain = text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replaceAll(CONTROLS, "");
  const whole = Array.from(plain);
  const cut = whole.length > most ? `${whole.slice(0, most - 1).join("")}…` : plain;
  return cut.replaceAll(/[\\;,]/g, "\\$&").replaceAll("\n", "\\n");
}

/** Lines as they travel: each folded, each ended by CRLF. */
export function contentLines(lines: readonly string[]): string {
  return lines.map((line) => `${fold(line)}\r\n`).join("");
}

/** Never within a character: old readers unfold before they decode, new ones after. */
function fold(line: string): string {
  if (line.length * 3 <= MOST_OCTETS || Buffer.byteLength(line) <= MOST_OCTETS) return line;
  let folded = "";
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MOST_OCTETS) {
      folded += "\r\n ";
      octets = 1;
    }
    folded += character;
    octets += size;
  }
  return folded;
}
