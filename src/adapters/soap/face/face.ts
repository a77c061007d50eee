// A SOAP face: how requests, answers and documents of one bridge come together.

import type {
  AdapterContext,
  BridgeFiles,
  Call,
  CallEnd,
  Face,
  FaceRequest,
  Known,
  Operation,
} from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { describeOperations } from "../operations.ts";
import { sharedService } from "../shared-service.ts";
import { documentsOf } from "./documents.ts";
import type { Options } from "./index.ts";
import { type Offer, offersOf } from "./offers.ts";
import { type Heard, readCall } from "./read.ts";
import { type Content, contentOf, faultOfEnd, plainReply, replyWith, type Writing } from "./write.ts";

export function faceOperations(given: Known<Options>, files: BridgeFiles): readonly Operation[] {
  const { service, plans } = sharedService(given, files);
  return describeOperations(service, "face", plans);
}

export async function buildFace(given: Options, context: AdapterContext): Promise<Face> {
  const { service, plans } = sharedService(given, context);
  const validator = given.validate ? await service.openValidator() : undefined;
  const offers = offersOf(service.bindings, plans);
  const writing: Writing = { plans, validator, only12: !offers.versions.has("1.1") };
  const offered = new Set(offers.all.map(({ operation }) => `${operation.service}/${operation.port}`));
  const document = documentsOf(service, (name, port) => offered.has(`${name}/${port}`));
  /** What was heard of a request, for the answer to it; and answers that were already written. */
  const heardOf = new WeakMap<FaceRequest, Heard>();
  const contents = new WeakMap<Call, { readonly of: Answered["body"]; readonly content: Content }>();

  function contentFor(call: Call, end: Answered): Content {
    const known = contents.get(call);
    if (known?.of === end.body) return known.content;
    const content = contentOf(writing, call.state as Offer, end);
    contents.set(call, { of: end.body, content });
    return content;
  }

  function answerFault(call: Call, end: Answered): BridgeError | undefined {
    try {
      contentFor(call, end);
      return undefined;
    } catch (cause) {
      if (cause instanceof BridgeError) return cause;
      throw cause;
    }
  }

  return {
    operations: describeOperations(service, "face", plans),
    document,
    read(request) {
      const heard: Heard = {};
      heardOf.set(request, heard);
      return readCall({ offers, plans, validator }, request, heard);
    },
    answerFault,
    write(call, end, request) {
      const heard = heardOf.get(request) ?? { version: versionOf(request) };
      // An answer is asked for its faults before, so that nothing is wrong with this one; and it answers a call.
      if (end.end === "answered") return replyWith(writing, contentFor(call as Call, end), end, heard);
      if (end.code === "CALL_METHOD" || end.code === "CALL_TYPE" || request.method !== "POST") return plainReply(end);
      const fault = faultOfEnd(writing, heard.offer, end, heard);
      return replyWith(writing, { fault }, end, heard);
    },
    close() {
      validator?.dispose();
      return Promise.resolve();
    },
  };
}

type Answered = Extract<CallEnd, { end: "answered" }>;

/** Of a request that nobody read. */
function versionOf({ headers }: FaceRequest): "1.1" | "1.2" {
  return /soap\+xml/iu.test(headers["content-type"] ?? "") ? "1.2" : "1.1";
}
