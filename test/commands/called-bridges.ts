// What the files of bridges that are called have in common, and the invented contracts that stand beside some of them.

import { cp } from "node:fs/promises";
import { contracts } from "../peers/php-soap-server.ts";
import { headOf as commonHead, type HeadChoice } from "../bridge-head.ts";
import type { Place } from "./steg.ts";

const SUCCESSOR = '{ title: Neues Register, url: "https://neu.example/api", guide: "https://neu.example/umstieg" }';

/** All that stands before what the bridge receives, with a line break at its end. */
export function headOf(name: string, choice: HeadChoice = {}): string {
  return commonHead(name, { title: name, successor: SUCCESSOR, ...choice });
}

/** A bridge whose WSDL is one of the contracts: `schemas/NAME.wsdl`. */
export async function writeWithContracts(place: Place, name: string, text: string): Promise<void> {
  await place.write(`mappings/${name}/bridge.yaml`, text);
  await cp(contracts, place.path(`mappings/${name}/schemas`), { recursive: true });
}
