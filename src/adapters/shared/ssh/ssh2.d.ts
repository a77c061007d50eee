// What is used of ssh2, which has no types of its own: its client, and its server.

declare module "ssh2" {
  import type { EventEmitter } from "node:events";
  import type { Duplex, Readable } from "node:stream";

  export interface ParsedKey {
    readonly type: string;
    isPrivateKey(): boolean;
    /** The blob of the public key (RFC 4253, section 6.6). */
    getPublicSSH(): Buffer;
    /** Anything but true is a no. */
    verify(blob: Buffer, signature: Buffer, hash?: string): boolean | Error;
  }

  export interface Prompt {
    readonly prompt: string;
    readonly echo: boolean;
  }

  export type LoginAttempt =
    | { readonly type: "publickey"; readonly username: string; readonly key: ParsedKey }
    | { readonly type: "password"; readonly username: string; readonly password: string }
    | {
        readonly type: "keyboard-interactive";
        readonly username: string;
        readonly prompt: (
          name: string,
          instructions: string,
          language: string,
          prompts: readonly Prompt[],
          finish: (answers: readonly string[]) => void,
        ) => void;
      };

  export interface ConnectConfig {
    readonly sock: Duplex;
    readonly username: string;
    readonly readyTimeout: number;
    readonly keepaliveInterval: number;
    readonly keepaliveCountMax: number;
    readonly hostVerifier: (key: Buffer) => boolean;
    readonly authHandler: (
      methodsLeft: readonly string[] | null,
      partialSuccess: boolean | null,
      next: (attempt: LoginAttempt | false) => void,
    ) => void;
    readonly algorithms: {
      readonly kex: readonly string[];
      readonly serverHostKey: readonly string[];
      readonly cipher: readonly string[];
      readonly hmac: readonly string[];
      readonly compress: readonly string[];
    };
  }

  export interface Channel extends Duplex {
    readonly stderr: Readable;
  }

  export interface Client extends EventEmitter {
    connect(config: ConnectConfig): this;
    subsys(name: string, done: (cause: Error | undefined, channel: Channel) => void): this;
    forwardOut(
      fromHost: string,
      fromPort: number,
      host: string,
      port: number,
      done: (cause: Error | undefined, channel: Channel) => void,
    ): this;
    end(): this;
  }

  interface Asked extends EventEmitter {
    readonly username: string;
    accept(): void;
    reject(methods: readonly string[]): void;
  }
  export type AskedLogin =
    | (Asked & { readonly method: "none" | "hostbased" | "keyboard-interactive" })
    | (Asked & { readonly method: "password"; readonly password: unknown })
    | (Asked & {
        readonly method: "publickey";
        readonly key: { readonly algo: string; readonly data: Buffer };
        /** Undefined where the client only asks whether the key would do. */
        readonly signature: Buffer | undefined;
        readonly blob: Buffer | undefined;
        /** For RSA; undefined = SHA-1. */
        readonly hashAlgo: string | undefined;
      });

  export interface ServerSession extends EventEmitter {
    on(
      event: "subsystem",
      heard: (accept: () => Channel & ServerChannel, reject: () => void, info: { readonly name: string }) => void,
    ): this;
    once(event: "close", heard: () => void): this;
  }
  export interface ServerChannel {
    exit(status: number): void;
  }

  /** A client as a server sees it. */
  export interface ServerClient extends EventEmitter {
    on(event: "authentication", heard: (asked: AskedLogin) => void): this;
    on(event: "ready" | "close" | "end", heard: () => void): this;
    on(event: "error", heard: (cause: Error) => void): this;
    on(event: "session", heard: (accept: () => ServerSession, reject: () => void) => void): this;
    end(): this;
  }

  export interface ServerConfig {
    readonly hostKeys: readonly string[];
    readonly ident: string;
    readonly keepaliveInterval: number;
    readonly keepaliveCountMax: number;
    readonly algorithms: Partial<ConnectConfig["algorithms"]>;
  }

  export interface Server extends EventEmitter {
    on(
      event: "connection",
      heard: (client: ServerClient, info: { readonly ip: string; readonly port: number }) => void,
    ): this;
    injectSocket(socket: Duplex): void;
  }

  const ssh2: {
    readonly Client: new () => Client;
    readonly Server: new (config: ServerConfig) => Server;
    readonly utils: {
      parseKey(key: string | Buffer, passphrase?: string): ParsedKey | readonly ParsedKey[] | Error;
    };
  };
  export default ssh2;
}
