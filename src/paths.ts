import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false }) !== undefined) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${import.meta.dirname}`);
  }
}

const root = packageRoot();

/** Where a file of the package lies, in the work tree or installed: `packageFile('host', 'domus-runner')`. */
export const packageFile = (...parts: readonly string[]): string => join(root, ...parts);
