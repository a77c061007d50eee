// answer.edifact: a CONTRL for each interchange of a drop, one file each, and APERAKs where the bridge wants them. The same drop gives the same bytes: the reference is made of the
// drop, the time is that of its receipt.

import type { Acknowledger, AnswerFile, EndedDrop, Failure } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { Aperaks } from "../aperak/answers.ts";
import type { Directories } from "../directory/types.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { judge, type Judged, MOST_INTERCHANGES } from "./judge.ts";
import type { Judgement } from "./judgement.ts";
import type { Options } from "./options.ts";
import { type Fault, WITH_OTHERS } from "./refusal.ts";
import { stampOf } from "./stamp.ts";

/** After the sunset: there is no agreement any more. */
const ENDED: Fault = { error0085: "17", tag: "", element: 0, component: 0 };
/** It came before: 0020 of UNB. */
const DUPLICATE: Fault = { error0085: "26", tag: "UNB", element: 6, component: 1 };

export function acknowledger(
  { control }: Pick<Options, "control">,
  decoding: DecodeOptions,
  directories: Directories,
  told?: Aperaks,
): Acknowledger {
  return {
    async acknowledge(drop, signal) {
      if (control === false && !told) return [];
      const judged = await judge(drop, decoding, directories, signal);
      const files = control === false ? [] : controls(drop, judged, control);
      // Where nothing of the drop was taken the CONTRL has said all.
      if (!told || isRefused(drop, judged.isBroken)) return files;
      return [...files, ...(await told.answer(drop, signal))];
    },
  };
}

function controls(
  drop: EndedDrop,
  { interchanges, isBroken, isCut }: Judged,
  control: true | "requested",
): readonly AnswerFile[] {
  const wholeOf = wholeFaults(drop, isBroken);
  const files: AnswerFile[] = [];
  for (const [at, judgement] of interchanges.entries()) {
    const { head, holdsControl } = judgement;
    // Asked of all of them, because it counts.
    const whole = wholeOf(judgement);
    // That nothing of it was taken over is said to whoever sent it.
    const isAsked = control === true || head.isRequested || drop.state === "refused";
    if (holdsControl || !isAsked) continue;
    const body = judgement.answer(whole, stampOf(drop, [at + 1]));
    if (body) files.push({ kind: "contrl", extension: "edi", body });
    else drop.notice(unanswered(judgement));
  }
  if (isBroken && interchanges.length === 0) drop.notice(nobody());
  if (isCut) drop.notice(tooMany());
  return files;
}

/** Why an interchange with which nothing is wrong was not taken; undefined = it was. To be asked of each in the order of the drop. */
function wholeFaults(drop: EndedDrop, isBroken: boolean): (one: Judgement) => Fault | undefined {
  if (drop.state === "duplicate") return () => DUPLICATE;
  if (drop.state === "refused") return () => ENDED;
  const found = drop.failures.find(isTwice);
  const which = new Set(String(found?.facts?.["which"] ?? "").split(","));
  const isNothing = isRefused(drop, isBroken);
  let identified = 0;
  return ({ lack }) => {
    if (lack !== "identity" && which.has(String(++identified))) return DUPLICATE;
    return isNothing ? WITH_OTHERS : undefined;
  };
}

/** Nothing of the drop was taken. */
function isRefused({ failures }: EndedDrop, isBroken: boolean): boolean {
  return isBroken || failures.some(isTwice) || failures.some(isOfFrame);
}

function isTwice({ code }: Failure): boolean {
  return code === "EDIFACT_DUPLICATE";
}

/** Decoding found what costs the whole drop. */
function isOfFrame({ stage, facts }: Failure): boolean {
  return stage === "decode" && (facts?.["level"] === "UCI" || facts?.["level"] === "UCF");
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
