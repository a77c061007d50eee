// How a command reaches the operations: through the appliance that runs on the state, or by opening the state itself.

import type { LogLevel } from "../core/log-levels.ts";
import { BridgeError } from "../core/errors.ts";
import type { Operations } from "../core/operations/operations.ts";
import { connectOperations } from "../core/operations/socket.ts";
import { settingsOf } from "./command.ts";
import type { Arguments, Program } from "./command.ts";
import { hasState, openMachine } from "./machine.ts";

/** How long to wait for a process that holds the state but does not answer yet: it is starting, or ending. */
const PATIENCE = 3_000;
const PAUSE = 100;

export async function withOperations<T>(
  args: Arguments,
  program: Program,
  use: (operations: Operations) => Promise<T>,
  options: {
    readonly create?: boolean;
    /** What to do where there is no state yet, if the command knows better than the error's own hint. */
    readonly missing?: string;
  } = {},
): Promise<T> {
  const settings = await settingsOf(args, program);
  if (options.create !== true && !hasState(settings)) {
    const message = `there is no state in ${settings.state} (from ${settings.origin("state")})`;
    throw new BridgeError("STATE_MISSING", message, { hint: options.missing });
  }
  const { createLog } = await import("../core/log.ts");
  // A command is no service: what it has to say stands in its result, only trouble in a log.
  const level: LogLevel = settings.log === "info" ? "warn" : settings.log;
  const look = program.console.err.tty ? program.console.err : undefined;
  const log = createLog({ level, stream: program.console.stderr, look });
  for (const deadline = performance.now() + PATIENCE; ;) {
    const running = await connectOperations(settings.state);
    if (running !== undefined) return await use(running);
    try {
      const machine = await openMachine(settings, program, { log, enter: false, signal: program.interrupt.signal });
      try {
        return await use(machine.operations);
      } finally {
        await machine.close();
      }
    } catch (cause) {
      const locked = cause instanceof BridgeError && cause.code === "STATE_LOCKED";
      if (!locked || performance.now() > deadline) throw cause;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
