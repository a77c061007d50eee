// /bridges/NAME/openapi.json and /bridges/NAME/docs: what they hold, and that nothing of a description becomes a script.

import { describe, expect, it } from "vitest";
import type { DescribedBridge } from "../../src/core/calls/openapi.ts";
import type { FaceReply, JsonSchema, Operation } from "../../src/core/contract.ts";
import { faceDocument } from "../../src/core/http/face-documents.ts";
import { keepTexts } from "../../src/core/http/kept-texts.ts";
import { escapeHtml, html } from "../../src/core/http/pages/html.ts";

const EVIL = `</code><script>alert(1)</script>" onload="x' onerror='y`;

function operationOf(text: string): Operation {
  const schema: JsonSchema = {
    type: "object",
    required: [text],
    properties: {
      [text]: { type: "string", description: text, default: text, enum: [text] },
      nochmal: { $ref: "#" },
      werte: { type: "array", items: { oneOf: [{ type: "string", pattern: text }, { const: text }] } },
    },
  };
  const parameter = {
    required: true,
    list: false,
    description: text,
    deprecated: true,
    schema: { type: "string", enum: [text], default: text },
  };
  return {
    name: "POST /einwohner/{om}",
    summary: text,
    input: schema,
    output: schema,
    examples: { input: { [text]: text } },
    http: {
      method: "POST",
      path: "/einwohner/{om}",
      parameters: [
        { ...parameter, name: "om", in: "path" },
        { ...parameter, name: text, in: "query" },
      ],
      body: "required",
      contentType: "application/json",
      description: text,
      deprecated: true,
    },
  };
}

function bridgeIn(state: string): DescribedBridge {
  return {
    bridge: "einwohner",
    title: "Auskunft",
    version: "1",
    owner: { name: "Meldeamt", email: "melde@stadt.example" },
    lifecycle: {
      state,
      deprecated: "2027-04-01",
      sunset: "2027-11-16",
      successor: { title: "Neues Register", url: "https://neu.example/api", guide: "https://neu.example/umstieg" },
    },
    operations: [operationOf("anlass")],
    security: { anyone: false, token: true, mutualTls: false },
    limits: { body: 1 << 20, rate: undefined, inFlight: 64 },
    deadline: 30_000,
    async: false,
  };
}

let count = 0;
function ask(
  path: string,
  bridge: Partial<DescribedBridge> = {},
  query = "",
  headers: Record<string, string> = {},
  method = "GET",
): FaceReply | undefined {
  const described = { ...bridgeIn("active"), ...bridge };
  const request = { method, path, query, headers, base: "https://steg.example/bridges/einwohner" };
  return faceDocument(request, "/bridges/einwohner", { key: String((count += 1)), described: () => described });
}

const page = (bridge: Partial<DescribedBridge> = {}, query = ""): string => String(ask("/docs", bridge, query)?.body);

