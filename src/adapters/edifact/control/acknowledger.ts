// answer.edifact: a CONTRL for each interchange of a drop, one file each. The same drop gives the same bytes: the reference is made of the
// drop, the time is that of its receipt.

import { createHash } from "node:crypto";
import type { Acknowledger, AnswerFile, EndedDrop, Failure } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { localTime } from "../../shared/local-time.ts";
import type { Directories } from "../directory/types.ts";
import type { Options as DecodeOptions } from "../options.ts";
import type { Stamp } from "./head.ts";
import { judge, MOST_INTERCHANGES } from "./judge.ts";
import type { Judgement } from "./judgement.ts";
import type { Options } from "./options.ts";
import { type Fault, WITH_OTHERS } from "./refusal.ts";

/** It came before: 0020 of UNB. */
const DUPLICATE: Fault = { error0085: "26", tag: "UNB", element: 6, component: 1 };

export function acknowledger({ control }: Options, decoding: DecodeOptions, directories: Directories): Acknowledger {
  return {
    async acknowledge(drop, signal) {
      if (control === false) return [];
      const { interchanges, isBroken, isCut } = await judge(drop, decoding, directories, signal);
      const wholeOf = wholeFaults(drop, isBroken);
      const files: AnswerFile[] = [];
      for (const [at, judgement] of interchanges.entries()) {
        const { head, holdsControl } = judgement;
        // Asked of all of them, because it counts.
        const whole = wholeOf(judgement);
        if (holdsControl || (control === "requested" && !head.isRequested)) continue;
        const body = judgement.answer(whole, stampOf(drop, at + 1));
        if (body) files.push({ kind: "contrl", extension: "edi", body });
        else drop.notice(unanswered(judgement));
      }
      if (isBroken && interchanges.length === 0) drop.notice(nobody());
      if (isCut) drop.notice(tooMany());
      return files;
    },
  };
}

/** Why an interchange with which nothing is wrong was not taken; undefined = it was. To be asked of each in the order of the drop. */
function wholeFaults({ state, failures }: EndedDrop, isBroken: boolean): (one: Judgement) => Fault | undefined {
  if (state === "duplicate") return () => DUPLICATE;
  const found = failures.find(({ code }) => code === "EDIFACT_DUPLICATE");
  const which = new Set(String(found?.facts?.["which"] ?? "").split(","));
  const isRefused = isBroken || found !== undefined || failures.some(isOfFrame);
  let identified = 0;
  return ({ lack }) => {
    if (lack !== "identity" && which.has(String(++identified))) return DUPLICATE;
    return isRefused ? WITH_OTHERS : undefined;
  };
}

/** Decoding found what costs the whole drop. */
function isOfFrame({ stage, facts }: Failure): boolean {
  return stage === "decode" && (facts?.["level"] === "UCI" || facts?.["level"] === "UCF");
}

/** Fourteen characters of 36: two that are the same are less likely than one in a thousand millions among a million. */
function stampOf({ bridge, id, received, timezone }: EndedDrop, number: number): Stamp {
  const hash = createHash("sha256")
    .update(JSON.stringify([bridge, id, number]))
    .digest("hex");
  const reference = BigInt(`0x${hash}`).toString(36).toUpperCase().slice(-14).padStart(14, "0");
  const { date, time } = localTime(received, timezone);
  return { reference, date, time: time.slice(0, 4) };
}

const WHY = {
  identity: "sender (S002), recipient (S003) or reference (0020) of the interchange is missing",
  form: "sender, recipient or reference of the interchange cannot be repeated in a CONTRL",
  length: "more is wrong than a CONTRL may tell",
};

function unanswered({ head, lack = "length" }: Judgement): BridgeError {
  const { line, offset } = head;
  return new BridgeError("EDIFACT_UNANSWERED", `line ${line}, byte ${offset}, UNB: no CONTRL, ${WHY[lack]}`, {
    stage: "answer",
    facts: { why: lack, segment: "UNB", line, offset },
  });
}

function nobody(): BridgeError {
  const message = "no CONTRL: the drop breaks off before the header of an interchange";
  return new BridgeError("EDIFACT_UNANSWERED", message, { stage: "answer", facts: { why: "identity" } });
}

function tooMany(): BridgeError {
  const message = `no CONTRL for the interchanges behind the first ${MOST_INTERCHANGES}`;
  return new BridgeError("EDIFACT_UNANSWERED", message, {
    stage: "answer",
    facts: { why: "many", most: MOST_INTERCHANGES },
  });
}
