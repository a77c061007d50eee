// A loaded bridge with its adapters built: what the intake and the drop runs work with.

import { createLaterAnswers } from "../calls/later-answers.ts";
import type { Acknowledger, AdapterContext, Face, ReceiptTarget, Source } from "../contract.ts";
import type { LoadedBridge, Way } from "../bridge/types.ts";
import type { Validator } from "../mapping/types.ts";
import type { Executor } from "../distributed/executor.ts";
import { staysBecause } from "../distributed/travels.ts";
import type { Shadow } from "../shadow/shadow.ts";
import { createAskedToWait, type AskedToWait } from "./asked-to-wait.ts";
import { createCourier, type Courier, type CourierEvents } from "./courier.ts";
import type { RunningBridge } from "./drop-run.ts";
import type { OpenWay } from "./map-unit.ts";
import { rawCodec } from "./raw.ts";
import { createServerBook, type ServerBook } from "./server-health.ts";

export interface Answer {
  readonly as: "json" | "csv" | Acknowledger;
  /** Of the adapter that answers; of receipts of the one that writes them. */
  readonly name: string;
  readonly target: ReceiptTarget;
}

export interface Runtime extends RunningBridge {
  readonly answers: readonly Answer[];
  /** Of a bridge that is called. */
  readonly face: Face | undefined;
  readonly asked: AskedToWait;
  /** Servers of targets with growing files. */
  readonly servers: ServerBook;
  close(): Promise<void>;
}

/** Builds codec, validators, targets and receipt targets; reads secrets. Closes what it had opened if one of them fails. */
export async function openRuntime(
  bridge: LoadedBridge,
  context: AdapterContext,
  events: CourierEvents,
  /** Compares what targets answer with what the successor does. */
  openShadow?: (context: AdapterContext) => Promise<Shadow | undefined>,
  /** Works on chunks elsewhere, where the bridge lets it. */
  executor?: Executor,
): Promise<Runtime> {
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const codec = bridge.codec ? await bridge.codec.build(context) : rawCodec;
    const ways = await openWays(bridge, closers);
    const face = await bridge.face?.face.build(context);
    if (face) closers.push(() => face.close());
    const later = face && bridge.face && createLaterAnswers(bridge.face, face);
    const shadow = await openShadow?.(context);
    if (shadow) closers.push(() => shadow.close());
    const couriers = new Map<Way, Courier>();
    const asked = createAskedToWait();
    const servers = createServerBook();
    for (const { way } of ways) {
      if (way.skip !== undefined) continue;
      const target = servers.hearing(asked.hearing(await way.deliver.target.build(context)));
      const watched = shadow ? shadow.beside(target, way) : target;
      const courier = createCourier(way.deliver, watched, bridge.onDoubt, events);
      couriers.set(way, courier);
      closers.push(() => courier.close());
    }
    const answers: Answer[] = [];
    for (const { target, as } of bridge.answers) {
      const built = await target.build(context);
      closers.push(() => built.close());
      if (typeof as === "string") answers.push({ as, name: target.name, target: built });
      else answers.push({ as: await as.build(context), name: as.name, target: built });
    }
    const usesBatch = readsBatch(bridge);
    const base = { bridge, codec, ways, couriers, usesBatch, later };
    const away = executor && staysBecause(base) === undefined ? { executor } : {};
    return { ...base, ...away, face, answers, asked, servers, close: closeAll };
  } catch (cause) {
    await closeAll();
    throw cause;
  }
}

/** Validators are compiled once and shared by ways that name the same factory. */
export async function openWays(
  bridge: LoadedBridge,
  closers: (() => Promise<void> | void)[],
): Promise<readonly OpenWay[]> {
  const opened = new Map<() => Promise<Validator>, Validator>();
  const ways: OpenWay[] = [];
  for (const way of bridge.ways) {
    const validators: Validator[] = [];
    for (const open of way.validators) {
      let validator = opened.get(open);
      if (!validator) {
        validator = await open();
        opened.set(open, validator);
        const done = validator;
        closers.push(() => done.dispose());
      }
      validators.push(validator);
    }
    ways.push({ way, validators });
  }
  return ways;
}

function readsBatch(bridge: LoadedBridge): boolean {
  for (const [name, bytes] of bridge.files) {
    if (name.endsWith(".yaml") && Buffer.from(bytes).includes("$batch")) return true;
  }
  return false;
}

export type { Source };
