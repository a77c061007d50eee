// A mail server of others on loopback that keeps what it takes.

import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface TakenMail {
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  /** As it came, one character per byte. */
  readonly source: string;
}

export interface MailServer {
  readonly port: number;
  readonly taken: TakenMail[];
  close(): Promise<void>;
}

/** Takes everything, unless the options say otherwise; the one password is `geh/eim:1`. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const taken: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      password === "geh/eim:1" ? done(null, { user: username }) : done(new Error("no")),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { envelope, secure, user } = session;
        const to = envelope.rcptTo.map(({ address }) => address);
        taken.push({ to, secure, user: user as string | undefined, source: Buffer.concat(chunks).toString("latin1") });
        done();
      });
    },
    ...options,
  });
  // Clients that go away in the middle are the test's own.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    close: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
