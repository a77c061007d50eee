// fleet.yaml read and checked, every finding with its place.

import { join, resolve } from "node:path";
import { BridgeError } from "../errors.ts";
import { finding } from "../bridge/finding.ts";
import { readYaml } from "../bridge/read-yaml.ts";
import type { Report } from "../bridge/tree.ts";
import { bindOptions, type Outside } from "../options/bind.ts";
import { checkOption } from "../options/check.ts";
import { items, part, plain, type Checked, type CheckedObject, type CheckEnvironment } from "../options/checked.ts";
import { fleetShape, leavesInClear, MOST_APPLIANCES, MOST_TAGS } from "./fleet-shape.ts";

export interface ApplianceEntry {
  readonly name: string;
  readonly title: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What its documents have to be signed with; undefined = the key that was seen first. */
  readonly publicKey: string | undefined;
  /** Origin of its dashboard, without a slash at the end. */
  readonly link: string | undefined;
  readonly contact: string | undefined;
  readonly from: Pulled | Carried;
}

export interface Pulled {
  readonly kind: "pulled";
  /** Origin, without a slash at the end. */
  readonly url: string;
  /** Read for every request, so that a token can be changed while the fleet runs. Throws SECRET_MISSING. */
  token(): string | undefined;
  /** Files, absolute. */
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  readonly ca: string | undefined;
}

export interface Carried {
  readonly kind: "carried";
  /** The file, absolute. */
  readonly path: string;
}

export interface FleetFile {
  readonly name: string;
  readonly listen: string | undefined;
  /** Milliseconds. */
  readonly every: number;
  readonly appliances: readonly ApplianceEntry[];
  /** Keys of tags that there are, in the order of the file. */
  readonly tags: readonly string[];
}

export interface FleetSurroundings {
  /** Absolute; what the file names is relative to it. */
  readonly folder: string;
  readonly outside: Outside;
  /** ISO date: exceptions end. */
  readonly today: string;
  readonly report: Report;
}

/** undefined after findings of severity error. Throws SECRET_MISSING where a value from outside, but for tokens, is not there. */
export function readFleetFile(file: string, bytes: Uint8Array, surroundings: FleetSurroundings): FleetFile | undefined {
  let failed = false;
  const report: Report = (each) => {
    failed ||= each.severity === "error";
    // The rules are the bridge file's own; the words have to fit the file at hand.
    surroundings.report({ ...each, message: each.message.replaceAll(/\b(the|a) bridge file\b/g, "$1 fleet file") });
  };
  const node = readYaml(file, bytes, report);
  const checked = node && checkOption(node, fleetShape, "", environmentOf(surroundings, report));
  if (checked?.kind !== "object") return undefined;
  const entries = entriesOf(checked);
  checkEntries(checked, entries, report);
  return failed ? undefined : fleetOf(checked, entries, surroundings);
}

interface Written {
  readonly checked: CheckedObject;
  /** Of snapshot files. */
  readonly folder: Checked | undefined;
}

function entriesOf(checked: CheckedObject): readonly Written[] {
  const pulled = items(checked, "appliances").filter(isMap);
  const groups = items(checked, "snapshots").filter(isMap);
  return [
    ...pulled.map((entry) => ({ checked: entry, folder: undefined })),
    ...groups.flatMap((group) =>
      items(group, "appliances")
        .filter(isMap)
        .map((entry) => ({ checked: entry, folder: group.entries.get("folder") })),
    ),
  ];
}

function isMap(item: Checked): item is CheckedObject {
  return item.kind === "object";
}

