/**
 * What CI runs (`.ci/run`): the README's test command, then, never beside it, the first room of the laboratory of real Xen hosts.
 * The last line is `N passed, N failed` (`, N skipped`) of both.
 *
 * The laboratory emulates whole PCs down to their network cards; where it fails it is opened once more, and the second story
 * counts. The first one's failure stays in the output.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { say } from './progress.mjs';
import { counted } from './vitest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m;

/** Runs argv with its output shown, and takes its counts from its last line; without one it is one failure more. */
function outcome(argv) {
  return new Promise((resolve) => {
    const [command, ...args] = argv;
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let end = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      end = (end + chunk).slice(-10_000);
    });
    child.on('error', (error) => say(`${command}: ${error.message}`));
    child.on('close', (code) => {
      const found = closing.exec(end.trimEnd().split('\n').at(-1) ?? '');
      const [passed, failed, skipped] = (found ?? [0, 0, 0, 0]).slice(1).map((number) => Number(number ?? 0));
      resolve({ passed, failed: found === null || (code !== 0 && failed === 0) ? failed + 1 : failed, skipped });
    });
  });
}

const tests = await outcome(['npm', 'test', '--silent']);
const story = ['npm', 'run', 'test:xen', '--silent', '--', '--short'];
let lab = await outcome(story);
if (lab.failed > 0) {
  say('THE LABORATORY FAILED (above). It is opened once more; what counts is what comes now.');
  lab = await outcome(story);
}
const count = { passed: tests.passed + lab.passed, failed: tests.failed + lab.failed, skipped: tests.skipped + lab.skipped };
process.exitCode = count.failed === 0 ? 0 : 1;
console.log(counted(count));
