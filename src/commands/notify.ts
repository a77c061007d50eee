// steg notify: a message by every channel that is configured, to see whether it gets through.

import { BridgeError } from "../core/errors.ts";
import type { ChannelMessage, Sent } from "../core/contract-channels.ts";
import { EMAIL } from "../core/lifecycle/block-rules.ts";
import { mailsOf, postsOf } from "../core/notify/compose.ts";
import type { Item } from "../core/notify/item.ts";
import { mark } from "../core/terminal/look.ts";
import { ENVIRONMENT_FAULT, FINE, JSON_OUTPUT, settingsOf } from "./command.ts";
import type { Command } from "./command.ts";

export const command: Command = {
  options: { ...JSON_OUTPUT, to: { type: "string" } },
  usage: "[--to ADDRESS] [--json]",
  help: `
Sends a test by every channel that is configured (STEG_WEBHOOK_URL, STEG_SMTP_URL), once and at once, and says what became of it.
The mail goes to --to, else to STEG_MAIL_OPERATOR, else to STEG_MAIL_SECURITY. Nothing of it is kept; the appliance may run beside it.`,
  examples: ["steg notify", "steg notify --to gewerbe@stadt.example"],
  words: [0, 0],
  async run(args, program) {
    const { notify } = await settingsOf(args, program);
    const channels = await (await program.adapters()).openChannels(notify);
    if (channels.length === 0) {
      const hint =
        "STEG_WEBHOOK_URL and STEG_WEBHOOK_SECRET, or STEG_SMTP_URL and STEG_MAIL_FROM; docs/notifications.md.";
      throw new BridgeError("SETTING_INVALID", "nobody is told: no channel is configured", { hint });
    }
    const to = args.text("to") ?? notify.operator ?? notify.security;
    if (to !== undefined && !EMAIL.test(to)) throw new BridgeError("USAGE", "--to must be a mail address");
    const now = Date.now();
    const item: Item = { kind: "test", id: `test/${now}`, bridge: null, title: "", to: to === undefined ? [] : [to] };
    const results: { readonly channel: string; readonly end: Sent["end"]; readonly code: string | null }[] = [];
    for (const channel of channels) {
      const made = channel.name === "mail" ? mailsOf([item], notify.url) : postsOf([item], notify.url, now);
      const [message] = made as readonly (ChannelMessage | undefined)[];
      if (message === undefined)
        throw new BridgeError("USAGE", "nobody is named whom the mail could go to", {
          hint: "--to gewerbe@stadt.example",
        });
      const sent = await channel.send(message, program.interrupt.signal);
      results.push({ channel: channel.name, end: sent.end, code: sent.end === "sent" ? null : sent.code });
      await channel.close();
    }
    const { console } = program;
    if (args.flag("json")) console.json(results);
    for (const { channel, end, code } of args.flag("json") ? [] : results) {
      const sign = mark(console.out, end === "sent" ? "✓" : "✗");
      console.line(`${sign} ${channel}   ${code === null ? "sent" : `not sent: ${code}`}`);
    }
    return results.every(({ end }) => end === "sent") ? FINE : ENVIRONMENT_FAULT;
  },
};
