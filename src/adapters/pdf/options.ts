// What a bridge file can say about a PDF that is read.

import {
  boolean,
  choice,
  duration,
  type Infer,
  integer,
  list,
  map,
  number,
  object,
  required,
  size,
  text,
} from "../../core/options/shape.ts";

const MIB = 1024 * 1024;

/** The limits where `most` is left out: the defaults below. */
export const STANDARD = {
  size: 64 * MIB,
  file: 16 * MIB,
  inflated: 64 * MIB,
  objects: 50_000,
  pages: 2_000,
  time: 20_000,
};

export const options = required(
  object({
    fields: boolean("the filled-in form as one record; a PDF without fields is refused", { default: false }),
    attachments: list(
      text("name of a file inside the PDF; a pattern may hold * and ?, case does not matter", { most: 200 }),
      "files inside the PDF that are wanted, each a record. Alone (no fields) the records are what is in these files, which are XML: Factur-X, ZUGFeRD",
      { example: "[factur-x.xml, xrechnung.xml]", most: 100 },
    ),
    text: map(
      object({
        page: integer("page, from 1", { default: 1, least: 1, most: 100_000 }),
        after: text("label on the page; the text is the rest of its line", { example: "Aktenzeichen:", most: 200 }),
        until: text("label behind the text on the same line, where there is one", { most: 200 }),
        box: list(
          number("millimetres", { least: 0, most: 10_000 }),
          "place on the page instead of a label: x, y, width, height in millimetres from the upper left",
          {
            example: "[20, 40, 80, 10]",
            most: 4,
          },
        ),
      }),
      "texts of pages by name, for PDFs that are no forms: each behind a label, or in a box. A last resort: whatever moves on the page breaks it",
      { example: '{ aktenzeichen: { page: 1, after: "Aktenzeichen:" } }', most: 200 },
    ),
    xml: object(
      {
        namespaces: map(text("namespace"), "prefixes used in the records with names: prefixed", {
          example: '{ ram: "urn:example:ram" }',
          most: 100,
        }),
        names: choice(["local", "prefixed"], "names of elements and attributes, as in decode.xml", {
          default: "local",
        }),
        lists: list(
          text("path below the root", { example: "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem" }),
          "elements that are a list even where they occur once, as in decode.xml",
        ),
      },
      "how XML inside the PDF becomes a record",
    ),
    most: object(
      {
        size: size("of the PDF", { default: "64MiB", least: 1024, most: 256 * MIB }),
        file: size("of one file inside, unpacked", { default: "16MiB", least: 1024, most: 256 * MIB }),
        inflated: size("of all that is unpacked to read it", { default: "64MiB", least: 1024, most: 512 * MIB }),
        objects: integer("objects in the PDF", { default: 50_000, least: 10, most: 200_000 }),
        pages: integer("pages", { default: 2_000, least: 1, most: 100_000 }),
        time: duration("reading it takes", { default: "20s", least: 100, most: 300_000 }),
      },
      "limits; beyond them the PDF is refused",
    ),
  }),
);
export type Options = Infer<typeof options>;
