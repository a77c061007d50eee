// Some messages of a release, with the segments, composites and elements that they use and no others.

import type { Release, Tree } from "../release.ts";
import type { CompositeDef, ElementDef, SegmentDef } from "../types.ts";

/** `types` that the release does not have are left out. */
export function selectMessages(release: Release, types: readonly string[]): Release {
  const messages = new Map([...release.messages].filter(([type]) => types.includes(type)));
  const tags = new Set<string>();
  for (const tree of messages.values()) collectTags(tree, tags);
  const segments = new Map<string, SegmentDef>();
  const composites = new Map<string, CompositeDef>();
  const elements = new Map<string, ElementDef>();
  for (const tag of tags) {
    // Service segments are not the release's own.
    const segment = release.segments.get(tag);
    if (segment === undefined) continue;
    segments.set(tag, segment);
    for (const place of segment.places) {
      if ("element" in place) elements.set(place.element.id, place.element);
      else {
        composites.set(place.composite.id, place.composite);
        for (const { element } of place.composite.parts) elements.set(element.id, element);
      }
    }
  }
  return { name: release.name, elements, composites, segments, messages };
}

function collectTags(tree: Tree, tags: Set<string>): void {
  for (const use of tree) {
    if (use.kind === "segment") tags.add(use.segment.tag);
    else collectTags(use.children, tags);
  }
}
