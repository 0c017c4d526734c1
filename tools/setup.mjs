/** Everything that must stand before Domus runs on this machine: Node, a compiler, the packages, the build. Quick when all is there. */
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { install } from './install.mjs';
import { giveUp, tail } from './progress.mjs';
import { checkNode } from './toolchain.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

checkNode();
await install(root);
if (!process.argv.includes('--no-build')) {
  const complaints = await build(root);
  if (complaints !== '') giveUp(`tsc:\n${tail(complaints)}`);
}
