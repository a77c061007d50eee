// fast-json-stringify by itself, for schema-compilers.ts, which loads it when the first answer is written.

import build from "fast-json-stringify";

export { build };
