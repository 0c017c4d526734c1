/**
 * `npm run test:torque`: the Batch contract over a real TORQUE server; docs/torque.md tells what it needs and changes.
 * Arguments are handed to vitest.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { giveUp } from './progress.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { DOMUS_TORQUE_BIN: bin } = process.env;
const at = (command) => (bin === undefined ? command : join(bin, command));

const asked = spawnSync(at('qmgr'), ['-c', 'list server'], { encoding: 'utf8', timeout: 30_000 });
if (asked.error !== undefined) giveUp(`${at('qmgr')} cannot be run (${asked.error.message}): put TORQUE's commands on PATH or set DOMUS_TORQUE_BIN`);
if (asked.status !== 0) giveUp(`no TORQUE server answers: ${asked.stderr.trim()}`);
console.log(`TORQUE ${/pbs_version = (\S+)/.exec(asked.stdout)?.[1] ?? 'of unknown version'}: the contract of a batch server, in real time`);

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', join(root, 'vitest.real.config.ts'), 'test/real/torque.spec.ts', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
