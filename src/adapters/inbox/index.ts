// receive.inbox: the appliance itself is the server that the legacy side drops on. ssh2 is loaded when a bridge is built that needs it.

import { adapter, type AdapterContext } from "../../core/contract.ts";
import { required } from "../../core/options/shape.ts";
import { userClaim } from "./address.ts";
import { checkInbox, inboxOptions, type InboxOptions } from "./options.ts";

export const inboxSource = adapter({
  name: "inbox",
  role: "source",
  summary: "Takes files that clients drop on an SFTP server of this appliance.",
  options: required(inboxOptions),
  refuses: () => true,
  check: checkInbox,
  claims: ({ sftp }) =>
    Object.keys(sftp?.users ?? {}).map((user) => ({
      name: userClaim(user, sftp?.listen ?? ""),
      option: `sftp.users.${user}`,
    })),
  build: async (given: InboxOptions, context: AdapterContext) => {
    const { createInbox } = await import("./source.ts");
    return await createInbox(given, context);
  },
});
