// Logging in: who the server is, who we are, and every way in which it can fail.

import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/adapters/sftp/options.ts";
import { sftpServers } from "../../src/adapters/sftp/servers.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { describeWithOpenssh, optionsFor, startOpenssh, type Openssh } from "../peers/openssh.ts";
import { startTcpProxy } from "../peers/tcp-proxy.ts";
import { describeWithProftpdSftp, startProftpdSftp, type ProftpdSftp } from "../peers/proftpd-sftp.ts";

function generate(type: "rsa" | "ec" | "ed25519"): { readonly privateKey: KeyObject } {
  if (type === "rsa") return generateKeyPairSync("rsa", { modulusLength: 3_072 });
  return type === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
}

/** As `authorized_keys` has it (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4). */
function publicLine(key: KeyObject): string {
  const { kty, x = "", y = "", n = "", e = "" } = createPublicKey(key).export({ format: "jwk" });
  const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  const positive = Buffer.concat([Buffer.from([0]), bytes(n)]);
  const [type, ...parts] =
    kty === "RSA"
      ? ["ssh-rsa", bytes(e), positive]
      : kty === "EC"
        ? ["ecdsa-sha2-nistp256", Buffer.from("nistp256"), point]
        : ["ssh-ed25519", bytes(x)];
  const blob = [Buffer.from(type), ...(parts as Buffer[])].flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return `${type} ${Buffer.concat(blob).toString("base64")}\n`;
}

const never = new AbortController().signal;

/** Logs in, looks at the root, and leaves. */
async function visit(options: ServerOptions): Promise<void> {
  const server = await sftpServers(options).connect(never);
  expect((await server.look(Buffer.from("/"), never))?.kind).toBe("folder");
  await server.close();
}

