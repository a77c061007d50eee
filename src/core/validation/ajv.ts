// ajv and the formats of JSON Schema in one module, for make-ajv.ts, which loads it when the first schema comes.

import formats from "ajv-formats";

export { Ajv } from "ajv";
export { Ajv2020 } from "ajv/dist/2020.js";
export const addFormats = formats.default;
