/** Runs vitest, its own lines shown, and counts its tests from its report. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { run } from './progress.mjs';

/**
 * A file that does not load is one failed test. `trouble` is what vitest itself could not do (empty when all is well): it
 * ended without a report, ran no test, or had an error outside the tests. `before` goes in front of the command.
 * `named`, what `-t` was told: tests of other names were not asked for, and are not counted as skipped.
 */
export async function countTests(root, args, { before = [], env = {}, reporter = 'default', named = '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'domus-test-'));
  const report = join(folder, 'report.json');
  const vitest = [process.execPath, join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];
  const argv = [...before, ...vitest, `--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${report}`, ...args];
  const { exit } = await run(argv, { cwd: root, inherit: true, env });
  const count = { passed: 0, failed: 0, skipped: 0, trouble: '' };
  for (const file of existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []) {
    const asked = file.assertionResults.filter((test) => new RegExp(named).test([...test.ancestorTitles, test.title].join(' ')));
    const states = asked.map((test) => test.status);
    const failed = states.filter((state) => state === 'failed').length;
    const passed = states.filter((state) => state === 'passed').length;
    count.passed += passed;
    count.failed += failed === 0 && file.status === 'failed' ? 1 : failed;
    count.skipped += states.length - passed - failed;
  }
  if (!existsSync(report)) count.trouble = `ended with ${exit} and wrote no report`;
  else if (count.passed + count.failed === 0) count.trouble = noTest;
  else if (exit !== 0 && count.failed === 0) count.trouble = `no test failed, but vitest ended with ${exit}: an error outside the tests`;
  rmSync(folder, { recursive: true });
  return count;
}

/** `trouble` of a run in which no test was asked for. */
export const noTest = 'no test ran';

/** The closing line of a run of tests. */
export const counted = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
