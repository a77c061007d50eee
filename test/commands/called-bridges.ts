// What the files of bridges that are called have in common, and the invented contracts that stand beside some of them.

import { cp } from "node:fs/promises";
import { contracts } from "../peers/php-soap-server.ts";
import { type Dates, type Place, RUNNING } from "./steg.ts";

export interface HeadChoice {
  readonly title?: string;
  readonly dates?: Dates;
  /** As in the file: `{ title: …, url: … }`. */
  readonly successor?: string;
  /** More lines of the lifecycle, indented. */
  readonly more?: string;
}

const SUCCESSOR = '{ title: Neues Register, url: "https://neu.example/api", guide: "https://neu.example/umstieg" }';

/** All that stands before what the bridge receives, with a line break at its end. */
export function headOf(name: string, choice: HeadChoice = {}): string {
  const { title = name, dates = RUNNING, successor = SUCCESSOR, more } = choice;
  return `steg: 1
bridge: ${name}
title: ${title}
lifecycle:
  legacy: { system: Melde-Alt 4 }
  owner: { name: Meldeamt, email: melde@stadt.example, deputy: it@stadt.example }
  reason: Melde-Alt spricht nicht, was die anderen sprechen.
  personalData: VVT-1
  successor: ${successor}
  plan: [{ by: ${dates.deprecated}, goal: Testbetrieb }]
  started: ${dates.started}
  deprecated: ${dates.deprecated}
  sunset: ${dates.sunset}
${more === undefined ? "" : `${more}\n`}`;
}

/** A bridge whose WSDL is one of the contracts: `schemas/NAME.wsdl`. */
export async function writeWithContracts(place: Place, name: string, text: string): Promise<void> {
  await place.write(`mappings/${name}/bridge.yaml`, text);
  await cp(contracts, place.path(`mappings/${name}/schemas`), { recursive: true });
}
