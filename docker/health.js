#!/usr/local/bin/node
// Asks the appliance in the same container whether it lives; exit 0 or 1. For HEALTHCHECK, where there is no shell and no curl.
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

const { STEG_LISTEN = "", STEG_TLS_CERT = "" } = process.env;
const port = /\d+$/.exec(STEG_LISTEN)?.[0] ?? "8080";
const tls = STEG_TLS_CERT !== "";
// Whose certificate it is does not matter here: nothing is said to it and nothing believed.
const options = { host: "127.0.0.1", port, path: "/health/live", timeout: 4_000, rejectUnauthorized: false };
const request = (tls ? overHttps : overHttp)(options, (response) => process.exit(response.statusCode === 200 ? 0 : 1));
request.on("timeout", () => process.exit(1));
// An appliance that asks for client certificates ends the connection after the handshake: it lives.
request.on("error", (error) => process.exit(tls && /certificate required/i.test(error.message) ? 0 : 1));
request.end();
