// A bridge that takes EDIFACT and answers it, through the real command line.

import { middle } from "../adapters/edifact-contrl-support.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, type Dates, head, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];

export async function endScenes(): Promise<void> {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
}

export async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  receivers.push(started);
  return started;
}

export interface Surroundings extends World {
  /** The bridge anew, with other lines. */
  file(lines?: Lines): void;
  /** CONTRLs by the name of the drop, without what stands around their UCI. */
  answers(): readonly (readonly [drop: string, ...segments: string[]])[];
}

export interface Lines {
  readonly decode?: string;
  readonly map?: string;
  readonly deliver?: string;
  readonly answer?: string;
  /** Whole lines of the bridge file. */
  readonly more?: string;
  readonly dates?: Dates;
}

const ANSWER = "{ edifact: { path: quittung }, folder: { path: quittungen } }";

export function world(lines: Lines = {}): Surroundings {
  const made = createWorld();
  worlds.push(made);
  const { files, bridge } = made;
  const file = (given: Lines = lines): void => {
    const { decode = "{}", map = "{ json: { nr: = BGM.de1004 } }", answer = ANSWER, more = "", dates } = given;
    const deliver = given.deliver ?? '{ folder: { path: out, name: "{BGM.de1004}.json" } }';
    bridge(
      "bestellungen",
      `${head("bestellungen", dates)}receive:
  folder: { path: in, files: ["*.edi", "*.gz"], marker: "{name}.fertig", archive: archiv }
decode: { edifact: ${decode} }
map: ${map}
deliver: ${deliver}
answer: ${answer}
${more}`,
    );
  };
  file();
  return {
    ...made,
    file,
    answers: () =>
      [...files("quittung")].map(
        ([name, text]) => [name.replace(/\.\w{16}(?:\.\d+)?\.contrl\.edi$/, ""), ...middle(text)] as const,
      ),
  };
}