function checkEntries(root: CheckedObject, entries: readonly Written[], report: Report): void {
  if (entries.length === 0)
    report(
      finding("MISSING_KEY", root.at, "the fleet has no appliances", { hint: "appliances: [ … ] or snapshots: [ … ]" }),
    );
  if (entries.length > MOST_APPLIANCES)
    report(
      finding(
        "TOO_MANY",
        root.at,
        `the fleet has ${entries.length} appliances, at most ${MOST_APPLIANCES} are allowed`,
      ),
    );
  const seen = new Map<string, CheckedObject>();
  const tags = new Set<string>();
  for (const { checked, folder } of entries) {
    const name = plain<string>(checked, "name");
    const at = checked.entries.get("name")?.at ?? checked.at;
    const before = name === undefined ? undefined : seen.get(name);
    if (name !== undefined && before === undefined) seen.set(name, checked);
    if (before !== undefined) {
      const message = `there is an appliance ${name} already, in line ${before.at.line}`;
      report(finding("WRONG_VALUE", at, message, { hint: "each name once", length: name?.length ?? 0 }));
    }
    for (const key of part(checked, "tags")?.entries.keys() ?? []) tags.add(key);
    if (folder === undefined) checkWayIn(checked, report);
  }
  if (tags.size > MOST_TAGS) {
    const message = `the appliances have ${tags.size} different tags, at most ${MOST_TAGS} are allowed`;
    report(finding("TOO_MANY", root.at, message, { hint: "the same tags for all of them, with different values" }));
  }
}

function checkWayIn(checked: CheckedObject, report: Report): void {
  const has = (key: string): boolean => checked.entries.has(key);
  if (has("clientCert") !== has("clientKey")) {
    const [there, lacking] = has("clientCert") ? ["clientCert", "clientKey"] : ["clientKey", "clientCert"];
    const at = checked.entries.get(there)?.at ?? checked.at;
    report(finding("MISSING_KEY", at, `${there} needs ${lacking} beside it`, { hint: `${lacking}: /run/secrets/…` }));
  }
  if (!has("token") && !has("clientCert")) {
    const message = "an appliance answers whom it knows: token or clientCert is missing";
    report(finding("MISSING_KEY", checked.at, message, { hint: "token: ${file:/run/secrets/NAME}" }));
  }
}

function fleetOf(
  checked: CheckedObject,
  entries: readonly Written[],
  { folder: base, outside }: FleetSurroundings,
): FleetFile {
  const text = (one: CheckedObject, key: string): string | undefined => textOf(one.entries.get(key), outside);
  const path = (one: CheckedObject, key: string): string | undefined => {
    const written = text(one, key);
    return written === undefined ? undefined : resolve(base, written);
  };
  const appliances = entries.map(({ checked: one, folder }): ApplianceEntry => {
    const name = text(one, "name") ?? "";
    const url = text(one, "url")?.replace(/\/$/, "");
    // The check has seen what stands in the file, which may have come from outside only now.
    if (leavesInClear(url) && !one.entries.has("exception"))
      throw new BridgeError(
        "OPTION_UNUSABLE",
        `the url of ${name} is weaker than today's minimum and needs an exception`,
        {
          position: one.entries.get("url")?.at,
        },
      );
    const token = one.entries.get("token");
    return {
      name,
      title: text(one, "title") ?? name,
      tags: (bound(one.entries.get("tags"), outside) as ApplianceEntry["tags"] | undefined) ?? {},
      publicKey: text(one, "publicKey"),
      link: text(one, "link")?.replace(/\/$/, "") ?? url,
      contact: text(one, "contact"),
      from:
        url === undefined
          ? { kind: "carried", path: join(resolve(base, textOf(folder, outside) ?? ""), `${name}.json`) }
          : {
              kind: "pulled",
              url,
              token: () => textOf(token, outside),
              clientCert: path(one, "clientCert"),
              clientKey: path(one, "clientKey"),
              ca: path(one, "ca"),
            },
    };
  });
  return {
    name: text(checked, "name") ?? "",
    listen: text(checked, "listen"),
    every: plain<number>(checked, "every") ?? 60_000,
    appliances,
    tags: [...new Set(appliances.flatMap(({ tags }) => Object.keys(tags)))],
  };
}

function bound(checked: Checked | undefined, outside: Outside): unknown {
  return checked === undefined ? undefined : bindOptions(checked, outside);
}

function textOf(checked: Checked | undefined, outside: Outside): string | undefined {
  const value = bound(checked, outside);
  return typeof value === "string" ? value : undefined;
}

function environmentOf({ today }: FleetSurroundings, report: Report): CheckEnvironment {
  return {
    report,
    today,
    outside: true,
    compile: () => undefined,
    refuseFile: () => "a fleet file names no files of a bridge",
    elsewhere: () => [],
    unavailable: () => undefined,
  };
}
