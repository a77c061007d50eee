// What benchmarks of pages share: a real process that is started, signed in to and asked, and what the kernel says of it.

import { execFileSync, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Ticks of /proc per second. */
export const HERTZ = 100;
/** As people start it: with what the launcher says about memory. */
export const main = fileURLToPath(new URL("../bin/steg.js", import.meta.url));

/** What a process has said when it has said this. */
export async function said(child: ChildProcess, where: "stdout" | "stderr", what: RegExp): Promise<string> {
  let text = "";
  const stream = child[where];
  return await new Promise((resolve, reject) => {
    stream?.on("data", (chunk) => {
      text += String(chunk);
      if (what.test(text)) resolve(text);
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${text.slice(-2_000)}`)));
  });
}

/** `mark`: what has to stand in each page. */
export async function signedIn(
  dir: string,
  url: string,
  mark: string,
  role = "viewer",
): Promise<(path: string) => Promise<string>> {
  const made = execFileSync(process.execPath, [main, "token", "new", "messung", "--role", role, "--state", "state"], {
    cwd: dir,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const cookiesOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
  const form = await fetch(`${url}anmeldung`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(await form.text())?.[1] ?? "";
  const body = new URLSearchParams({ csrf, token: String(made).trim() });
  const entered = await fetch(`${url}anmeldung`, {
    method: "POST",
    body,
    headers: { cookie: cookiesOf(form) },
    redirect: "manual",
  });
  const cookie = cookiesOf(entered);
  return async (path) => {
    const response = await fetch(new URL(path, url), { headers: { cookie } });
    const text = await response.text();
    if (!response.ok || !text.includes(mark)) throw new Error(`${path} answered ${response.status}`);
    return text;
  };
}

/** Each after more than a second: what is put together for all pages is put together anew. */
export async function pageTimes(
  page: (path: string) => Promise<string>,
  paths: readonly string[],
  rounds: number,
): Promise<{ readonly worst: number; readonly p95: number; readonly text: string }> {
  const times = new Map<string, number[]>();
  const sizes = new Map<string, number>();
  for (let time = 0; time < rounds; time++) {
    for (const path of paths) {
      await passes(1_050);
      const began = performance.now();
      sizes.set(path, (await page(path)).length);
      times.set(path, [...(times.get(path) ?? []), performance.now() - began]);
    }
  }
  const shareOf = (list: readonly number[], share: number): number => {
    const sorted = list.toSorted((a, b) => a - b);
    return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  };
  const all = [...times.values()].flat();
  const text = paths
    .map((path) => {
      const own = times.get(path) ?? [];
      const size = Math.round((sizes.get(path) ?? 0) / 1_000);
      return `${path} ${shareOf(own, 0.5).toFixed(0)} ms (worst ${shareOf(own, 1).toFixed(0)}, ${size} kB)`;
    })
    .join(", ");
  return { worst: shareOf(all, 1), p95: shareOf(all, 0.95), text };
}

export function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime, fields 14 and 15.
  return Number(fields[11]) + Number(fields[12]);
}

export function memory(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

export async function passes(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
