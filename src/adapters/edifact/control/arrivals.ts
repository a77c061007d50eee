// That interchanges came (UCI 8): a CONTRL for each whose header can be repeated, before anything but that header is looked at. Whether
// one holds a CONTRL, and so is not answered, shows behind its header: the drop is read to its end, without its messages.

import type { Acknowledger, TakenDrop } from "../../../core/contract.ts";
import type { Directories } from "../directory/types.ts";
import { type Interchange, identityOf, isIdentified } from "../envelope.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { compose } from "./compose.ts";
import { answerIn, type Head, headOf } from "./head.ts";
import { MOST_INTERCHANGES } from "./judge.ts";
import { type Listener, readAgain } from "./read-again.ts";
import { RECEIVED } from "./refusal.ts";
import { stampOf } from "./stamp.ts";
import type { Writing } from "./writing.ts";

interface Came {
  readonly head: Head;
  /** undefined = there can be no CONTRL, which the receipt says at the end. */
  readonly writing: Writing | undefined;
  /** undefined = it is not known which one it is. */
  readonly key: string | undefined;
  holdsControl: boolean;
  /** It came before. */
  isTwice: boolean;
}

export function arrivals(
  control: true | "requested",
  decoding: DecodeOptions,
  directories: Directories,
): NonNullable<Acknowledger["arrival"]> {
  return async (drop, signal) => {
    const came: Came[] = [];
    await readAgain(drop, decoding, signal, (charset) => listenerOf(came, charset, decoding.strict, directories));
    await markTwice(drop, came);
    return came.flatMap(({ head, writing, holdsControl, isTwice }, at) => {
      const isAsked = control === true || head.isRequested;
      if (!writing || holdsControl || !isAsked || isTwice) return [];
      const body = compose(head, writing, stampOf(drop, [at + 1, "arrival"]), RECEIVED, undefined, []);
      // In a folder by name it stands before the answer at the end.
      return [{ kind: "arrived.contrl", extension: "edi", body }];
    });
  };
}

function listenerOf(came: Came[], charset: string, strict: boolean, directories: Directories): Listener {
  let open: Came | undefined;
  const begins = (interchange: Interchange): void => {
    open = undefined;
    if (came.length === MOST_INTERCHANGES) return;
    const head = headOf(interchange);
    const writing = answerIn(interchange, head, charset, directories);
    const { header } = interchange;
    open = {
      head,
      writing: typeof writing === "string" ? undefined : writing,
      key: isIdentified(header) ? identityOf(header) : undefined,
      holdsControl: false,
      isTwice: false,
    };
    came.push(open);
  };
  return {
    sink: {
      full: false,
      begins,
      begin({ name }) {
        if (open && name.type === "CONTRL") open.holdsControl = true;
        return undefined;
      },
      message: () => undefined,
      interchange: () => void (open = undefined),
      // Where the partner is read leniently it is taken all the same.
      frame({ level, error0085 }) {
        if (open && strict && level === "UCI" && error0085 === "26") open.isTwice = true;
      },
    },
    breakOff: () => undefined,
  };
}

/** What earlier drops brought, as far as that is known when this one comes, hears that it is a duplicate, and nothing else. */
async function markTwice(drop: TakenDrop, came: readonly Came[]): Promise<void> {
  const identified = came.filter(({ key }) => key !== undefined);
  for (const index of await drop.cameBefore(identified.map(({ key }) => key!))) identified[index]!.isTwice = true;
}
