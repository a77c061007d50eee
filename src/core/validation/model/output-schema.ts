// The XSD as templates and static checks see it. libxml2 says whether a message is valid; this says beforehand what a
// valid one looks like: which children in which order, which attributes, which texts.

import type { OutputSchema, QName } from "../../mapping/types.ts";
import { loadSchemaFiles, type SchemaFiles, type SchemaSource } from "../xsd-files.ts";
import { createComplexTypes, isTrue, type ModelContent } from "./complex-types.ts";
import { readComponents } from "./components.ts";
import { derivedTypes } from "./derived.ts";
import type { ModelDeclaration } from "./particle.ts";
import { createSimpleTypes } from "./simple-types.ts";

export interface XsdModel extends OutputSchema {
  /** Content of a named type, for elements that carry xsi:type. */
  type(name: QName): ModelContent | undefined;
  root(name: QName): ModelDeclaration | undefined;
  /** Types derived from this one, in any number of steps: what xsi:type may name in its place. */
  derived(name: QName): readonly QName[];
}

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMA_IMPORT_MISSING. */
export function openSchemaModel(source: SchemaSource): XsdModel {
  return schemaModelOf(loadSchemaFiles(source));
}

export function schemaModelOf(files: SchemaFiles): XsdModel {
  const components = readComponents(files);
  const complex = createComplexTypes(components, createSimpleTypes(components));
  const declared = components.elements.filter((element) => !isTrue(element.node.attributes.get("abstract")));
  // Those of the entry's own namespace are what a message may begin with; a schema without any only imports them.
  const own = declared.filter((element) => element.name.namespace === components.entryTarget);
  return {
    roots: (own.length > 0 ? own : declared).map((element) => element.name),
    root(name): ModelDeclaration | undefined {
      const element = components.find("element", name);
      if (element === undefined || isTrue(element.node.attributes.get("abstract"))) return undefined;
      const content = (): ModelContent => complex.ofElement(element.node, element.context);
      return { name: element.name, required: true, many: false, choice: undefined, content };
    },
    type: (name) => complex.ofType(name),
    derived: derivedTypes(components),
  };
}
