import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const before = process.env['TMPDIR'];
let folder: string | undefined;

/**
 * Everything that tests, and the commands and daemons they start, put into the folder for temporary files goes into one
 * folder of this run, and is gone after it.
 */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'domus-suite-'));
  chmodSync(folder, 0o1777); // some tests act as other users
  process.env['TMPDIR'] = folder;
}

export function teardown(): void {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