async function failureOf(options: ServerOptions): Promise<BridgeError> {
  try {
    await visit(options);
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
  throw new Error("it was let in");
}

describeWithOpenssh("logging in to OpenSSH", () => {
  let peer: Openssh;
  beforeAll(async () => {
    peer = await startOpenssh();
  });
  afterAll(() => peer.close());

  it("goes with a key, and with an encrypted one", async () => {
    await visit(optionsFor(peer));
    await visit({ ...optionsFor(peer), privateKey: peer.encryptedKey, passphrase: peer.passphrase });
  });

  it.each(["rsa", "ec", "ed25519"] as const)(
    "goes with a key of openssl's (PKCS #8, %s), encrypted or not",
    async (type) => {
      const { privateKey } = generate(type);
      const plain = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
      const passphrase = "Sommerregen";
      const encrypted = privateKey.export({
        type: "pkcs8",
        format: "pem",
        cipher: "aes-256-cbc",
        passphrase,
      }) as string;
      appendFileSync(join(peer.folder, "authorized"), publicLine(privateKey));
      await visit({ ...optionsFor(peer), privateKey: plain });
      await visit({ ...optionsFor(peer), privateKey: encrypted, passphrase });
      const open = (given: string | undefined) => () =>
        sftpServers({ ...optionsFor(peer), privateKey: encrypted, passphrase: given });
      expect(open(undefined)).toThrow("privateKey is encrypted and passphrase is missing");
      expect(open("falsch")).toThrow("passphrase does not open privateKey");
    },
  );

  it("goes with one of several host keys", async () => {
    await visit({ ...optionsFor(peer), hostKey: [`SHA256:${"A".repeat(43)}`, peer.hostKey] });
  });

  it("refuses a server whose key nobody named, and shows the key to paste", async () => {
    for (const hostKey of [undefined, []]) {
      const failure = await failureOf({ ...optionsFor(peer), hostKey });
      expect(failure.code).toBe("HOST_KEY_UNKNOWN");
      expect(failure.message).toBe(
        `127.0.0.1:${peer.port} shows a ssh-ed25519 key and the bridge file names none; if its operator confirms it: hostKey: "${peer.hostKey}"`,
      );
    }
    // Nobody tried to log in.
    expect(readFileSync(join(peer.folder, "log"), "utf8")).not.toMatch(/Failed|Invalid user/);
  });

  it("refuses a server with another key, and names both", async () => {
    const other = `SHA256:${"A".repeat(43)}`;
    const failure = await failureOf({ ...optionsFor(peer), hostKey: [other] });
    expect(failure.code).toBe("HOST_KEY_WRONG");
    expect(failure.message).toContain(peer.hostKey);
    expect(failure.message).toContain(other);
  });

  it("says what the server takes when it refuses a key or has no use for a password", async () => {
    const failure = await failureOf({ ...optionsFor(peer), privateKey: peer.strangerKey });
    expect(failure.code).toBe("LOGIN_REFUSED");
    expect(failure.message).toBe(`127.0.0.1:${peer.port} did not let the user in; it takes publickey`);
    const { privateKey: _, ...rest } = optionsFor(peer);
    const password = await failureOf({ ...rest, privateKey: undefined, password: "Herbst" });
    expect(password.code).toBe("LOGIN_REFUSED");
    expect(`${password.message}${password.detail}`).not.toContain("Herbst");
  });

  it("says what is wrong with a key before it looks at any server", () => {
    const build = (more: Partial<ServerOptions>) => () => sftpServers({ ...optionsFor(peer), ...more });
    const unusable = (message: string): object => ({ code: "OPTION_UNUSABLE", message });
    expect(build({ privateKey: peer.encryptedKey })).toThrow(
      expect.objectContaining(unusable("privateKey is encrypted and passphrase is missing")),
    );
    expect(build({ privateKey: peer.encryptedKey, passphrase: "falsch" })).toThrow(
      expect.objectContaining(unusable("passphrase does not open privateKey")),
    );
    expect(build({ privateKey: readFileSync(join(peer.folder, "user.pub"), "utf8") })).toThrow(
      expect.objectContaining(unusable("privateKey holds a public key")),
    );
    expect(build({ privateKey: "nonsense" })).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }));
  });

  it("goes through a jump host, and says which of the two failed", async () => {
    const hop = await startOpenssh();
    const { host, port, user, privateKey, passphrase, password, hostKey, oldAlgorithms } = optionsFor(hop);
    const jump = { host, port, user, privateKey, passphrase, password, hostKey, oldAlgorithms };
    await visit({ ...optionsFor(peer), jump });
    const wrong = await failureOf({ ...optionsFor(peer), jump: { ...jump, hostKey: [peer.hostKey] } });
    expect(wrong.code).toBe("HOST_KEY_WRONG");
    expect(wrong.message).toContain(`:${hop.port}`);
    const behind = await failureOf({ ...optionsFor(peer), hostKey: [hop.hostKey], jump });
    expect(behind.code).toBe("HOST_KEY_WRONG");
    expect(behind.message).toContain(`:${peer.port}`);
    const away = await failureOf({ ...optionsFor(peer, 1), jump });
    expect(away.code).toBe("SERVER_UNREACHABLE");
    expect(away.message).toContain(`from 127.0.0.1:${hop.port}`);
    await hop.close();
  });

  it("notices within 5 s that a jump host was killed", async () => {
    const hop = await startOpenssh();
    const { host, port, user, privateKey, passphrase, password, hostKey, oldAlgorithms } = optionsFor(hop);
    const jump = { host, port, user, privateKey, passphrase, password, hostKey, oldAlgorithms };
    const server = await sftpServers({ ...optionsFor(peer), jump }).connect(never);
    await hop.kill();
    const began = performance.now();
    await expect(server.look(Buffer.from("/"), never)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(server.alive).toBe(false);
    await server.close();
    await hop.close();
  });

  it("says when there is no SFTP for the user, and when a login script talks in between", async () => {
    const none = await startOpenssh({ config: ["ForceCommand /bin/false"] });
    const failure = await failureOf(optionsFor(none));
    expect(failure.code).toBe("SERVER_REFUSED");
    await none.close();
    const talks = await startOpenssh({ config: ["ForceCommand /bin/echo Willkommen auf dem Server"] });
    const spoken = await failureOf(optionsFor(talks));
    expect(spoken.code).toBe("SERVER_REFUSED");
    expect(spoken.message).toContain("sent what is no SFTP");
    await talks.close();
  });

  it("speaks old algorithms only where they are named", async () => {
    const old = await startOpenssh({
      config: ["KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1"],
    });
    const failure = await failureOf(optionsFor(old));
    expect(failure.code).toBe("ALGORITHMS_REFUSED");
    expect(failure.message).toBe(`127.0.0.1:${old.port} has no key exchange algorithm that is safe today`);
    const half = await failureOf({ ...optionsFor(old), oldAlgorithms: ["diffie-hellman-group14-sha1"] });
    expect(half.message).toContain("cipher");
    await visit({
      ...optionsFor(old),
      oldAlgorithms: ["diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1"],
    });
    await old.close();
  });

  it.each(["reset", "end"] as const)("says SERVER_UNREACHABLE wherever the line is cut by %s", async (how) => {
    const proxy = await startTcpProxy(peer.port);
    proxy.plan = undefined;
    await visit(optionsFor(peer, proxy.port));
    const codes = new Map<string, number>();
    for (let bytes = 1; bytes < 5_000; bytes += 251) {
      for (const plan of [
        { how, fromServer: bytes },
        { how, toServer: bytes },
      ]) {
        proxy.plan = plan;
        const code = await visit(optionsFor(peer, proxy.port)).then(
          () => "through",
          (cause: unknown) => (cause instanceof BridgeError ? cause.code : String(cause)),
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }
    // What is cut behind the visit is cut too late.
    codes.delete("through");
    expect([...codes.keys()]).toEqual(["SERVER_UNREACHABLE"]);
    await proxy.close();
  });

  it("waits for nobody longer than the time for connecting, wherever the line falls silent", async () => {
    const proxy = await startTcpProxy(peer.port);
    const ends: string[] = [];
    for (const bytes of [0, 30, 500, 1_200, 1_700, 2_000, 2_300]) {
      proxy.plan = { how: "silence", fromServer: bytes };
      const began = performance.now();
      const code = await sftpServers({ ...optionsFor(peer, proxy.port), connectTimeout: 250 })
        .connect(never)
        .then(
          (server) => server.close().then(() => "through"),
          (cause: unknown) => (cause instanceof BridgeError ? cause.code : String(cause)),
        );
      ends.push(code);
      expect(performance.now() - began).toBeLessThan(2_000);
    }
    expect(ends.filter((code) => code !== "through")).toContain("SERVER_UNREACHABLE");
    expect(new Set(ends.filter((code) => code !== "through")).size).toBe(1);
    await proxy.close();
  });

  it("ends with its signal at any time", async () => {
    for (let wait = 0; wait < 60; wait += 3) {
      const stop = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => stop.abort(reason), wait);
      const end = await sftpServers(optionsFor(peer))
        .connect(stop.signal)
        .catch((cause: unknown) => cause);
      const connected = end instanceof Error ? undefined : (end as { close(): Promise<void> });
      await connected?.close();
      expect(connected ? reason : end).toBe(reason);
    }
    await expect(sftpServers(optionsFor(peer)).connect(AbortSignal.abort(new Error("before")))).rejects.toThrow(
      "before",
    );
  });
});

