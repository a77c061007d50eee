// What requests must look like and how answers are written, compiled with the first request and the first answer that need it: an
// appliance at rest keeps neither the compilers nor what they made, which together are several MiB.

import { createRequire } from "node:module";
import type { Ajv, ValidateFunction } from "ajv";
import type { FastifySchemaCompiler, FastifyServerOptions } from "fastify";
import { makePlainAjv } from "../validation/make-ajv.ts";

const require = createRequire(import.meta.url);

type Validate = ReturnType<FastifySchemaCompiler<unknown>>;

/** For fastify's option `schemaController`. */
export function lateCompilers(): NonNullable<FastifyServerOptions["schemaController"]> {
  const validators = createValidators();
  return {
    compilersFactory: {
      // The type is that of fastify's own compiler; fastify calls it as it calls this one.
      buildValidator: () => validators as never,
      buildSerializer: () => (route) => serializer(route.schema),
    },
  };
}

/** Wrong types are refused, not bent; only query strings, which know no types, are converted. */
export function createValidators(): FastifySchemaCompiler<unknown> {
  let strict: Ajv | undefined;
  let converting: Ajv | undefined;
  return ({ schema, httpPart }) =>
    validator(() => {
      const ajv =
        httpPart === "querystring"
          ? (converting ??= makePlainAjv({ strict: false, coerceTypes: true, useDefaults: true }))
          : (strict ??= makePlainAjv({ strict: false }));
      return ajv.compile(schema as object);
    });
}

function validator(compile: () => ValidateFunction): Validate {
  let compiled: ValidateFunction | undefined;
  const validate: Validate = (value) => {
    compiled ??= compile();
    const valid = compiled(value);
    // Where fastify looks for them.
    validate.errors = (compiled.errors ?? null) as NonNullable<typeof validate.errors> | null;
    return valid;
  };
  return validate;
}

export function serializer(schema: unknown): (data: unknown) => string {
  let write: ((data: unknown) => string) | undefined;
  return (data) => {
    write ??= (require("./stringify.ts") as typeof import("./stringify.ts")).build(schema as object);
    return write(data);
  };
}
