// An FTP server with the manners that the servers of Debian do not have: it answers what a test tells it to, and remembers what it
// heard. For refusals, floods and listings of systems that cannot be installed here; what servers really do is tried on real ones.

import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

export interface RudeFtp {
  readonly port: number;
  /** Commands, in order, without passwords' values. */
  readonly heard: string[];
  close(): Promise<void>;
}

/** `data` goes out on the data connection; the reply follows when that is closed. */
export type RudeAnswer = string | { readonly data: string | Buffer };
export type RudeScript = (word: string, argument: string) => RudeAnswer | undefined;

const POLITE: Readonly<Record<string, string>> = {
  USER: "331 password?",
  PASS: "230 in",
  FEAT: "211-Features:\r\n SIZE\r\n211 End",
  TYPE: "200 binary",
  PBSZ: "200 0",
  PROT: "200 private",
  PWD: '257 "/" is here',
  CWD: "250 there",
  OPTS: "200 fine",
};

/** What the script has no answer for is answered politely, or refused with 502. With `tls` it speaks TLS from the first byte. */
export async function startRudeFtp(script: RudeScript, tls?: TlsOptions): Promise<RudeFtp> {
  const heard: string[] = [];
  const open = new Set<Socket | Server>();
  const serve = (socket: Socket): void => {
    let data: Promise<Socket> | undefined;
    let rest = "";
    open.add(socket);
    socket.on("error", () => undefined);
    socket.setEncoding("latin1");
    socket.write("220 well?\r\n");
    const answer = async (line: string): Promise<void> => {
      const [word = "", ...more] = line.split(" ");
      heard.push(word === "PASS" ? word : line);
      const said = script(word, more.join(" "));
      if (said === undefined && word === "EPSV") {
        const listener = createServer();
        open.add(listener);
        data = new Promise((resolve) => listener.once("connection", resolve));
        await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
        socket.write(`229 there (|||${(listener.address() as AddressInfo).port}|)\r\n`);
        return;
      }
      if (typeof said !== "object") {
        socket.write(`${said ?? POLITE[word] ?? "502 what?"}\r\n`);
        return;
      }
      socket.write("150 comes\r\n");
      const way = await data;
      way?.on("error", () => undefined);
      way?.end(said.data, () => socket.write("226 gone\r\n"));
    };
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) void answer(line);
    });
  };
  const listener = tls ? createTlsServer(tls, serve) : createServer(serve);
  listener.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  open.add(listener);
  return {
    port: (listener.address() as AddressInfo).port,
    heard,
    close: () => {
      for (const each of open) {
        if ("destroy" in each) each.destroy();
        else each.close();
      }
      return Promise.resolve();
    },
  };
}
