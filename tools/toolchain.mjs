/** What must be on the machine before npm can compile the two native modules (better-sqlite3, ssh2's crypto) and the lab can run (python3). */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { during, giveUp, run, tail } from './progress.mjs';

const oldest = [20, 11];

/** Ends with one line unless this Node is 20.11 or newer. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  giveUp(`Node ${oldest.join('.')} or newer is needed, this is ${process.versions.node} (${process.execPath}). Node 24 is recommended.`);
}

const onPath = (program) => (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
const oneOf = (...programs) => programs.some(onPath);

/** A folder whose include/node fits the running Node, for node-gyp's `nodedir`; undefined when none is on the disk. */
export function headers() {
  const abi = `NODE_MODULE_VERSION ${process.versions.modules}`;
  const candidates = [process.env.npm_config_nodedir, join(dirname(process.execPath), '..'), '/usr', '/usr/local'];
  return candidates.find((folder) => {
    if (!folder) return false;
    const file = join(folder, 'include', 'node', 'node_version.h');
    return existsSync(file) && readFileSync(file, 'utf8').includes(abi);
  });
}

/** Debian's names of what is missing. */
function missing() {
  const packages = [];
  if (!onPath('python3')) packages.push('python3');
  if (!oneOf('make', 'gmake')) packages.push('make');
  if (!oneOf('g++', 'c++', 'clang++')) packages.push('g++');
  return packages;
}

/** Installs what is missing where we are root on Debian, else ends with one line saying what to type. */
export async function checkToolchain() {
  const packages = missing();
  // Debian's own Node keeps its headers in a package of their own. Any other Node brings them, or node-gyp fetches them.
  if (headers() === undefined && process.execPath === '/usr/bin/node' && existsSync('/usr/share/doc/nodejs/changelog.Debian.gz')) packages.push('libnode-dev');
  if (packages.length === 0) return;
  const list = packages.join(' ');
  if (!onPath('apt-get')) giveUp(`missing: ${list} (Debian's names). Install them with this system's package tool, then run the same command again.`);
  if (process.getuid?.() !== 0) giveUp(`missing: ${list}. Type: sudo apt-get install -y ${list}`);
  await during(`Installing ${list}`, 'half a minute', () => aptInstall(packages));
}

async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-o', 'DPkg::Lock::Timeout=120'];
  const update = await run(['apt-get', ...patience, 'update'], { env });
  const install = await run(['apt-get', ...patience, 'install', '-y', '--no-install-recommends', ...packages], { env });
  if (install.exit !== 0) giveUp(`apt-get install ${packages.join(' ')} failed:\n${tail(`${update.exit === 0 ? '' : update.output}${install.output}`)}`);
}