describeWithProftpdSftp("logging in to ProFTPD's mod_sftp", () => {
  let peer: ProftpdSftp;
  let options: ServerOptions;
  beforeAll(async () => {
    peer = await startProftpdSftp();
    options = { ...optionsFor(peer), password: peer.password };
  });
  afterAll(() => peer.close());

  it("goes with a password", () => visit(options));

  it("says LOGIN_REFUSED for a wrong one, and repeats it nowhere", async () => {
    const failure = await failureOf({ ...options, password: "Winter-Schnee" });
    expect(failure.code).toBe("LOGIN_REFUSED");
    expect(failure.message).toBe(`127.0.0.1:${peer.port} did not let the user in; it takes password`);
    expect(JSON.stringify(failure)).not.toContain("Winter");
  });

  it("carries files, names of any bytes, and renames over nothing", async () => {
    const server = await sftpServers(options).connect(never);
    mkdirSync(join(peer.root, "in"));
    const path = (name: string): Buffer => Buffer.from(`/in/${name}`, "latin1");
    const body = Buffer.alloc(3_000_000, "0123456789");
    await server.write(path("gr\xfc\xdfe"), body, undefined, never);
    await server.write(path("gr\xfc\xdfe"), Buffer.from("end"), 2_000_000, never);
    let got = 0;
    for await (const piece of server.read(path("gr\xfc\xdfe"), 0, never)) got += piece.length;
    expect(got).toBe(2_000_003);
    await server.write(path("other"), Buffer.from("2"), undefined, never);
    expect(await server.rename(path("gr\xfc\xdfe"), path("other"), never)).toBe("exists");
    expect(await server.rename(path("none"), path("new"), never)).toBe("gone");
    await server.replace(path("gr\xfc\xdfe"), path("other"), never);
    expect(await server.rename(path("other"), path("n\xe9w"), never)).toBe("done");
    const names: Buffer[] = [];
    for await (const some of server.list(Buffer.from("/in"), never)) names.push(...some.map((each) => each.name));
    expect(names).toEqual([Buffer.from("n\xe9w", "latin1")]);
    await server.makeFolder(path("sub"), never);
    await server.makeFolder(path("sub"), never);
    expect((await server.look(path("sub"), never))?.kind).toBe("folder");
    await server.remove(path("n\xe9w"), never);
    await server.remove(path("n\xe9w"), never);
    expect(readdirSync(join(peer.root, "in"))).toEqual(["sub"]);
    await server.close();
  });
});

