// A form filled in: values, and how they look, so that every viewer shows them and they can be made part of the page.

import {
  PDFCheckBox,
  PDFDict,
  type PDFDocument,
  PDFDropdown,
  type PDFField,
  type PDFForm,
  PDFHexString,
  PDFName,
  PDFOptionList,
  PDFTextField,
} from "@cantoo/pdf-lib";
import { BridgeError } from "../../../core/errors.ts";
import type { Option } from "../read/form-fields.ts";
import { checkLetters, type Fonts } from "./fonts.ts";
import type { Filling } from "./protocol.ts";

export async function fillForm(document: PDFDocument, fonts: Fonts, fillings: readonly Filling[]): Promise<void> {
  // XFA would show other values than the fields have; the library leaves it out.
  const form = document.getForm();
  const fields = fieldsByName(form);
  for (const filling of fillings) {
    for (const field of fields.get(filling.name) ?? []) await fill(field, filling, fonts);
  }
  // Viewers are to show what was drawn here.
  form.acroForm.dict.delete(PDFName.of("NeedAppearances"));
}

function fieldsByName(form: PDFForm): ReadonlyMap<string, readonly PDFField[]> {
  const fields = new Map<string, PDFField[]>();
  for (const field of form.getFields()) {
    const name = field.getName();
    const known = fields.get(name);
    if (known) known.push(field);
    else fields.set(name, [field]);
  }
  return fields;
}

async function fill(field: PDFField, filling: Filling, fonts: Fonts): Promise<void> {
  switch (filling.kind) {
    case "text": {
      if (!(field instanceof PDFTextField)) throw otherKind(filling);
      checkLetters(filling.text, filling.path);
      // The limit was looked at; the library would say so in words of its own.
      field.setText(filling.text);
      field.updateAppearances(await fonts.fitting(filling.text));
      return;
    }
    case "state":
      setState(field, filling.state);
      return;
    case "choice": {
      if (!(field instanceof PDFDropdown || field instanceof PDFOptionList)) throw otherKind(filling);
      await choose(field, filling.chosen, filling.path, fonts);
      return;
    }
  }
}

function otherKind({ path }: Filling): BridgeError {
  return new BridgeError("INTERNAL", "the library sees another kind of field than the reader", {
    stage: "map",
    facts: { path },
  });
}

/** What is shown is drawn, then what is meant is set: the library knows no difference. */
async function choose(
  field: PDFDropdown | PDFOptionList,
  chosen: readonly Option[],
  path: string,
  fonts: Fonts,
): Promise<void> {
  const { dict } = field.acroField;
  const set = (values: readonly string[]): void => {
    const texts = values.map((value) => PDFHexString.fromText(value));
    dict.set(PDFName.of("V"), texts.length === 1 ? texts[0]! : dict.context.obj(texts));
  };
  const shown = chosen.map((option) => option.shown);
  for (const text of shown) checkLetters(text, path);
  set(shown);
  const listed = field instanceof PDFOptionList ? field.getOptions() : shown;
  field.updateAppearances(await fonts.fitting([...shown, ...listed].join("")));
  set(chosen.map(({ value }) => value));
  // Positions of the chosen ones, which V says as well.
  dict.delete(PDFName.of("I"));
}

/** Each widget shows the state if it has it. */
function setState(field: PDFField, state: string | undefined): void {
  const widgets = field.acroField.getWidgets();
  const states = widgets.map(({ dict }) =>
    dict.lookupMaybe(PDFName.of("AP"), PDFDict)?.lookupMaybe(PDFName.of("N"), PDFDict),
  );
  if (field instanceof PDFCheckBox && states.every((one) => one === undefined)) {
    if (state === undefined) field.uncheck();
    else field.check();
    field.updateAppearances();
    return;
  }
  const off = PDFName.of("Off");
  const on = state === undefined ? off : PDFName.of(state);
  field.acroField.dict.set(PDFName.of("V"), on);
  widgets.forEach(({ dict }, at) => dict.set(PDFName.of("AS"), states[at]?.has(on) ? on : off));
}
