// What a type of the WSDL looks like as a value, worked out once per type: keys by local name, in schema order, with
// the tags they are written with. Two names that differ in their namespace only: the later one is `{namespace}local`.

import type { XsdModel } from "../../../core/validation/model/output-schema.ts";
import type { ModelContent } from "../../../core/validation/model/complex-types.ts";
import type { ModelDeclaration } from "../../../core/validation/model/particle.ts";
import type { SimpleType } from "../../../core/validation/model/simple-type.ts";
import type { QName } from "../wsdl/document.ts";
import { SOAP11_ENCODING, SOAP12_ENCODING, XML, XSD } from "../wsdl/names.ts";
import { groupOf, isPlain, type Group } from "./group.ts";

export interface ElementPlan {
  readonly key: string;
  readonly name: QName;
  /** `n1:om` */
  readonly tag: string;
  /** Index of the namespace; -1 = none. */
  readonly namespace: number;
  readonly many: boolean;
  readonly required: boolean;
  content(): ContentPlan;
}

export interface AttributePlan {
  /** `@id` */
  readonly key: string;
  readonly name: QName;
  /** `id`, `n2:id`, `xml:lang` */
  readonly tag: string;
  readonly namespace: number;
  readonly required: boolean;
  readonly type: SimpleType;
  readonly fixed: string | undefined;
}

export interface ContentPlan {
  readonly typeName: string;
  readonly type: QName | undefined;
  readonly nillable: boolean;
  readonly abstract: boolean;
  /** Nothing but a text: the value is that text itself. */
  readonly scalar: boolean;
  readonly simple: SimpleType | undefined;
  readonly mixed: boolean;
  readonly attributes: readonly AttributePlan[];
  readonly attributeByName: ReadonlyMap<string, AttributePlan>;
  readonly openAttributes: boolean;
  readonly children: readonly ElementPlan[];
  readonly byKey: ReadonlyMap<string, number>;
  readonly byName: ReadonlyMap<string, ElementPlan>;
  /** The first of each local name, which is nearly always the one. */
  readonly byLocal: ReadonlyMap<string, ElementPlan>;
  readonly openChildren: boolean;
  /** Order and number of the children. */
  readonly group: Group | undefined;
  /** The children stand one behind the other, each at one place: no choice, nothing that repeats together. */
  readonly plain: boolean;
  /** Items of a SOAP array (SOAP 1.1, 5.4.2), whatever their elements are called. */
  readonly array: { readonly item: QName; readonly dimensions: string } | undefined;
  /** Types that xsi:type may name here, by their key in `@xsi:type`. */
  derived(): ReadonlyMap<string, QName>;
}

export interface Plans {
  readonly model: XsdModel;
  /** undefined where the schemas declare no such element. */
  element(name: QName): ElementPlan | undefined;
  type(name: QName): ContentPlan | undefined;
  /** Prefixes by index: namespace i is declared as `n<i>`. */
  readonly namespaces: readonly string[];
  /** Of a namespace of the schemas: of nothing that a value could name, because it is remembered. */
  readonly namespaceIndex: (uri: string) => number;
}

/** What all plans of a model are made with. */
interface Planning extends Omit<NamespaceTable, "namespaces"> {
  readonly model: XsdModel;
  readonly derivedOf: (type: QName | undefined) => ReadonlyMap<string, QName>;
  readonly contents: WeakMap<ModelContent, ContentPlan>;
}

export function createPlans(model: XsdModel): Plans {
  const { namespaces, namespaceIndex, tagOf } = namespaceTable();
  const planning: Planning = {
    model,
    namespaceIndex,
    tagOf,
    derivedOf: derivedTable(model),
    contents: new WeakMap(),
  };
  const elements = new Map<string, ElementPlan>();
  return {
    model,
    element(name) {
      const id = `{${name.namespace}}${name.local}`;
      const known = elements.get(id);
      if (known !== undefined) return known;
      const root = model.root(name);
      if (root === undefined) return undefined;
      const plan = elementPlan(planning, root, name.local);
      elements.set(id, plan);
      return plan;
    },
    type: (name) => typePlan(planning, name),
    namespaces,
    namespaceIndex,
  };
}

function elementPlan(planning: Planning, declaration: ModelDeclaration, key: string): ElementPlan {
  const { tagOf, namespaceIndex } = planning;
  let content: ContentPlan | undefined;
  const { name, many, required } = declaration;
  const shown = { key, name, tag: tagOf(name), namespace: namespaceIndex(name.namespace), many, required };
  return { ...shown, content: () => (content ??= contentPlan(planning, declaration.content())) };
}

