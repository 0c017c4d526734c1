import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

it('what tests and their commands put into the folder for temporary files is in the folder of this run', () => {
  expect(tmpdir()).toMatch(/\/domus-suite-[^/]+$/);
  expect(dirname(mkdtempSync(join(tmpdir(), 'domus-own-')))).toBe(tmpdir());
  expect(execFileSync(process.execPath, ['-p', 'os.tmpdir()'], { encoding: 'utf8' }).trim()).toBe(tmpdir());
});
