/** dist/web from web/: one bundle and one style sheet, named by their content, each beside its brotli and gzip forms. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const named = (content, kind) => `style-${createHash('sha256').update(content).digest('base64url').slice(0, 10)}.${kind}`;

/** Rules as they are, without the space between them and without comments. */
const squeezed = (css) =>
  css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s*([{};])\s*/g, '$1');

/** Raises what the bundler raises, with file and line. */
export async function buildWeb(root) {
  const { rolldown } = await import('rolldown');
  const target = join(root, 'dist', 'web');
  const bundle = await rolldown({
    input: { page: join(root, 'web', 'main.tsx') },
    platform: 'browser',
    tsconfig: join(root, 'web', 'tsconfig.json'),
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true, entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' });
  await bundle.close();
  const css = squeezed(
    readFileSync(join(root, 'node_modules', 'uplot', 'dist', 'uPlot.min.css'), 'utf8') + readFileSync(join(root, 'web', 'style.css'), 'utf8'),
  );
  const entry = output.find((chunk) => chunk.isEntry);
  const files = new Map(output.map((chunk) => [chunk.fileName, chunk.code]));
  files.set(named(css, 'css'), css);
  const html = readFileSync(join(root, 'web', 'index.html'), 'utf8')
    .replace('STYLE', `assets/${named(css, 'css')}`)
    .replace('SCRIPT', `assets/${entry.fileName}`);
  files.set('index.html', html);
  mkdirSync(target, { recursive: true });
  const kept = new Set();
  for (const [name, text] of files) {
    writeFileSync(join(target, name), text);
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(target, `${name}.gz`), gzipSync(text, { level: 9 }));
    for (const form of ['', '.br', '.gz']) kept.add(`${name}${form}`);
  }
  for (const name of readdirSync(target)) if (!kept.has(name)) rmSync(join(target, name));
}
