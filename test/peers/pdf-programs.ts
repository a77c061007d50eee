// Programs of others that write, change and read PDFs.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function lacks(command: string, ...args: readonly string[]): string | undefined {
  return spawnSync(command, args, { stdio: "ignore" }).error ? `${command} is not installed` : undefined;
}

/** Why there is none here; undefined = there is. */
export const qpdfMissing = lacks("qpdf", "--version");
export const popplerMissing = lacks("pdftotext", "-v") ?? lacks("pdfdetach", "-v");
export const reportlabMissing = existsSync("/usr/lib/python3/dist-packages/reportlab")
  ? undefined
  : "python3-reportlab is not installed";
export const tcpdfMissing = existsSync("/usr/share/php/tcpdf/tcpdf.php") ? undefined : "php-tcpdf is not installed";
export const libreofficeMissing = lacks("soffice", "--version");
export const chromiumMissing = lacks("chromium", "--version");

/** A folder for the time of `work`. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "steg-pdf-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Debian's Python, which has the packages of Debian. */
export function reportlab(script: string): Buffer {
  return inFolder((cwd) => {
    execFileSync("/usr/bin/python3", ["-c", script], { cwd });
    return readFileSync(join(cwd, "out.pdf"));
  });
}

/** `script` works on `$pdf`. */
export function tcpdf(script: string): Buffer {
  return inFolder((cwd) => {
    const whole = `require '/usr/share/php/tcpdf/tcpdf.php'; $pdf = new TCPDF(); $pdf->setPrintHeader(false); ${script} $pdf->Output('${cwd}/out.pdf', 'F');`;
    execFileSync("php", ["-r", whole], { cwd });
    return readFileSync(join(cwd, "out.pdf"));
  });
}

/** What qpdf makes of a PDF with these arguments; warnings are fine. */
export function qpdf(bytes: Uint8Array, ...args: readonly string[]): Buffer {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "in.pdf"), bytes);
    execFileSync("qpdf", ["--allow-weak-crypto", ...args, "in.pdf", "out.pdf"], { cwd, stdio: "ignore" });
    return readFileSync(join(cwd, "out.pdf"));
  });
}

/** What qpdf has against a PDF; "" = nothing. */
export function qpdfFindings(bytes: Uint8Array): string {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "in.pdf"), bytes);
    const { status, stdout, stderr } = spawnSync("qpdf", ["--check", "in.pdf"], { cwd, encoding: "utf8" });
    return status === 0 ? "" : `${stdout}${stderr}`;
  });
}

export function pdftotext(bytes: Uint8Array, ...args: readonly string[]): string {
  return execFileSync("pdftotext", [...args, "-", "-"], { input: bytes, encoding: "utf8" });
}

/** Files inside, by name. */
export function pdfdetach(bytes: Uint8Array): Readonly<Record<string, Buffer>> {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "in.pdf"), bytes);
    const list = execFileSync("pdfdetach", ["-list", "in.pdf"], { cwd, encoding: "utf8" });
    const names = [...list.matchAll(/^\d+: (.*)$/gm)].map((match) => match[1]!);
    return Object.fromEntries(
      names.map((name, at) => {
        execFileSync("pdfdetach", ["-save", String(at + 1), "-o", "out", "in.pdf"], { cwd });
        return [name, readFileSync(join(cwd, "out"))];
      }),
    );
  });
}

/** A document of LibreOffice as a PDF, with the options of its PDF export by name. */
export function libreoffice(fodt: string, options: Readonly<Record<string, boolean | number | string>> = {}): Buffer {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "in.fodt"), fodt);
    const typed = Object.entries(options).map(([name, value]) => {
      const type = typeof value === "number" ? "long" : typeof value;
      return [name, { type, value: String(value) }] as const;
    });
    const filter = `pdf:writer_pdf_Export:${JSON.stringify(Object.fromEntries(typed))}`;
    const profile = `-env:UserInstallation=file://${cwd}/profile`;
    execFileSync("soffice", [profile, "--headless", "--convert-to", filter, "in.fodt"], {
      cwd,
      env: { ...process.env, HOME: cwd },
      stdio: "ignore",
      timeout: 50_000,
    });
    return readFileSync(join(cwd, "in.pdf"));
  });
}

export function chromium(html: string): Buffer {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "in.html"), html);
    const args = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${cwd}/profile`,
      "--print-to-pdf=out.pdf",
    ];
    execFileSync("chromium", [...args, "in.html"], { cwd, stdio: "ignore" });
    return readFileSync(join(cwd, "out.pdf"));
  });
}
