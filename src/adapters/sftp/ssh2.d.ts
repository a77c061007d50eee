// What is used of ssh2's client, which has no types of its own.

declare module "ssh2" {
  import type { EventEmitter } from "node:events";
  import type { Duplex, Readable } from "node:stream";

  export interface ParsedKey {
    readonly type: string;
    isPrivateKey(): boolean;
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

  const ssh2: {
    readonly Client: new () => Client;
    readonly utils: {
      parseKey(key: string | Buffer, passphrase?: string): ParsedKey | readonly ParsedKey[] | Error;
    };
  };
  export default ssh2;
}
