// node scripts/bundle.ts OUT: the appliance as the container image holds it, in a new folder OUT. All modules as a few files without
// types, comments and long names: an appliance at rest then needs no compile cache and a good part less memory (docs/container.md).
//
//   OUT/bin/steg.js            the launcher; health.js beside it
//   OUT/app/*.js               the modules; main.js, and a file of its own for each thread
//   OUT/src, sunset, …         what modules read at run time, where they look for it in a checkout, too
//   OUT/node_modules           of packages only the fonts

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown, type OutputChunk, type Plugin } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");

/** Files of packages that are read, not imported. */
const FROM_PACKAGES = [
  "@kern-ux/native/dist/fonts/fira-sans/FiraSans-Regular.woff2",
  "@kern-ux/native/dist/fonts/fira-sans/FiraSans-SemiBold.woff2",
  "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
  "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
];
/** Native parts that ssh2 does without, and loads if it finds them. */
const NATIVE = [/^cpu-features$/, /\.node$/];

/** A module that another one loads by its path (a thread, or what `require` loads late), or a place that a module asks for. */
const PLACES =
  /(?<call>new Worker\(\s*new URL\(|\brequire\()"(?<path>\.{1,2}\/[^"]+)\.ts"(?<here>,\s*import\.meta\.url\))?|import\.meta\.url/g;

/** Answers the modules' files in the order of their names. Throws where `out` is there already. */
export async function bundle(out: string): Promise<readonly OutputChunk[]> {
  if (existsSync(out)) throw new Error(`${out} is there already: name a folder that is not`);
  const bundled = await rolldown({
    input: { main: join(source, "main.ts") },
    platform: "node",
    external: NATIVE,
    // Packages that are no modules ask for it when they are loaded; what they read from there is not used here.
    transform: { define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" } },
    plugins: [places(), oneByte()],
    // How long it took says nothing about the bundle: on a busy machine it warned of that.
    checks: { bundlerTimings: false },
    onLog: (level, log) => {
      // Packages that name themselves by eval or import in a circle do so in a checkout, too.
      if (level === "warn" && !/node_modules/.test(log.message)) throw new Error(log.message);
    },
  });
  const { output } = await bundled.write({
    dir: join(out, "app"),
    format: "esm",
    minify: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundled.close();
  copyRead(out);
  return output.filter((part) => part.type === "chunk").sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
}

/**
 * Modules find their files as they do in a checkout: to them they still lie in src. What they load by its path becomes a file of its
 * own, named by its folder and itself.
 */
function places(): Plugin {
  const emitted = new Set<string>();
  return {
    name: "places",
    transform(code, id) {
      if (!id.startsWith(source) || !code.includes("import.meta.url")) return undefined;
      const place = `new URL(${JSON.stringify(`../${relative(root, id)}`)}, import.meta.url).href`;
      // What is required by its path lies beside the files of modules, everything else where the module was.
      const otherwise = code.includes('require("./') ? "import.meta.url" : place;
      return code.replace(PLACES, (_whole, call?: string, path = "", here = "") => {
        if (call === undefined) return otherwise;
        const file = resolve(dirname(id), `${path}.ts`);
        const name = relative(source, file).slice(0, -3).replaceAll("/", "-");
        if (!emitted.has(file)) this.emitFile({ type: "chunk", id: file, fileName: `${name}.js` });
        emitted.add(file);
        return `${call}"./${name}.js"${here}`;
      });
    },
  };
}

/** Node keeps the text of a file with one letter beyond ASCII in twice the memory: such letters are escaped where that takes less. */
function oneByte(): Plugin {
  return {
    name: "one-byte",
    generateBundle(_options, bundled) {
      for (const chunk of Object.values(bundled)) {
        if (chunk.type !== "chunk") continue;
        const code = escaped(chunk.code, chunk.fileName);
        if (code.length < 2 * chunk.code.length) chunk.code = code;
      }
    },
  };
}

/** Throws where an escape would mean something else than the letter: after a backslash, and in templates that are read raw. */
export function escaped(code: string, file: string): string {
  const odd = /(?<!\\)(?:\\\\)*\\[^\u0000-\u007f]|String\.raw`[^`]*[^\u0000-\u007f`][^`]*`/.exec(code)?.[0];
  if (odd !== undefined)
    throw new Error(`${file}: ${JSON.stringify(odd.slice(0, 60))} cannot be escaped: write it otherwise`);
  return code.replaceAll(/[^\u0000-\u007f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function copyRead(out: string): void {
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" }).sort())
    if (extname(name) !== "" && extname(name) !== ".ts") copy(out, join("src", name));
  for (const name of ["sunset", "mappings", "fixtures", "LICENSE.md"]) copy(out, name);
  for (const name of FROM_PACKAGES) copy(out, join("node_modules", name));
  mkdirSync(join(out, "bin"));
  for (const name of ["steg.js", "health.js"]) cpSync(join(root, "docker", name), join(out, "bin", name));
  const { name, version, license, type } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(out, "package.json"), `${JSON.stringify({ name, version, license, type }, null, 2)}\n`);
}

function copy(out: string, name: string): void {
  cpSync(join(root, name), join(out, name), { recursive: true });
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "bundle.ts") {
  const [, , out] = process.argv;
  if (out === undefined) throw new Error("usage: node scripts/bundle.ts OUT");
  const chunks = await bundle(resolve(out));
  const bytes = chunks.reduce((sum, { code }) => sum + code.length, 0);
  process.stdout.write(`${chunks.length} files of modules, ${(bytes / 1_024).toFixed(0)} KiB\n`);
}
