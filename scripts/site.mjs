// Assembles the site folder: names with content hashes, minified, with a brotli copy beside what compresses.
// Writes only what changed, because the server embeds the folder and would be compiled again.
import { build, transform } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

const [bundle, site, profile] = process.argv.slice(2);
const release = profile === 'wasm-release';
const styles = ['tokens', 'base', 'components', 'pages'];
const compressible = new Set(['.js', '.wasm', '.css', '.svg', '.json', '.webmanifest', '.txt', '.html', '.ico', '.xml']);

const wanted = new Map();
const assets = {};

function addHashed(kind, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  const path = `pkg/machinaut.${hash}.${kind}`;
  wanted.set(path, content);
  assets[kind] = `/${path}`;
}

const script = await build({
  entryPoints: [join(bundle, 'machinaut.js')],
  bundle: true, // wasm-bindgen may put snippets beside it
  format: 'esm',
  minify: release,
  write: false,
  logLevel: 'error',
});
addHashed('js', Buffer.from(script.outputFiles[0].contents));
addHashed('wasm', readFileSync(join(bundle, 'machinaut.wasm')));

const css = styles.map((name) => readFileSync(`style/${name}.css`, 'utf8')).join('\n');
addHashed('css', Buffer.from((await transform(css, { loader: 'css', minify: release, logLevel: 'warning' })).code));

for (const entry of readdirSync('public', { recursive: true })) {
  const source = join('public', entry);
  if (statSync(source).isFile()) wanted.set(entry, readFileSync(source));
}
wanted.set('assets.json', Buffer.from(JSON.stringify(assets)));

function compress(path, content) {
  try {
    const old = readFileSync(join(site, `${path}.br`));
    if (brotliDecompressSync(old).equals(content)) return old;
  } catch {
    // Not there yet, or cut off by an interrupted build.
  }
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}

if (release) {
  for (const [path, content] of [...wanted]) {
    if (compressible.has(extname(path)) && path !== 'assets.json') wanted.set(`${path}.br`, compress(path, content));
  }
}

mkdirSync(site, { recursive: true });
for (const entry of readdirSync(site, { recursive: true })) {
  if (!wanted.has(entry) && statSync(join(site, entry)).isFile()) rmSync(join(site, entry));
}
for (const [path, content] of wanted) {
  const file = join(site, path);
  if (existsSync(file) && readFileSync(file).equals(content)) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const kb = (bytes) => `${(bytes / 1024).toFixed(1).padStart(8)} KB`;
for (const kind of ['wasm', 'js', 'css']) {
  const path = assets[kind].slice(1);
  const brotli = wanted.get(`${path}.br`);
  console.log(`${kind.padEnd(4)} ${kb(wanted.get(path).length)}${brotli ? `  brotli ${kb(brotli.length)}` : ''}`);
}
