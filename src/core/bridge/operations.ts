// What can be asked of a face or a target, as far as files of the bridge say it: for the names that formulas read, for the check of
// templates, and for the description of the bridge itself.

import type { BridgeFiles, Operation, Role } from "../contract.ts";
import { BridgeError, type Position } from "../errors.ts";
import type { JsonShape } from "../mapping/types.ts";
import { bindOptions } from "../options/bind.ts";
import type { Checked } from "../options/checked.ts";
import { openJsonDocument } from "../validation/json-schema.ts";
import { fileOf, reportThrown } from "./loading.ts";
import type { Loading } from "./loading.ts";
import type { AnyAdapter } from "./sections.ts";

/** Empty where the adapter describes nothing, or after findings. */
export async function operationsOf(
  loading: Loading,
  adapter: AnyAdapter & { readonly role: Role },
  at: Position,
  options: Checked,
  calls: Pick<BridgeFiles, "calls" | "callOptions">,
  placeOfCall: (name: string) => Position | undefined = () => undefined,
): Promise<readonly Operation[]> {
  if (!adapter.operations) return [];
  const files: BridgeFiles = {
    ...calls,
    bridgeDir: loading.folder.dir,
    catalogDir: loading.catalogDir,
    readBridgeFile: (path) => fileOf(loading, path),
  };
  try {
    return await adapter.operations(bindOptions(options), files);
  } catch (cause) {
    const call = cause instanceof BridgeError ? cause.facts?.["call"] : undefined;
    reportThrown(loading.report, cause, (typeof call === "string" ? placeOfCall(call) : undefined) ?? at);
    return [];
  }
}

/** What a message to this operation has to look like. */
export function inputShape(operation: Operation | undefined): JsonShape | undefined {
  return operation && openJsonDocument(operation.input, operation.name).shape;
}

/** The names at the top of what comes in, where no others may; undefined = open. */
export function inputFields(operation: Operation | undefined): readonly string[] | undefined {
  const shape = inputShape(operation);
  return shape?.closed === true ? shape.properties : undefined;
}
