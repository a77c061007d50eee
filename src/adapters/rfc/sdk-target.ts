// via: sdk. One connection per call at a time, out of the pool; commit and rollback run on the same one, which is the same session.

import type { AdapterContext, Attempt, Parcel, Target } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { onAbort } from "../../core/on-abort.ts";
import { argumentsOf } from "./arguments.ts";
import { interfaceOf, messageOf, refusedBy, replyOf, stopped } from "./call.ts";
import { endOf } from "./ends.ts";
import { createLogonGuard } from "./logon-guard.ts";
import { refusalIn, withMessages } from "./messages.ts";
import type { RfcOptions } from "./options.ts";
import { logonOf, readConnection } from "./sdk-connection.ts";
import { breaksConnection, endOfSdk } from "./sdk-ends.ts";
import { loadSdk, sdkFor, type LoadSdk } from "./sdk-load.ts";
import { createSdkPool, NotOpened } from "./sdk-pool.ts";
import type { SdkClient, SdkStructure, SdkValue } from "./sdk-types.ts";
import { resultsOfSdk, sdkMaker } from "./sdk-values.ts";

export async function buildSdkTarget(
  given: RfcOptions,
  context: AdapterContext,
  load: LoadSdk = loadSdk,
): Promise<Target> {
  const sdk = sdkFor("deliver.rfc", load);
  const file = given.connection ?? "";
  const { client } = await readConnection(context.readBridgeFile(file), file);
  const parameters = logonOf(client, given);
  const server = client["ashost"] ?? client["mshost"] ?? client["wshost"] ?? client["dest"] ?? "SAP";
  const what = `${given.function} at ${server}`;
  const known = interfaceOf(given, context);
  const guard = createLogonGuard();
  // Without a commit every call begins in a fresh context, so that nothing of one message is left for the next.
  const pool = createSdkPool(() => new sdk.Client(parameters, { stateless: !given.commit }), given.connections);

  /** The longest time is the package's own, in whole seconds, and ours behind it. */
  async function call(connection: SdkClient, name: string, sent: SdkStructure): Promise<SdkStructure> {
    const seconds = Math.max(1, Math.ceil(given.timeout / 1_000));
    return await connection.call(name, sent, { timeout: seconds });
  }

  async function end(connection: SdkClient, transaction: "COMMIT" | "ROLLBACK"): Promise<SdkStructure> {
    return await call(connection, `BAPI_TRANSACTION_${transaction}`, transaction === "COMMIT" ? { WAIT: "X" } : {});
  }

  async function run(connection: SdkClient, parcel: Parcel, sent: SdkStructure): Promise<Attempt> {
    const values = resultsOfSdk(await call(connection, given.function, sent), known);
    const refusal = refusalIn(values, given.returns);
    if (refusal) {
      if (given.commit) await end(connection, "ROLLBACK");
      const attempt = endOf(refusal.failure, what, replyOf(parcel, values, given.returns, {}));
      return withMessages(attempt, refusal.all);
    }
    const reply = replyOf(parcel, values, given.returns, {});
    if (!given.commit) return { end: "delivered", reply };
    const committed = refusalIn(resultsOfSdk(await end(connection, "COMMIT"), undefined), "RETURN");
    await connection.resetServerContext();
    if (!committed) return { end: "delivered", reply };
    return { ...endOf(committed.failure, `BAPI_TRANSACTION_COMMIT behind ${what}`, {}), status: 502 };
  }

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<Attempt> {
    const sent = Object.fromEntries<SdkValue>(argumentsOf(messageOf(parcel), known, sdkMaker));
    return await guard(() => opened(parcel, sent, signal), signal);
  }

  async function opened(parcel: Parcel, sent: SdkStructure, signal: AbortSignal): Promise<Attempt> {
    let connection: SdkClient;
    try {
      connection = await pool.take(signal);
    } catch (cause) {
      if (cause instanceof NotOpened) return endOfSdk(cause.reason, what, false);
      throw cause;
    }
    let keep = false;
    // Steg's own end of waiting: the package is told to give up, and the connection goes with it.
    const timer = setTimeout(() => void cancel(connection), given.timeout * 2 + 5_000);
    const stopHearing = onAbort(signal, () => void cancel(connection));
    try {
      const attempt = await run(connection, parcel, sent);
      keep = true;
      return attempt;
    } catch (cause) {
      if (cause instanceof BridgeError) {
        await rollBack(connection);
        return refusedBy(cause, what);
      }
      keep = !breaksConnection(cause);
      if (keep && given.commit) keep = await rollBack(connection);
      return endOfSdk(cause, what, true);
    } finally {
      clearTimeout(timer);
      stopHearing();
      pool.give(connection, keep && !signal.aborted);
    }
  }

  async function rollBack(connection: SdkClient): Promise<boolean> {
    if (!given.commit) return true;
    try {
      await end(connection, "ROLLBACK");
      return true;
    } catch {
      // The connection is closed then, and with it the session, which rolls back by itself.
      return false;
    }
  }

  return {
    locality: "remote",
    server,
    address: () => server,
    async deliver(parcel, signal) {
      try {
        return await deliver(parcel, signal);
      } catch (cause) {
        if (signal.aborted) return stopped(what);
        if (cause instanceof BridgeError) return refusedBy(cause, what);
        throw cause;
      }
    },
    close: () => pool.close(),
  };
}

async function cancel(connection: SdkClient): Promise<void> {
  try {
    await connection.cancel();
  } catch {
    // Nothing runs there any more.
  }
}
