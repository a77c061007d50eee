// All adapters of this version, listed by hand: nothing registers itself on import. Core gets the list from main.

import type { AnyAdapter } from "../core/bridge/sections.ts";
import type { Channel } from "../core/contract-channels.ts";
import type { NotifySettings } from "../core/notify/settings.ts";
import { csv } from "./csv/index.ts";
import { edifactAnswers } from "./edifact/control/index.ts";
import { edifact } from "./edifact/index.ts";
import { edifactWriter } from "./edifact/writer/index.ts";
import { fixed } from "./fixed/index.ts";
import { folderReceipts } from "./folder/receipts.ts";
import { folderSource } from "./folder/source.ts";
import { folderTarget } from "./folder/target.ts";
import { inboxSource } from "./inbox/index.ts";
import { ftpReceipts, ftpSource, ftpTarget } from "./ftp/index.ts";
import { httpProbe } from "./http/probe.ts";
import { httpTarget } from "./http/target.ts";
import { idoc, idocWritten } from "./idoc/index.ts";
import { json } from "./json/index.ts";
import { pdf } from "./pdf/index.ts";
import { pdfWriter } from "./pdf/write/index.ts";
import { prometheusProbe } from "./prometheus/index.ts";
import { rest } from "./rest/index.ts";
import { rfcFace, rfcTarget } from "./rfc/index.ts";
import { sftpReceipts, sftpSource, sftpTarget } from "./sftp/index.ts";
import { encoderOf } from "./shared/encodings/encoder.ts";
import { isEncoding } from "./shared/encodings/names.ts";
import { soapTarget } from "./soap/index.ts";
import { soapFace } from "./soap/face/index.ts";
import { x12Answers } from "./x12/answers/index.ts";
import { x12, x12Written } from "./x12/index.ts";
import { xml } from "./xml/index.ts";

export const adapters: readonly AnyAdapter[] = [
  folderSource,
  sftpSource,
  ftpSource,
  inboxSource,
  rest,
  soapFace,
  rfcFace,
  csv,
  fixed,
  xml,
  json,
  edifact,
  idoc,
  idocWritten,
  edifactWriter,
  x12,
  pdf,
  x12Written,
  pdfWriter,
  folderTarget,
  sftpTarget,
  ftpTarget,
  httpTarget,
  soapTarget,
  rfcTarget,
  folderReceipts,
  sftpReceipts,
  ftpReceipts,
  edifactAnswers,
  x12Answers,
  httpProbe,
  prometheusProbe,
];

/** Text → bytes by the name of an encoding, for `encode`; undefined where the name is not known. */
export function encoderNamed(encoding: string): ((text: string) => Uint8Array) | undefined {
  return isEncoding(encoding) ? encoderOf(encoding) : undefined;
}

/** Directories of EDIFACT, for `steg directory`. */
export async function openDirectoryDesk() {
  return (await import("./edifact/directory/desk.ts")).desk;
}

/** What people are told by; each is loaded where it is configured. */
export async function openChannels({ webhook, mail }: NotifySettings): Promise<readonly Channel[]> {
  return [
    ...(webhook === undefined ? [] : [await (await import("./webhook/channel.ts")).openWebhook(webhook)]),
    ...(mail === undefined ? [] : [await (await import("./smtp/channel.ts")).openMail(mail)]),
  ];
}

/** Sheets as PDF, for `steg sunset --pdf`. */
export async function openReportWriter() {
  return (await import("./pdf/write/report.ts")).writeReport;
}
