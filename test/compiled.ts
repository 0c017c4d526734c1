import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
let built = false;

/** The compiled form of a source file (`src/cli/main.ts`), for tests that need a process of its own. Compiles what changed, once. */
export function compiled(source: string): string {
  const file = join(root, 'dist', source.replace(/\.ts$/, '.js'));
  if (!built) {
    // Type errors are the type check's finding: the compiler writes its output all the same.
    const { error } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.json')]);
    if (error !== undefined) throw error;
    built = true;
  }
  if (!existsSync(file)) throw new Error(`${file} was not compiled`);
  return file;
}
