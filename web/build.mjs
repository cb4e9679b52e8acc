// Puts everything that the page needs into one folder: dist, or the one that is named as an argument.
// The networks are exported by painterly, which must be on the path (or named by the variable PAINTERLY).

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = resolve(process.argv[2] ?? join(HERE, "dist"));
const PAINTERLY = process.env.PAINTERLY ?? "painterly";
const NETWORKS = ["gallery-small", "gallery"];

/** What a command of painterly's prints as JSON. */
function painterly(...options) {
  const done = spawnSync(PAINTERLY, [...options, "--json", "--quiet"], { encoding: "utf8" });
  if (done.status !== 0) {
    console.error(done.error ? `cannot run ${PAINTERLY}: install painterly, with its extra onnx` : done.stderr.trim());
    process.exit(1);
  }
  return JSON.parse(done.stdout);
}

/** Exports a network and says what the page has to know about it. */
function network(name) {
  const file = `models/${name}.onnx`;
  const exported = painterly("export", name, "-o", join(DIST, file), "--precision", "float16");
  const card = painterly("info", name);
  const paintings = exported.styles.length ? card.styles : [{ ...card.style, name }];
  const styles = paintings.map((one) => ({ name: one.name, title: one.title, painter: one.painter }));
  return { name, file, styles, inputs: exported.styles, minimum: exported.minimum, bytes: exported.bytes };
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(join(DIST, "models"), { recursive: true });
writeFileSync(join(DIST, "models.json"), JSON.stringify(NETWORKS.map(network), null, 2));
await build({
  entryPoints: [join(HERE, "src/page.js"), join(HERE, "src/worker.js")],
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "linked",
  logLevel: "warning",
});
for (const name of ["index.html", "style.css"]) cpSync(join(HERE, "src", name), join(DIST, name));
cpSync(join(HERE, "../src/painterly/assets/demo.jpg"), join(DIST, "demo.jpg"));
const wasm = "ort-wasm-simd-threaded.wasm";
cpSync(join(HERE, "node_modules/onnxruntime-web/dist", wasm), join(DIST, wasm));
console.log(`built ${DIST}`);
