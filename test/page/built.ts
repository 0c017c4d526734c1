import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Bundles web/ into dist/web as the build does. */
export function builtPage(): void {
  const made = spawnSync(process.execPath, ['-e', `import('./tools/web.mjs').then(({ buildWeb }) => buildWeb(process.cwd()))`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`the page does not build: ${made.stderr}`);
}