function attributePlan(planning: Planning, use: ModelContent["attributes"][number], taken: Set<string>): AttributePlan {
  const { tagOf, namespaceIndex } = planning;
  const { name, required, type, fixed } = use;
  const isXml = name.namespace === XML;
  const key = freeKey(isXml ? `xml:${name.local}` : name.local, name, taken);
  const tag = isXml ? `xml:${name.local}` : tagOf(name);
  const namespace = isXml ? -1 : namespaceIndex(name.namespace);
  return { key: `@${key}`, name, tag, namespace, required, type, fixed };
}

function contentPlan(planning: Planning, content: ModelContent): ContentPlan {
  const known = planning.contents.get(content);
  if (known !== undefined) return known;
  const array = content.attributes.find((use) => use.arrayType !== undefined)?.arrayType;
  const own = content.attributes.filter(
    (use) => use.name.namespace !== SOAP11_ENCODING && use.name.namespace !== SOAP12_ENCODING,
  );
  const taken = new Set<string>();
  const attributes = own.map((use) => attributePlan(planning, use, taken));
  const keys = new Set<string>();
  const declared = content.children.map((child) =>
    elementPlan(planning, child, freeKey(child.name.local, child.name, keys)),
  );
  const children = array !== undefined && declared.length === 0 ? [itemPlan(planning, array.item)] : declared;
  const byName = new Map(children.map((child) => [`{${child.name.namespace}}${child.name.local}`, child]));
  const { typeName, type, nillable, abstract, openAttributes, simple } = content;
  const plan: ContentPlan = {
    typeName,
    type,
    nillable,
    abstract,
    scalar: simple !== undefined && attributes.length === 0 && !openAttributes,
    simple,
    mixed: simple === undefined && content.text !== undefined,
    attributes,
    attributeByName: new Map(attributes.map((it) => [`{${it.name.namespace}}${it.name.local}`, it])),
    openAttributes,
    children,
    byKey: new Map(children.map((child, index) => [child.key, index])),
    byName,
    byLocal: new Map(children.toReversed().map((child) => [child.name.local, child])),
    openChildren: content.openChildren && array === undefined,
    group: groupOf(content.particle, children),
    plain: isPlain(content.particle) || array !== undefined,
    array,
    derived: () => planning.derivedOf(type),
  };
  planning.contents.set(content, plan);
  return plan;
}

const ANY_TYPE = { namespace: XSD, local: "anyType" };

/** Of a SOAP array, whatever its elements are called. */
function itemPlan(planning: Planning, item: QName): ElementPlan {
  const content = (): ContentPlan =>
    typePlan(planning, item) ?? contentPlan(planning, planning.model.type(ANY_TYPE) as ModelContent);
  return {
    key: "item",
    name: { namespace: "", local: "item" },
    tag: "item",
    namespace: -1,
    many: true,
    required: false,
    content,
  };
}

function typePlan(planning: Planning, name: QName): ContentPlan | undefined {
  const content = planning.model.type(name);
  return content && contentPlan(planning, content);
}

interface NamespaceTable extends Pick<Plans, "namespaces" | "namespaceIndex"> {
  /** `n1:om` */
  readonly tagOf: (name: QName) => string;
}

function namespaceTable(): NamespaceTable {
  const namespaces: string[] = [];
  const indexes = new Map<string, number>();
  const namespaceIndex = (uri: string): number => {
    if (uri === "") return -1;
    const known = indexes.get(uri);
    if (known !== undefined) return known;
    indexes.set(uri, namespaces.length);
    return namespaces.push(uri) - 1;
  };
  return {
    namespaces,
    namespaceIndex,
    tagOf({ namespace, local }) {
      const index = namespaceIndex(namespace);
      return index < 0 ? local : `n${index}:${local}`;
    },
  };
}

/** The type itself and all that come from it, by their key in `@xsi:type`. */
function derivedTable(model: XsdModel): (type: QName | undefined) => ReadonlyMap<string, QName> {
  const done = new Map<string, ReadonlyMap<string, QName>>();
  return (type) => {
    if (type === undefined) return new Map();
    const name = `{${type.namespace}}${type.local}`;
    const known = done.get(name);
    if (known !== undefined) return known;
    const taken = new Set<string>();
    const found = new Map<string, QName>();
    for (const it of [type, ...model.derived(type)]) found.set(freeKey(it.local, it, taken), it);
    done.set(name, found);
    return found;
  };
}

function freeKey(key: string, name: QName, taken: Set<string>): string {
  const free = taken.has(key) ? `{${name.namespace}}${name.local}` : key;
  taken.add(free);
  return free;
}
