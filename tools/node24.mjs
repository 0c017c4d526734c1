/**
 * `npm run test:node24`: the whole test run on Node 24, whatever Node is installed. Node comes from the npm registry as a
 * package; the sources are copied beside it, so that native modules compiled for another Node stay as they are.
 * Everything lies in dist/node24 and is used again next time. Arguments are handed to vitest.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { during, giveUp, run, say, tail } from './progress.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const place = join(root, 'dist', 'node24');
const tree = join(place, 'tree');
const name = `node-${process.platform}-${process.arch}`;
const bin = join(place, 'node_modules', name, 'bin');

/** Node 24 and its headers. */
async function fetchNode() {
  if (existsSync(join(bin, 'node'))) return;
  mkdirSync(place, { recursive: true });
  const argv = ['npm', 'install', '--prefix', place, '--no-save', '--no-package-lock', '--ignore-scripts', `${name}@24`];
  const { exit, output } = await during('Fetching Node 24', 'ten seconds', () => run(argv));
  if (exit !== 0) giveUp(`${argv.join(' ')} failed:\n${tail(output)}`);
}

/** What git knows or would add, as it stands now; node_modules and dist of an earlier run stay. */
async function copySources() {
  const { exit, output } = await run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  if (exit !== 0) giveUp(`git ls-files failed:\n${tail(output)}`);
  mkdirSync(tree, { recursive: true });
  for (const entry of readdirSync(tree)) if (entry !== 'node_modules' && entry !== 'dist') rmSync(join(tree, entry), { recursive: true });
  for (const file of output.split('\0')) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(tree, file), { preserveTimestamps: true });
  }
}

await fetchNode();
await copySources();
const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const node = join(bin, 'node');
const version = await run([node, '--version']);
say(`Node ${version.output.trim()} in ${tree}`);
for (const argv of [
  [node, 'tools/setup.mjs', '--no-build'],
  [node, 'tools/test.mjs', ...process.argv.slice(2)],
]) {
  const { exit } = await run(argv, { cwd: tree, env, inherit: true });
  process.exitCode = exit;
  if (exit !== 0) break;
}
