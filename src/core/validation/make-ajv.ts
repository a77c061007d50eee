// ajv is a hundred small modules, loaded in 40 ms: most commands and bridges have no JSON Schema.

import { createRequire } from "node:module";
import type { Ajv, Options } from "ajv";

const require = createRequire(import.meta.url);

/** With the formats that the drafts name, checked in full. ajv itself is loaded with the first call. */
export function makeAjv(draft: "2020-12" | "draft-07", options: Options): Ajv {
  const ajv = draft === "draft-07" ? new (ajv07().Ajv)(options) : new (ajv2020().Ajv2020)(options);
  const formats = require("ajv-formats") as typeof import("ajv-formats");
  formats.default(ajv, { mode: "full" });
  return ajv;
}

const ajv07 = (): typeof import("ajv") => require("ajv") as typeof import("ajv");
const ajv2020 = (): typeof import("ajv/dist/2020.js") =>
  require("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