/** A listener whose connections end with it. */
async function listener(talk: (socket: Socket) => void): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const password = (port: number, more: Partial<ServerOptions> = {}): ServerOptions => ({
  ...optionsFor({ port, user: "u", hostKey: `SHA256:${"A".repeat(43)}` }),
  password: "p",
  connectTimeout: 500,
  ...more,
});

describe("logging in where no SSH is spoken", () => {
  const talks: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["says nothing", () => undefined],
    ["hangs up", (socket) => socket.end()],
    ["speaks HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["greets and says nothing more", (socket) => void socket.write("SSH-2.0-x\r\n")],
    ["speaks the old protocol", (socket) => void socket.write("SSH-1.5-x\r\n")],
    ["sends noise behind its greeting", (socket) => void socket.write(`SSH-2.0-x\r\n${"\xff".repeat(50_000)}`)],
  ];

  it.each(talks)("says SERVER_UNREACHABLE of one that %s", async (_name, talk) => {
    const peer = await listener(talk);
    const began = performance.now();
    const failure = await failureOf(password(peer.port));
    expect(failure.code).toBe("SERVER_UNREACHABLE");
    expect(performance.now() - began).toBeLessThan(2_000);
    peer.close();
  });
});

interface Login {
  readonly method: string;
  accept(): void;
  reject(methods?: readonly string[], partial?: boolean): void;
  prompt(prompts: readonly object[], answered: (answers: readonly string[]) => void): void;
  readonly password?: string;
}
interface TestServer {
  on(event: "connection", heard: (client: NodeJS.EventEmitter) => void): this;
  listen(port: number, host: string, done: () => void): this;
  address(): AddressInfo;
  close(): void;
}

describe("keyboard-interactive", () => {
  /** ssh2's own server: there is no other that asks without the system's list of users. */
  async function asking(decide: (login: Login) => void): Promise<TestServer & { readonly hostKey: string }> {
    const { utils, Server: Make } = ssh2 as unknown as {
      utils: { generateKeyPairSync(type: string): { private: string; public: string } };
      Server: new (options: object) => TestServer;
    };
    const keys = utils.generateKeyPairSync("ed25519");
    const blob = Buffer.from(keys.public.split(" ")[1] ?? "", "base64");
    const { fingerprintOf } = await import("../../src/adapters/shared/ssh/fingerprint.ts");
    const server = new Make({ hostKeys: [keys.private] });
    server.on("connection", (client) => {
      client.on("error", () => undefined);
      client.on("authentication", decide);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return Object.assign(server, { hostKey: fingerprintOf(blob) });
  }

  it("answers what is typed unseen with the password, and what is seen with the name", async () => {
    const heard: string[] = [];
    const server = await asking((login) => {
      if (login.method !== "keyboard-interactive") return login.reject(["keyboard-interactive"]);
      login.prompt(
        [
          { prompt: "Benutzer: ", echo: true },
          { prompt: "Kennwort: ", echo: false },
        ],
        (answers) => {
          heard.push(...answers);
          login.accept();
        },
      );
    });
    // It lets us in, and has no SFTP.
    const failure = await failureOf(
      password(server.address().port, { hostKey: [server.hostKey], password: "Herbst", connectTimeout: 5_000 }),
    );
    expect(heard).toEqual(["u", "Herbst"]);
    expect(failure.code).not.toBe("LOGIN_REFUSED");
    server.close();
  });

  it("gives one thing after the other where the server wants several, and ends where it wants more", async () => {
    const methods: string[] = [];
    const server = await asking((login) => {
      methods.push(login.method);
      if (login.method === "password") return login.reject(["keyboard-interactive"], true);
      if (login.method === "keyboard-interactive") return login.reject(["publickey"], true);
      login.reject(["password"]);
    });
    const failure = await failureOf(
      password(server.address().port, { hostKey: [server.hostKey], connectTimeout: 5_000 }),
    );
    expect(methods).toEqual(["password", "keyboard-interactive"]);
    expect(failure.code).toBe("LOGIN_REFUSED");
    expect(failure.message).toContain("it takes publickey");
    server.close();
  });
});
