import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSettings, parseListen } from "../../src/core/settings.ts";
import type { SettingsInput } from "../../src/core/settings.ts";
import { tagsForNobody } from "../../src/core/settings-tags.ts";
import { tagsOfBridge } from "../../src/core/tags.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "steg-settings-"));
  await writeFile(join(cwd, "there"), "x");
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

const load = async (input: Partial<SettingsInput> = {}) => await loadSettings({ env: {}, flags: {}, cwd, ...input });

/** A folder of its own with a steg.yaml beside its mappings. */
async function withFile(name: string, content: string): Promise<string> {
  await mkdir(join(cwd, name), { recursive: true });
  await writeFile(join(cwd, name, "steg.yaml"), content);
  return join(name, "mappings");
}

describe("settings", () => {
  it("have the documented defaults", async () => {
    const settings = await load();
    expect(settings).toMatchObject({
      dir: join(cwd, "mappings"),
      state: join(cwd, "state"),
      data: join(cwd, "data"),
      listen: { host: "127.0.0.1", port: 8080 },
      keyFile: undefined,
      tls: undefined,
      log: "info",
    });
    expect(settings.origin("state")).toBe("default");
  });

  it("come from the flag before the environment before the file", async () => {
    const dir = await withFile("order", "state: from-file\ndata: daten\nlisten: 127.0.0.1:1\n");
    const file = await load({ flags: { dir } });
    expect(file).toMatchObject({
      state: join(cwd, "order/from-file"),
      data: join(cwd, "order/daten"),
      listen: { port: 1 },
    });
    expect(file.origin("state")).toMatch(/order\/steg\.yaml:1 \(state\)$/);
    const env = await load({ flags: { dir }, env: { STEG_STATE: "from-env", STEG_LISTEN: "0.0.0.0:2" } });
    expect(env).toMatchObject({ state: join(cwd, "from-env"), listen: { host: "0.0.0.0", port: 2 } });
    expect(env.origin("state")).toBe("STEG_STATE");
    const flag = await load({ flags: { dir, state: "from-flag" }, env: { STEG_STATE: "from-env" } });
    expect(flag.state).toBe(join(cwd, "from-flag"));
    expect(flag.origin("state")).toBe("--state");
  });

  it("take an empty variable as not set", async () => {
    expect((await load({ env: { STEG_STATE: "", STEG_KEY_FILE: "" } })).state).toBe(join(cwd, "state"));
  });

  it.each([
    ["stat: x\n", /1:1|stat is no setting/, "Did you mean state?"],
    ["log: loud\n", /log level from .*steg\.yaml:1/, ""],
    ["listen: nonsense\n", /listen address from .*steg\.yaml:1/, ""],
    ["tls: on\n", /tls must be a map/, ""],
    ["tls: { cret: x }\n", /tls\.cret is no setting/, "tls.cert"],
    ["state: [a]\n", /state must be text/, ""],
    ["state: {\n", /not valid YAML/, ""],
    ["- a\n", /must be a map/, ""],
  ])("refuse %j with its place", async (content, message, hint) => {
    const dir = await withFile(`bad-${Math.abs(hashCode(content))}`, content);
    const failure = await load({ flags: { dir } }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: "SETTING_INVALID", message: expect.stringMatching(message) as string });
    expect((failure as { hint: string }).hint).toContain(hint);
  });

  it.each([
    [{ STEG_LOG: "loud" }, "STEG_LOG"],
    [{ STEG_LISTEN: "8080" }, "STEG_LISTEN"],
    [{ STEG_LISTEN: "127.0.0.1:70000" }, "STEG_LISTEN"],
    [{ STEG_KEY_FILE: "fehlt" }, "STEG_KEY_FILE"],
    [{ STEG_TLS_CERT: "there" }, "STEG_TLS_KEY"],
    [{ STEG_TLS_CERT: "there", STEG_TLS_KEY: "fehlt" }, "STEG_TLS_KEY"],
    [{ STEG_TLS_CLIENT_CA: "there" }, "STEG_TLS_CERT"],
    [{ STEG_LISTEN: "0.0.0.0" }, 'it is "0.0.0.0"'],
    [{ STEG_LOG: "loud" }, 'it is "loud"'],
    [{ STEG_STATE: "there" }, "STEG_STATE is a file; it has to be a folder"],
    [{ STEG_DATA: "there" }, "STEG_DATA is a file; it has to be a folder"],
    [{ STEG_KEY_FILE: "." }, "STEG_KEY_FILE is a folder; it has to be a file"],
    [{ STEG_POLICY: "." }, "STEG_POLICY is a folder; it has to be a file"],
  ])("refuse %j and name %s", async (env, name) => {
    await expect(load({ env })).rejects.toMatchObject({
      code: "SETTING_INVALID",
      message: expect.stringContaining(name) as string,
    });
  });

  it.each([
    [{ STEG_REDIS: "redis://geheim@redis" }, "STEG_KEY_FILE"],
    [{ STEG_REDIS: "http://geheim@redis", STEG_KEY_FILE: "package.json" }, "redis:// or rediss://"],
    [{ STEG_REDIS: "redis", STEG_KEY_FILE: "package.json" }, "redis:// or rediss://"],
    [{ STEG_REDIS: "rediss://redis", STEG_KEY_FILE: "package.json", STEG_REDIS_CA: "nowhere.pem" }, "STEG_REDIS_CA"],
  ])("refuse %j without showing a password", async (env, what) => {
    const refused = expect(loadSettings({ env, cwd: process.cwd(), flags: {} })).rejects;
    await refused.toMatchObject({ code: "SETTING_INVALID", message: expect.stringContaining(what) as string });
    await refused.toMatchObject({ message: expect.not.stringContaining("geheim") as string });
  });

  it("read TLS", async () => {
    const { tls } = await load({ env: { STEG_TLS_CERT: "there", STEG_TLS_KEY: "there", STEG_TLS_CLIENT_CA: "there" } });
    expect(tls).toEqual({ cert: join(cwd, "there"), key: join(cwd, "there"), clientCa: join(cwd, "there") });
  });

  it("read whose JWTs are taken: keys from an address, or from a file beside steg.yaml", async () => {
    const jwt = "jwt:\n  issuer: https://login.example\n  audience: steg\n  scope: melde kfz\n";
    const dir = await withFile("jwt", `${jwt}  jwks: keys/jwks.json\n`);
    const expected = { issuer: "https://login.example", audience: "steg", claim: undefined, scopes: ["melde", "kfz"] };
    expect((await load({ flags: { dir } })).jwt).toEqual({ ...expected, keys: join(cwd, "jwt/keys/jwks.json") });
    const env = { STEG_JWT_JWKS: "https://login.example/jwks", STEG_JWT_CLAIM: "appid" };
    expect((await load({ flags: { dir }, env })).jwt).toEqual({
      ...expected,
      keys: "https://login.example/jwks",
      claim: "appid",
    });
    expect((await load()).jwt).toBeUndefined();
    await expect(load({ env: { STEG_JWT_SCOPE: "melde" } })).rejects.toThrow("STEG_JWT_ISSUER and STEG_JWT_AUDIENCE");
    const personal = { STEG_JWT_ISSUER: "i", STEG_JWT_AUDIENCE: "a", STEG_JWT_JWKS: "k.json", STEG_JWT_CLAIM: "sub" };
    await expect(load({ env: personal })).rejects.toThrow("names a person, not a client");
    const tls = { STEG_TLS_CERT: "there", STEG_TLS_KEY: "there", STEG_TLS_CLIENT_CERT: "optional" };
    await expect(load({ env: tls })).rejects.toThrow("needs STEG_TLS_CLIENT_CA");
    await expect(load({ env: { ...tls, STEG_TLS_CLIENT_CA: "there", STEG_TLS_CLIENT_CERT: "yes" } })).rejects.toThrow(
      "must be required or optional",
    );
  });

  it("read tags: of the appliance, and of single bridges with their places", async () => {
    const dir = await withFile(
      "tags",
      'tags: [ "kommune:musterstadt", verfahren:melde ]\nbridges:\n  gewerbe:\n    tags: [ "kommune:neustadt", "kommune:adorf" ]\n  ohne:\n',
    );
    const { tags } = await load({ flags: { dir } });
    expect(tags.all).toEqual(["kommune:musterstadt", "verfahren:melde"]);
    expect(tagsOfBridge(tags, "melde")).toEqual(["kommune:musterstadt", "verfahren:melde"]);
    // A key that is named at the bridge stands there instead.
    expect(tagsOfBridge(tags, "gewerbe")).toEqual(["kommune:adorf", "kommune:neustadt", "verfahren:melde"]);
    expect(tagsForNobody(tags, ["gewerben"])).toEqual([
      expect.objectContaining({ line: 3, column: 3, severity: "warning", hint: "Did you mean gewerben?" }),
    ]);
    expect(tagsForNobody(tags, ["gewerbe"])).toEqual([]);
    const env = { STEG_TAGS: "kommune:a, verfahren:b ,kommune:a," };
    expect((await load({ flags: { dir }, env })).tags.all).toEqual(["kommune:a", "verfahren:b"]);
    expect((await load()).tags).toEqual({ all: [], bridges: new Map() });
  });

  it.each([
    ['tags: [ "kommune:a", "Kommune:b" ]\n', /tags: a tag is key:value.*found "Kommune:b"/, 1, 22],
    ["tags: [ kommune: a ]\n", /a tag is text/, 1, 9],
    ["tags: { kommune: a }\n", /tags must be a list/, 1, 7],
    ["tags: [ ohne ]\n", /key:value/, 1, 9],
    ["bridges: [ gewerbe ]\n", /bridges must be a map/, 1, 10],
    ["bridges:\n  gewerbe: { tgas: [] }\n", /bridges\.gewerbe\.tgas is no setting/, 2, 14],
    ["bridges:\n  gewerbe: { tags: [ x ] }\n", /bridges\.gewerbe\.tags: a tag is key:value/, 2, 22],
    [`tags: [${Array.from({ length: 33 }, (_, at) => `k:${at}`).join()}]\n`, /more than 32 tags/, 1, 7],
  ])("refuse the tags of %j where they stand", async (content, message, line, column) => {
    const dir = await withFile(`tags-${Math.abs(hashCode(content))}`, content);
    const failure = await load({ flags: { dir } }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: "SETTING_INVALID", message: expect.stringMatching(message) as string });
    expect((failure as { position: unknown }).position).toMatchObject({ line, column });
  });

  it.each(["kommune", "Kommune:a", "kommune:", "kommune: a", "kommune:a=b", "kommune:a+b"])(
    "refuse STEG_TAGS with %j",
    async (tag) =>
      await expect(load({ env: { STEG_TAGS: `verfahren:x,${tag}` } })).rejects.toThrow(
        "STEG_TAGS from STEG_TAGS: a tag is",
      ),
  );

  it("read addresses with names and IPv6", () => {
    expect(parseListen("[::1]:8080", "x")).toEqual({ host: "::1", port: 8080 });
    expect(parseListen("localhost:0", "x")).toEqual({ host: "localhost", port: 0 });
    expect(() => parseListen("::1:8080", "x")).toThrow("from x");
  });
});

function hashCode(text: string): number {
  return Array.from(text).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) | 0, 7);
}
