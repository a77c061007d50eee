// A server of files as the sources and targets of this folder need it, whatever its protocol: SFTP and FTP implement it, one object per
// connection. Names and paths are bytes, as the server gives them; what a name means is nobody's business here.
//
// Every call ends soon after its signal does. Failures are BridgeErrors: SERVER_UNREACHABLE (connection, time-out, cut: worth another
// connection), SERVER_REFUSED (the server said no: rights, quota, no such folder), both with the path in `detail` only.

export interface RemoteEntry {
  /** One name, no path. */
  readonly name: Buffer;
  readonly kind: "file" | "folder" | "link" | "special";
  readonly size: number;
  /** Milliseconds since 1970, as fine as the server tells; undefined where it does not tell. Its clock, not ours. */
  readonly modified: number | undefined;
}

export interface FileServer {
  /**
   * Of a folder, in pieces as they come, `.` and `..` left out. A folder that is not there: SERVER_REFUSED. Names that are not
   * `wanted` may be left out: some servers have to be asked for each file's time.
   */
  list(folder: Buffer, signal: AbortSignal, wanted?: (name: Buffer) => boolean): AsyncIterable<readonly RemoteEntry[]>;
  /** One file, links not followed, with the same size and time that `list` tells of it; undefined = nothing there. `name` of the answer is the path's last part. */
  look(path: Buffer, signal: AbortSignal): Promise<RemoteEntry | undefined>;
  /**
   * From an offset on. A piece is good until the next one is asked for. `length`: more than so many bytes are not wanted, which spares
   * servers the question where the end is; they may come all the same.
   */
  read(path: Buffer, from: number, signal: AbortSignal, length?: number): AsyncIterable<Uint8Array>;
  /**
   * Makes the file anew with these bytes, or, with `at`, writes them from there on into the file that lies there and cuts what is
   * behind. Resolves when the server has all, and has it durably where it can promise that.
   */
  write(path: Buffer, body: Uint8Array, at: number | undefined, signal: AbortSignal): Promise<void>;
  /**
   * Never over another file. Not for files that others may replace meanwhile: some servers make the new name first and take away the
   * old one afterwards (OpenSSH: link, unlink), whatever it stands for by then.
   */
  rename(from: Buffer, to: Buffer, signal: AbortSignal): Promise<"done" | "exists" | "gone">;
  /** Over another file, in one step where the server can do that: a reader sees the old one or the new one. */
  replace(from: Buffer, to: Buffer, signal: AbortSignal): Promise<void>;
  /** Nothing there = done. */
  remove(path: Buffer, signal: AbortSignal): Promise<void>;
  /** There already = done. Its parent must be there. */
  makeFolder(path: Buffer, signal: AbortSignal): Promise<void>;
  /** How many calls may run at once over this connection: 1 for FTP. */
  readonly parallel: number;
  /** False after a failure of the connection: the pool makes a new one. */
  readonly alive: boolean;
  /** Says goodbye, or cuts; never throws, and ends within a second. */
  close(): Promise<void>;
}

/** Opens a connection; `address` (host:port) is what messages, metrics and the circuit call the server. */
export interface FileServers {
  readonly address: string;
  connect(signal: AbortSignal): Promise<FileServer>;
}
