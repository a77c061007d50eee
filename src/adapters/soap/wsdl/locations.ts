// Where a location in a WSDL or schema may lie in the bridge's folder. Nothing is ever fetched: of an address only its
// last part counts, as people save files under it.

import { posix } from "node:path";

/** Paths below the bridge's folder, in the order in which they are tried; `from` is the file that names the location. */
export function candidatesFor(location: string, from: string): readonly string[] {
  const folder = posix.dirname(from);
  const found = new Set<string>();
  const add = (path: string): void => {
    const plain = posix.normalize(path);
    if (plain !== "." && !plain.startsWith("..") && !plain.startsWith("/") && !plain.includes("\0")) found.add(plain);
  };
  const text = location.trim().replaceAll("\\", "/");
  const isAddress = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(text);
  const path = decoded(text.replace(/[?#].*$/s, ""));
  if (!isAddress && !path.startsWith("/") && path !== "") add(posix.join(folder, path));
  for (const name of lastParts(text, path)) {
    add(posix.join(folder, name));
    add(posix.join("schemas", name));
    add(name);
  }
  return [...found];
}

/** `…/typen.xsd` → typen.xsd; `…/dienst?xsd=typen` → typen.xsd, typen; `…/dienst?wsdl` → dienst.wsdl. */
function lastParts(text: string, path: string): readonly string[] {
  const query = /\?([^#]*)/.exec(text)?.[1] ?? "";
  const named = /^(?:xsd|wsdl|schema)=([^&/]+)/i.exec(query);
  const last = posix.basename(path);
  if (named?.[1] !== undefined) {
    const name = posix.basename(decoded(named[1]));
    return [name, `${name}.${query.slice(0, 4).toLowerCase() === "wsdl" ? "wsdl" : "xsd"}`];
  }
  if (/^(?:xsd|wsdl)$/i.test(query)) return [`${last}.${query.toLowerCase()}`, last];
  return last === "" || last === ".." ? [] : [last];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
