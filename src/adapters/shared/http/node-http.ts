// What adapters that are no servers take of node:http. An import reads all that it exports, an unused WebSocket client among it, which
// would make each start of a command 25 ms longer.

export const { STATUS_CODES, validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http");
