// Attribute uses of a type or derivation, with attribute groups resolved (XSD part 1, 3.2 and 3.6).

import type { ElementContent, QName } from "../../mapping/types.ts";
import { readQName, resolve, type Components, type Context } from "./components.ts";
import { broken, builtinType, type SimpleTypes } from "./simple-types.ts";
import type { SimpleType } from "./simple-type.ts";
import type { XsdNode } from "./tree.ts";

export type AttributeUse = ElementContent["attributes"][number] & {
  /** Of a SOAP 1.1 array: the type of its items, and `[]` or `[,]` behind it. */
  readonly arrayType?: { readonly item: QName; readonly dimensions: string };
  readonly type: SimpleType;
};

export interface Attributes {
  readonly attributes: readonly AttributeUse[];
  /** use="prohibited": taken away from the base by a restriction. */
  readonly prohibited: readonly QName[];
  readonly open: boolean;
}

const DEPTH_LIMIT = 64;

export function attributesOf(
  node: XsdNode,
  context: Context,
  components: Components,
  simple: SimpleTypes,
  depth = 0,
): Attributes {
  if (depth > DEPTH_LIMIT) throw broken("attribute groups nested more than 64 deep", node, context);
  const attributes: AttributeUse[] = [];
  const prohibited: QName[] = [];
  let open = false;
  for (const child of node.children) {
    if (child.local === "anyAttribute") open = true;
    else if (child.local === "attribute") {
      const use = attributeUse(child, context, components, simple);
      if (child.attributes.get("use") === "prohibited") prohibited.push(use.name);
      else attributes.push(use);
    } else if (child.local === "attributeGroup") {
      const name = readQName(child.attributes.get("ref") ?? "", child, context);
      const group = resolve(components, "attributeGroup", name, child, context);
      const inner = attributesOf(group.node, group.context, components, simple, depth + 1);
      attributes.push(...inner.attributes);
      prohibited.push(...inner.prohibited);
      open ||= inner.open;
    }
  }
  return { attributes, prohibited, open };
}

function attributeUse(node: XsdNode, context: Context, components: Components, simple: SimpleTypes): AttributeUse {
  const reference = node.attributes.get("ref");
  const required = node.attributes.get("use") === "required";
  if (reference !== undefined) {
    const global = resolve(components, "attribute", readQName(reference, node, context), node, context);
    const type = attributeType(global.node, global.context, simple);
    const values = { ...valuesOf(global.node), ...valuesOf(node) };
    return { name: global.name, required, type, ...values, ...arrayOf(node, context) };
  }
  const form = node.attributes.get("form");
  const qualified = form === undefined ? context.attributesQualified : form === "qualified";
  const name: QName = { namespace: qualified ? context.target : "", local: node.attributes.get("name") ?? "" };
  return { name, required, type: attributeType(node, context, simple), ...valuesOf(node) };
}

function arrayOf(node: XsdNode, context: Context): Pick<AttributeUse, "arrayType"> {
  const match = /^([^[\]\s]+)((?:\[[\d,]*\])+)$/.exec(node.arrayType?.trim() ?? "");
  if (match?.[1] === undefined || match[2] === undefined) return {};
  return { arrayType: { item: readQName(match[1], node, context), dimensions: match[2] } };
}

function valuesOf(node: XsdNode): { fixed?: string; default?: string } {
  const fixed = node.attributes.get("fixed");
  const preset = node.attributes.get("default");
  return { ...(fixed === undefined ? {} : { fixed }), ...(preset === undefined ? {} : { default: preset }) };
}

function attributeType(node: XsdNode, context: Context, simple: SimpleTypes): SimpleType {
  const named = node.attributes.get("type");
  const inner = node.children.find((child) => child.local === "simpleType");
  const type =
    named !== undefined
      ? simple.named(readQName(named, node, context), node, context)
      : inner !== undefined
        ? simple.at(inner, context)
        : builtinType("anySimpleType");
  if (type === undefined) throw broken("an attribute whose type is not simple", node, context);
  return type;
}
