// ajv is a hundred small modules, loaded in 40 ms: most commands and bridges have no JSON Schema.

import { createRequire } from "node:module";
import type { Ajv, Options } from "ajv";

const require = createRequire(import.meta.url);

/** With the formats that the drafts name, checked in full. ajv itself is loaded with the first call. */
export function makeAjv(draft: "2020-12" | "draft-07", options: Options): Ajv {
  const { Ajv, Ajv2020, addFormats } = load();
  const ajv = draft === "draft-07" ? new Ajv(options) : new Ajv2020(options);
  addFormats(ajv, { mode: "full" });
  return ajv;
}

/** Of draft 07, without formats: what a schema says of them is not looked at. */
export function makePlainAjv(options: Options): Ajv {
  return new (load().Ajv)(options);
}

const load = (): typeof import("./ajv.ts") => require("./ajv.ts") as typeof import("./ajv.ts");