describe("documents of a face", () => {
  it("are its description, its page and what the page needs, and nothing else", () => {
    const type = (path: string): string | undefined => ask(path)?.headers["content-type"];
    expect(type("/openapi.json")).toBe("application/vnd.oai.openapi+json;version=3.1");
    expect(type("/docs")).toBe("text/html; charset=utf-8");
    expect(type("/docs/docs.css")).toBe("text/css; charset=utf-8");
    expect(type("/docs/docs.svg")).toBe("image/svg+xml");
    expect(type("/docs/docs.js")).toBe("text/javascript; charset=utf-8");
    for (const path of ["/docs/", "/docs/../docs.js", "/docs/constructor", "/einwohner/7", "/"])
      expect(ask(path)).toBeUndefined();
    expect(ask("/docs", {}, "", {}, "POST")).toBeUndefined();
    expect(JSON.parse(String(ask("/openapi.json")?.body))).toMatchObject({
      openapi: "3.1.0",
      servers: [{ url: "https://steg.example/bridges/einwohner" }],
    });
  });

  it("are what a browser finds that opens the bridge itself", () => {
    const accept = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    expect(ask("/", {}, "", { accept })).toMatchObject({
      status: 303,
      headers: { location: "/bridges/einwohner/docs" },
    });
    expect(ask("/", {}, "", { accept, authorization: "Bearer x" })).toBeUndefined();
    expect(ask("/", {}, "", { accept: "application/json" })).toBeUndefined();
  });

  it("run no script and load no style but their own", () => {
    expect(ask("/docs")?.headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const text = page();
    expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/bridges/einwohner/docs/docs.js">']);
    expect(text).not.toMatch(/<style|style=|\son\w+=/);
  });

  it.each(["de", "en"])("show what they are told as text (%s)", (language) => {
    const lifecycle = {
      state: "active",
      deprecated: "2027-04-01",
      sunset: "2027-11-16",
      successor: { title: EVIL, url: "javascript:alert(1)", guide: `https://neu.example/"onclick="x` },
    };
    const text = page(
      { title: EVIL, owner: { name: EVIL, email: EVIL }, operations: [operationOf(EVIL)], lifecycle },
      `lang=${language}`,
    );
    expect(text.match(/<script/g)).toHaveLength(1);
    // Without what stands in quotes, where anything may stand.
    const tags = text.replaceAll(/="[^"]*"/g, '=""');
    expect(tags).not.toMatch(/<[^>]*\son(?:load|error|click)=/);
    expect(tags.match(/="/g)).toHaveLength((tags.match(/""/g) ?? []).length);
    expect(text).not.toMatch(/href="javascript/i);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("speak German, unless the reader does not", () => {
    const language = (query: string, accept?: string): string | undefined =>
      /<html lang="(\w+)"/.exec(
        String(ask("/docs", {}, query, accept === undefined ? {} : { "accept-language": accept })?.body),
      )?.[1];
    expect([
      language(""),
      language("", "fr"),
      language("", "en-GB,de;q=0.5"),
      language("lang=de", "en"),
      language("lang=en"),
      language("lang=x", "de"),
    ]).toEqual(["de", "de", "en", "de", "en", "de"]);
  });

  it("say how it stands with the bridge", () => {
    const { lifecycle } = {
      lifecycle: { state: "active", deprecated: "2027-04-01", sunset: "2027-11-16", successor: undefined },
    };
    expect(page()).toContain("In Betrieb; läuft ab 01.04.2027 aus und endet am <time");
    expect(page({ lifecycle: { ...lifecycle, state: "deprecated" } }, "lang=en")).toContain(
      'Deprecated: this interface ends on <time datetime="2027-11-16">16 November 2027</time>',
    );
    expect(page({ lifecycle: { ...lifecycle, state: "sunset" } })).toMatch(/note--danger.*Beendet/);
    expect(page({ lifecycle: { ...lifecycle, state: "sunset" } })).toContain("Es gibt keinen Nachfolger.");
  });

  it("ask for a token only where one is needed", () => {
    expect(page()).toContain('type="password"');
    expect(page({ security: { anyone: true, token: false, mutualTls: false } })).not.toContain("password");
  });

  it("keep the indentation of examples", () => {
    expect(page()).toContain("{\n  &quot;anlass&quot;: &quot;anlass&quot;\n}</textarea>");
  });

  it("stay small, however large a service is", () => {
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_each, n) => [`feld${n}`, { $ref: "#/$defs/teil" }]),
    );
    const wide: JsonSchema = {
      type: "object",
      properties: many,
      $defs: { teil: { type: "object", properties: many } },
    };
    const operations = Array.from({ length: 5 }, (_each, n) => ({
      ...operationOf("a"),
      name: `POST /a${n}`,
      input: wide,
      http: { ...operationOf("a").http!, path: `/a${n}` },
    }));
    const since = performance.now();
    const text = page({ operations });
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(text.length).toBeLessThan(1_500_000);
    expect(text).toContain("und mehr; alles steht in der OpenAPI-Beschreibung");
  });

  it("are made once for each state of the bridge", () => {
    let made = 0;
    const described = (state: string): DescribedBridge => {
      made++;
      return bridgeIn(state);
    };
    const look = (state: string, path: string): FaceReply | undefined =>
      faceDocument(
        { method: "GET", path, query: "", headers: {}, base: "https://steg.example/bridges/x" },
        "/bridges/x",
        { key: `x ${state}`, described: () => described(state) },
      );
    expect(look("active", "/openapi.json")?.body).toBe(look("active", "/openapi.json")?.body);
    expect(String(look("active", "/docs")?.body)).toContain("In Betrieb");
    const before = made;
    look("active", "/openapi.json");
    look("active", "/docs");
    expect(made).toBe(before);
    expect(String(look("deprecated", "/docs")?.body)).toContain("Läuft aus");
  });
});

describe("texts that are kept", () => {
  it("are the latest, up to a number of characters", () => {
    const texts = keepTexts(10);
    const made: string[] = [];
    const get = (key: string, length: number): string =>
      texts.get(key, () => {
        made.push(key);
        return key.repeat(length);
      });
    for (const key of ["a", "b", "a", "b"]) get(key, 5);
    expect(made.join("")).toBe("ab");
    get("c", 5);
    get("b", 5);
    get("a", 5);
    expect(made.join("")).toBe("abca");
    // One that is too large for all of them is kept alone, so that it is not made for every request.
    expect(get("d", 50)).toHaveLength(50);
    get("d", 50);
    expect(made.join("")).toBe("abcad");
  });
});

describe("html", () => {
  it("escapes values, not its own", () => {
    expect(html`<p title="${`"'<&`}">${[html`<b>${"<"}</b>`, false, undefined, 7]}</p>`.html).toBe(
      '<p title="&quot;&#39;&lt;&amp;"><b>&lt;</b>7</p>',
    );
    expect(escapeHtml("a\u0000b\ud800c\u0085")).toBe("ab\ufffdc");
  });
});
