/** dist/ from the sources, by tsc and (the page) rolldown; nothing is done when no source changed since. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from './progress.mjs';
import { buildWeb } from './web.mjs';

const parts = ['src', 'plugins', 'bench'];

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Names, sizes and times of everything that tsc reads of ours. */
function seen(root) {
  const hash = createHash('sha256');
  const ours = [
    ...parts.flatMap((part) => files(join(root, part)).filter((file) => file.endsWith('.ts'))),
    ...files(join(root, 'web')),
    join(root, 'tools', 'web.mjs'),
    join(root, 'tsconfig.json'),
    join(root, 'package-lock.json'),
  ];
  for (const file of ours) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** Compiled files whose source is gone would still be found by an import. */
function removeOrphans(root) {
  for (const part of parts) {
    for (const file of files(join(root, 'dist', part))) {
      const source = join(root, file.slice(join(root, 'dist').length + 1).replace(/\.js(\.map)?$/, '.ts'));
      if (!existsSync(source)) rmSync(file);
    }
  }
}

/** Resolves to tsc's complaints; empty when all is well. */
export async function build(root) {
  const stamp = join(root, 'dist', '.built');
  const now = seen(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return '';
  const { exit, output } = await run([process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], { cwd: root });
  if (exit !== 0) return output;
  const page = await run([process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join('web', 'tsconfig.json')], { cwd: root });
  if (page.exit !== 0) return page.output;
  removeOrphans(root);
  await buildWeb(root);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, now);
  return '';
}
