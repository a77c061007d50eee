// node-rfc, when a bridge asks for it, and what to do where it is not there. It is looked for where Node looks for any package of
// Steg's, and in the folders of NODE_PATH, so that an operator can mount it beside the image.

import { createRequire } from "node:module";
import { BridgeError, type Stage } from "../../core/errors.ts";
import { errorCode } from "../shared/atomic.ts";
import type { Sdk } from "./sdk-types.ts";

export type LoadSdk = () => Sdk;

const require = createRequire(import.meta.url);

export const loadSdk: LoadSdk = () => require("node-rfc") as Sdk;

/** Throws OPTION_UNUSABLE, which says what to install where. */
export function sdkFor(role: "deliver.rfc" | "receive.rfc", load: LoadSdk): Sdk {
  const stage: Stage = role === "deliver.rfc" ? "deliver" : "receive";
  try {
    const sdk = load();
    if (typeof sdk.Client === "function" && typeof sdk.Server === "function") return sdk;
    throw new Error("the package node-rfc has no Client and Server");
  } catch (cause) {
    const { what, install } = lackOf(cause);
    throw new BridgeError("OPTION_UNUSABLE", `${role}.via is sdk, but ${what}`, {
      stage,
      hint: `${install} ${OTHERWISE[role]}`,
      detail: cause instanceof Error ? cause.message.slice(0, 500) : undefined,
      facts: { option: "via" },
    });
  }
}

const OTHERWISE = {
  "deliver.rfc": "Or use via: soap, which needs neither.",
  "receive.rfc": "Or let SAP post over HTTP, to receive.soap or receive.rest, which needs neither.",
} as const;

function lackOf(cause: unknown): { readonly what: string; readonly install: string } {
  const code = errorCode(cause);
  const text = cause instanceof Error ? cause.message : "";
  if (code === "ERR_DLOPEN_FAILED" || /libsapnwrfc|libsapucum/u.test(text))
    return {
      what: "SAP's NW RFC SDK cannot be loaded (libsapnwrfc)",
      install:
        "Unpack the NW RFC SDK (SAP Support Portal) to /usr/local/sap/nwrfcsdk and put its lib folder into LD_LIBRARY_PATH.",
    };
  if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND")
    return {
      what: "the package node-rfc is not installed",
      install:
        "Install node-rfc 3.3.1 where Steg finds it (a folder in NODE_PATH, such as /opt/rfc/node_modules) and SAP's NW RFC SDK.",
    };
  return {
    what: `the package node-rfc cannot be used${code === undefined ? "" : ` (${code})`}`,
    install: "Steg knows node-rfc 3.3.1; docs/rfc.md says what it needs.",
  };
}
