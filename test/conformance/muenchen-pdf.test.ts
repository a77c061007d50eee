// Munich's whole case with real processes: the drop and its PDFs over OpenSSH, XJustiz messages with their files to an HTTP server, which
// reads them with Node's own parser. What belongs to no case is reported, a case without its files becomes a dead letter and can go later.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPlace, RUNNING, type Place, type Running } from "../commands/steg.ts";
import { describeWithOpenssh, startOpenssh, type Openssh } from "../peers/openssh.ts";
import { startReceiver, type Heard, type Receiver } from "../peers/receiver.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const testdata = sharedData("muenchen-erzwingungshaft/testdata/in");
const drop = "D.KVU.EUDG0P0.20240807.EZH";
/** Business partner and reference of the five records; the city published PDFs for the second, fourth and fifth. */
const CASES = [
  "1001133889_5793306993528",
  "1000809085_5793341761427",
  "1000809085_5793354017428",
  "1000013749_5793303492524",
  "1000258309_5793402494421",
] as const;
const WAIT_SECONDS = 10;

/** The smallest page that PDF readers open (ISO 32000-1, 7.5), with a text in it that makes it one of a kind. */
function pdf(text: string): Buffer {
  const stream = `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, at) => {
    const offset = body.length;
    body += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body + table + trailer, "latin1");
}

interface Arrived {
  readonly record: string;
  readonly xml: string;
  readonly type: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

async function arrivedOf(heard: Heard): Promise<Arrived> {
  const headers = { "content-type": heard.headers["content-type"] ?? "" };
  const form = await new Response(Uint8Array.from(heard.body), { headers }).formData();
  const message = form.get("message") as File;
  const files = new Map<string, Buffer>();
  for (const file of form.getAll("attachment") as File[]) {
    expect(file.type).toBe("application/pdf");
    files.set(file.name, Buffer.from(await file.arrayBuffer()));
  }
  const record = String(heard.headers["x-steg-record"]);
  return { record, xml: await message.text(), type: message.type, files };
}

/** File names as the message itself says them, in its order. */
function namesIn(xml: string): readonly string[] {
  return [...xml.matchAll(/<tns:dateiname>([^<]*)<\/tns:dateiname>/gu)].map(([, name]) => name ?? "");
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 40_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come to pass: ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 150));
  }
}

describeWithData("Munich's drop with its PDFs", () => {
  describeWithOpenssh("over OpenSSH to HTTP", () => {
    let server: Openssh;
    let receiver: Receiver;
    let place: Place;
    let up: Running;

    const put = (folder: string, name: string, bytes: Buffer): void =>
      writeFileSync(join(server.root, folder, name), bytes);
    const publish = (which: string): void => {
      const names = readdirSync(`${testdata}/pdf`).filter((name) => name.startsWith(which));
      expect(names).toHaveLength(2);
      for (const name of names) put("pdf", name, readFileSync(`${testdata}/pdf/${name}`));
    };
    const arrived = async (which: number): Promise<Arrived> => {
      const heard = receiver.heard.filter(({ headers }) => headers["x-steg-record"] === String(which));
      expect(heard).toHaveLength(1);
      return arrivedOf(heard[0] as Heard);
    };

    beforeAll(async () => {
      if (!existsSync(`${root}/test/catalog/xjustiz/3.6.2`)) {
        const schemas = sharedData("xjustiz/XJustiz 3.6.2 XSD");
        const add = ["schema", "add", schemas, "--name", "xjustiz", "--version", "3.6.2", "--dir", "test/conformance"];
        execFileSync(process.execPath, ["src/main.ts", ...add], { cwd: root });
      }
      server = await startOpenssh({ chroot: true });
      for (const folder of ["metadata", "pdf"]) mkdirSync(join(server.root, folder));
      receiver = await startReceiver();
      place = await createPlace();
      await place.bridge("farben");
      cpSync(join(import.meta.dirname, "muenchen-pdf"), place.path("mappings/muenchen-pdf"), { recursive: true });
      symlinkSync(`${root}/test/catalog`, place.path("catalog"));
      await place.write("sftp_key", server.key);
      const written = readFileSync(join(import.meta.dirname, "muenchen-pdf/bridge.yaml"), "utf8");
      const changes: readonly (readonly [string | RegExp, string])[] = [
        ["host: sftp.stadt.example", `host: 127.0.0.1\n    port: ${server.port}\n    settle: 0s\n    every: 1s`],
        ["user: steg", `user: ${server.user}`],
        ["${file:/run/secrets/sftp_key}", `\${file:${place.path("sftp_key")}}`],
        ["wait: 2h", `wait: ${WAIT_SECONDS}s`],
        ["https://justiz.example/xjustiz/nachrichten", `${receiver.origin}/xjustiz/nachrichten`],
        [/by: 2027-06-30/u, `by: ${RUNNING.deprecated}`],
        [/started: .*/u, `started: ${RUNNING.started}`],
        [/deprecated: .*/u, `deprecated: ${RUNNING.deprecated}`],
        [/sunset: .*/u, `sunset: ${RUNNING.sunset}`],
      ];
      let text = written;
      for (const [from, to] of changes) {
        const changed = text.replace(from, to);
        if (changed === text) throw new Error(`the bridge file has no ${String(from)}`);
        text = changed;
      }
      await place.write("mappings/muenchen-pdf/bridge.yaml", text);
    }, 60_000);

    afterAll(async () => {
      await place.remove();
      await receiver.close();
      await server.close();
    });

    it("joins PDFs that come before, with and after their records, and sends each case as one request", async () => {
      publish(CASES[1]);
      put("pdf", "9999999999_0000000000000_20240807_EH.pdf", pdf("zu keinem Fall"));
      up = place.start(["up"], { env: { SFTP_HOST_KEY: server.hostKey } });
      await until("PDFs are taken before any record", () => existsSync(join(server.root, "pdf/archive")));
      expect(receiver.heard).toEqual([]);
      publish(CASES[3]);
      publish(CASES[4]);
      put("metadata", drop, readFileSync(`${testdata}/metadata/${drop}`));
      await until("three cases are delivered", () => receiver.heard.length === 3);
      put("pdf", `${CASES[0]}_20240808_EH.pdf`, pdf("Antrag 1"));
      put("pdf", `${CASES[0]}_20240808_KB.pdf`, pdf("Kostenbescheid 1"));
      put("pdf", `${CASES[0]}_20240808_URB.pdf`, pdf("Bescheid 1"));
      await until("the late case is delivered", () => receiver.heard.length === 4);

      for (const which of [2, 4, 5]) {
        const { xml, type, files } = await arrived(which);
        expect(type).toMatch(/^application\/xml/u);
        expect([...files.keys()]).toEqual(namesIn(xml));
        expect([...files.values()]).toEqual(
          ["EH", "URB"].map((kind) => readFileSync(`${testdata}/pdf/${CASES[which - 1]}_20240807_${kind}.pdf`)),
        );
      }
      const late = await arrived(1);
      expect([...late.files.keys()]).toEqual(namesIn(late.xml));
      expect([...late.files.values()]).toEqual([pdf("Antrag 1"), pdf("Bescheid 1"), pdf("Kostenbescheid 1")]);
      for (const name of late.files.keys())
        expect(name).toMatch(/^(?:EH-Antrag|Bussgeldbescheid|Weiterer-Bescheid)_[0-9a-f-]{36}\.pdf$/u);
    });

    it("sends the very messages that steg try shows for the same files", async () => {
      const folder = join(server.root, "pdf/archive");
      const key = { env: { SFTP_HOST_KEY: server.hostKey } };
      const tried = await place.json<{
        messages: { record: number; body: string }[];
        errors: { record: number; code: string }[];
      }>(["try", "muenchen-pdf", `${testdata}/metadata/${drop}`, "--attach", folder], key);
      expect(tried.errors).toMatchObject([{ record: 3, code: "ATTACHMENT_MISSING" }]);
      // The time of receipt is another one.
      const timeless = (xml: string): string => xml.replace(/<tns:erstellungszeitpunkt>[^<]*</u, "<");
      for (const { record, body } of tried.messages) {
        expect(timeless((await arrived(record)).xml)).toBe(timeless(body));
      }
      expect(tried.messages).toHaveLength(4);
    });

    it("reports the PDF of no case and the case without PDFs, which goes when they come and somebody says so", async () => {
      const dead = (): Promise<{ id: string; code: string; record: number; message: string }[]> =>
        place.json(["dead", "muenchen-pdf"]);
      await until("the case without PDFs is a dead letter", async () => (await dead()).length === 1);
      const [letter] = await dead();
      expect(letter).toMatchObject({ code: "ATTACHMENT_MISSING", record: 3, stage: "map" });
      expect(letter?.message).toBe(`0 of at least 2 files came for {ehgpid}_{ehkassz}_*.pdf within ${WAIT_SECONDS}s`);
      interface Listed {
        readonly name: string;
        readonly state: string;
      }
      const unassigned = async (): Promise<readonly string[]> => {
        const all = await place.json<Listed[]>(["drops", "muenchen-pdf", "--attachments"]);
        return all.filter(({ state }) => state === "unassigned").map(({ name }) => name);
      };
      await until("the PDF of no case is reported", async () => (await unassigned()).length === 1);
      expect(await unassigned()).toEqual(["9999999999_0000000000000_20240807_EH.pdf"]);

      put("pdf", `${CASES[2]}_20240809_EH.pdf`, pdf("Antrag 3"));
      put("pdf", `${CASES[2]}_20240809_URB.pdf`, pdf("Bescheid 3"));
      await until("they are taken", () => readdirSync(join(server.root, "pdf")).length === 1);
      expect((await place.steg(["replay", letter?.id ?? "", "--yes"])).code).toBe(0);
      await until("the last case is delivered", () => receiver.heard.length === 5);
      expect([...(await arrived(3)).files.values()]).toEqual([pdf("Antrag 3"), pdf("Bescheid 3")]);
      expect(await dead()).toEqual([]);

      expect(receiver.doubled).toEqual([]);
      expect(readdirSync(join(server.root, "metadata/archive"))).toEqual([drop]);
      expect(readdirSync(join(server.root, "pdf/archive"))).toHaveLength(6 + 1 + 3 + 2);
      up.child.kill("SIGTERM");
      const { code, stderr } = await up.ended;
      expect(code).toBe(0);
      expect(stderr).toContain("unassigned");
      for (const name of [...CASES, "9999999999"]) expect(stderr).not.toContain(name.slice(0, 10));
    });
  });
});
