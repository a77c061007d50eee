// answer.folder: receipts as files, each whole at any moment; the same receipt written again replaces the former.

import { isAbsolute } from "node:path";
import { adapter, type AdapterContext, type ReceiptTarget } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { choice, object, required, text, type Infer } from "../../core/options/shape.ts";
import { errorCode, replaceFile } from "../shared/atomic.ts";
import { writableName } from "../shared/names.ts";
import { FOLDER, LEADS_OUT, leadsOut } from "../shared/taking.ts";
import { fixedFolder, prepareFolder } from "./place.ts";

const options = object(
  {
    path: required(
      text("folder that receipts are written to; relative to STEG_DATA", { ...FOLDER, example: "quittungen" }),
    ),
    format: choice(["json", "csv"], "how a receipt is written", { default: "json" }),
  },
  "A folder on this machine or on a mount",
);
type Options = NonNullable<Infer<typeof options>>;

export const folderReceipts = adapter({
  name: "folder",
  role: "receipts",
  summary: "Writes the receipt of a drop as a file.",
  options: required(options),
  check({ path = "" }, refuse) {
    if (leadsOut(path)) refuse("path", LEADS_OUT);
  },
  build: async (given: Options, context: AdapterContext) => createFolderReceipts(given, context),
});

function createFolderReceipts(given: Options, context: AdapterContext): ReceiptTarget {
  const folder = fixedFolder(given.path, context);
  return {
    async put(name, body, signal) {
      signal.throwIfAborted();
      try {
        await prepareFolder(folder, !isAbsolute(given.path));
        // The name is made from the drop's, which a stranger chose.
        await replaceFile(folder, writableName(name), body);
      } catch (cause) {
        const path = JSON.stringify(given.path);
        throw new BridgeError(
          "TARGET_UNREACHABLE",
          `the folder ${path} cannot be written: ${errorCode(cause) ?? "unknown"}`,
          {
            stage: "answer",
            cause,
          },
        );
      }
    },
    close: () => Promise.resolve(),
  };
}
