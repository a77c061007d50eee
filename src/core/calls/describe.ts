// A bridge at work → what is told of it to those who call.

import { ANYONE } from "../bridge/face-shapes.ts";
import type { Standing } from "../lifecycle/state.ts";
import type { OpenFace } from "./open-face.ts";
import type { DescribedBridge, SecurityInForce } from "./openapi.ts";

export function describedBridge(
  { bridge, section, face }: OpenFace,
  { state, end }: Standing,
  security: Omit<SecurityInForce, "anyone">,
): DescribedBridge {
  const { owner, deprecated, successor } = bridge.lifecycle;
  const { body, rate, inFlight } = section.limits;
  return {
    bridge: bridge.name,
    title: bridge.title,
    version: bridge.version.slice(0, 12),
    owner: { name: owner.name, email: owner.email },
    lifecycle: { state, deprecated, sunset: end, successor },
    operations: face.operations,
    security: { ...security, anyone: section.callers?.includes(ANYONE) === true },
    limits: { body, rate, inFlight },
    deadline: section.deadline,
    async: section.async,
  };
}
