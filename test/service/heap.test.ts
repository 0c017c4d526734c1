import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { expect, it } from 'vitest';
import { leanHeap } from '../../src/service/heap.js';

const starts = (flag: string): string => execFileSync(process.execPath, [flag, '-p', '"it runs"'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

it('what the daemon tells V8 of its heap is a flag that this V8 knows', () => {
  expect(starts(leanHeap)).toBe('it runs\n');
  expect(() => starts(`${leanHeap.replace('percent', 'percents')}`)).toThrow();
});
