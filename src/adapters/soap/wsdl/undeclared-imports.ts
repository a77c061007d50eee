// Many generators leave xs:import out between the schemas of one WSDL, which XSD wants (part 1, 4.2.3) and few tools
// miss. It is added where a schema declares a prefix for a namespace of another one.

import { scanSchema } from "../../../core/validation/xsd-scan.ts";
import { escapeAttribute } from "../../shared/xml/escape.ts";
import { builtInSchema } from "./builtin.ts";
import type { GivenSchema } from "./schemas.ts";
import { XML, XSD } from "./names.ts";

export function withUndeclaredImports(schemas: readonly GivenSchema[]): readonly GivenSchema[] {
  const targets = new Set<string>();
  const heads = schemas.map((schema) => scanSchema(schema.text, schema.id));
  for (const head of heads) if (head?.targetNamespace !== undefined) targets.add(head.targetNamespace);
  return schemas.map((schema, index) => {
    const head = heads[index];
    if (head === undefined) return schema;
    const imported = new Set(head.references.map((it) => (it.kind === "import" ? it.namespace : undefined)));
    let added = "";
    for (const namespace of prefixed(schema.text)) {
      if (namespace === head.targetNamespace || namespace === XML || imported.has(namespace)) continue;
      if (!targets.has(namespace) && builtInSchema(namespace) === undefined) continue;
      imported.add(namespace);
      added += `<imp:import xmlns:imp="${XSD}" namespace="${escapeAttribute(namespace)}"/>`;
    }
    return added === "" ? schema : { ...schema, text: withFirstChild(schema.text, added) };
  });
}

/** Namespaces with a prefix that some qualified name of the schema really uses. */
function prefixed(text: string): readonly string[] {
  const used = new Set(Array.from(text.matchAll(/["'\s]([\w.-]+):[\w.-]+["'\s[]/g), (match) => match[1]));
  return Array.from(text.matchAll(/\sxmlns:([\w.-]+)\s*=\s*["']([^"']*)["']/g)).flatMap((match) =>
    used.has(match[1]) ? [unescaped(match[2] ?? "")] : [],
  );
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

function withFirstChild(text: string, child: string): string {
  const end = text.indexOf(">", text.indexOf("<"));
  if (text[end - 1] === "/") return text;
  return text.slice(0, end + 1) + child + text.slice(end + 1);
}
