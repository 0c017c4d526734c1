/**
 * Every check of the repository: the compiler, biome, vitest. Arguments are handed to vitest. The last line is
 * `N passed, N failed` (`, N skipped`), where the compiler and biome count as one each.
 */
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { run, say } from './progress.mjs';
import { counted, countTests } from './vitest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const count = { passed: 0, failed: 0, skipped: 0 };
const bin = (pkg, ...path) => [process.execPath, join(root, 'node_modules', pkg, ...path)];

/** One check, from its complaints. */
function check(name, complaints) {
  if (complaints === '') {
    count.passed++;
    say(`ok     ${name}`);
    return;
  }
  count.failed++;
  say(`failed ${name}\n${complaints}`);
}

const complaintsOf = async (argv) => {
  const { exit, output } = await run(argv, { cwd: root });
  return exit === 0 ? '' : output || `exit ${exit}`;
};

check('tsc (src, plugins, bench)', await build(root));
check('tsc (test)', await complaintsOf([...bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json']));
check('biome', await complaintsOf([...bin('@biomejs/biome', 'bin', 'biome'), 'check', '--colors=off', '--max-diagnostics=50', '.']));
const { passed, failed, skipped, trouble } = await countTests(root, process.argv.slice(2));
count.passed += passed;
count.failed += failed;
count.skipped += skipped;
if (trouble !== '') check('vitest', trouble);

process.exitCode = count.failed === 0 ? 0 : 1;
console.log(counted(count));
