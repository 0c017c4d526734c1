/** node_modules as package-lock.json says, with the native modules compiled for the running Node. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { during, giveUp, run, tail } from './progress.mjs';
import { checkToolchain, headers } from './toolchain.mjs';

/** The packages that need compiling; package.json approves them (`allowScripts`). No other package's install script is run. */
const native = ['better-sqlite3', 'ssh2'];

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const sha = (file) => createHash('sha256').update(read(file)).digest('hex');

/** What an installation depends on: the lock file, how it was compiled, and the Node it was compiled for. */
function wanted(root) {
  const lock = sha(join(root, 'package-lock.json'));
  const recipe = sha(join(root, 'tools', 'object-wrap.hpp'));
  return JSON.stringify({ lock, recipe, abi: process.versions.modules, platform: process.platform, arch: process.arch });
}

/** True when every package of the lock file that belongs on this machine is there in its version (somebody ran npm by hand). */
function agreesWithLock(root) {
  const there = read(join(root, 'node_modules', '.package-lock.json'));
  if (there === '') return false;
  const installed = JSON.parse(there).packages;
  return Object.entries(JSON.parse(read(join(root, 'package-lock.json'))).packages).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

/** True when the compiled module loads in the running Node, and was compiled our way where that matters. */
async function compiled(root) {
  if (Number.parseInt(process.versions.node, 10) >= 24 && !existsSync(ours(root))) return false;
  const { exit } = await run([process.execPath, '-e', "new (require('better-sqlite3'))(':memory:').close()"], { cwd: root });
  return exit === 0;
}

/** Says that better-sqlite3 was compiled with object-wrap.hpp. */
const ours = (root) => join(root, 'node_modules', 'better-sqlite3', 'build', '.domus-compiled');

/** Makes node_modules right; quick (a hash of one file) when it is already. */
export async function install(root) {
  const stamp = join(root, 'node_modules', '.domus-setup');
  const now = wanted(root);
  if (read(stamp) === now) return;
  const packages = agreesWithLock(root);
  if (!(packages && (await compiled(root)))) {
    await checkToolchain();
    if (!packages) await step('Fetching packages', 'ten seconds', ['npm', 'ci', '--ignore-scripts'], root);
    await step('Compiling two native modules', 'half a minute to two minutes', ['npm', 'rebuild', ...native], root);
    writeFileSync(ours(root), '');
    if (!(await compiled(root))) giveUp('better-sqlite3 was compiled, but does not load. Remove node_modules and run the same command again.');
  }
  writeFileSync(stamp, now);
}

async function step(what, usually, argv, root) {
  const { exit, output } = await during(what, usually, () => run(argv, { cwd: root, env: compileEnvironment(root) }));
  if (exit === 0) return;
  const hint =
    output.includes('node_version.h') || output.includes('nodejs.org') ? `\nNode's headers are needed (include/node beside ${process.execPath}).` : '';
  giveUp(`${argv.join(' ')} failed:\n${tail(output)}${hint}`);
}

/**
 * From source, so that nothing comes in which the lock file does not pin. -O1 instead of SQLite's -O3: 28 s instead of
 * 60 to 96 s on two slow cores, for 5 to 10 % more CPU per statement; CFLAGS in the environment win.
 * object-wrap.hpp keeps Node 24.19 and newer from aborting.
 */
function compileEnvironment(root) {
  const nodedir = headers();
  return {
    CFLAGS: process.env.CFLAGS ?? '-O1',
    CXXFLAGS: `${process.env.CXXFLAGS ?? '-O1'} -include '${join(root, 'tools', 'object-wrap.hpp')}'`,
    npm_config_build_from_source: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    ...(nodedir === undefined ? {} : { npm_config_nodedir: nodedir }),
  };
}
