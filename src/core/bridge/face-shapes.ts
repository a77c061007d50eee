// What all faces have in common beside the options of their protocol: who may call, how long, how much, what is passed through.

import { boolean, duration, integer, list, object, size, text, type AnyShape } from "../options/shape.ts";

const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/iu;
const ORIGIN = /^https?:\/\/[^/\s]{1,250}$/u;

/** Written out, it lets everybody call. */
export const ANYONE = "anyone";

export const FACE_DEFAULTS = { deadline: 30_000, body: 1 << 20, reply: 16 << 20, inFlight: 64 } as const;

const headers = (doc: string): AnyShape =>
  list(text("name of a header", { pattern: HEADER, patternHint: "a header's name" }), doc, { most: 50, single: true });

/** Keys that every face takes; core keeps them to itself. */
export const faceShapes: Readonly<Record<string, AnyShape>> = {
  callers: list(
    text(
      "name of a token, of a JWT's client, or of a certificate; jwt:, token: or certificate: in front means one of that kind, scope: whoever's JWT has the scope",
      { most: 250 },
    ),
    `who may call; without it whoever has a token of the role caller or a JWT that the settings let in. ${ANYONE}, written out, lets everybody in`,
    { single: true, most: 1_000, example: "[portal]" },
  ),
  deadline: duration("longest time until a caller has its answer", { default: "30s", least: 10, most: 3_600_000 }),
  async: boolean("answer 202 at once and work later: what was accepted is not lost, and the answer can be fetched", {
    default: false,
  }),
  limits: object(
    {
      body: size("largest request", { default: "1MiB", least: 1, most: 1024 ** 3 }),
      reply: size("largest answer of the service", { default: "16MiB", least: 1, most: 1024 ** 3 }),
      rate: integer("calls per minute of one caller; without it any number", { least: 1, most: 1_000_000 }),
      inFlight: integer("calls under way at the same time; further ones are told to come again", {
        default: 64,
        least: 1,
        most: 10_000,
      }),
    },
    "what the bridge takes at the most",
  ),
  headers: object(
    {
      in: headers("headers of the caller that the service is sent, and that formulas see under $request.headers"),
      out: headers("headers of the service's answer that the caller is sent"),
    },
    "headers that are passed through; all others are not",
  ),
  origins: list(
    text("scheme, host and port", { pattern: ORIGIN, patternHint: "https://portal.example, without a path" }),
    "web pages that may call from a browser (CORS); without it none",
    { single: true, most: 100 },
  ),
};
