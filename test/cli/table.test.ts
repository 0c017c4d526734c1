import { describe, expect, it } from 'vitest';
import { harmless } from '../../src/cli/screen.js';
import { type Column, table } from '../../src/cli/table.js';
import { ago, commandLine, memoryText, subjectText } from '../../src/cli/words.js';

const columns: readonly Column<{ a: string; n?: number; z: string }>[] = [
  { title: 'A', value: (row) => row.a },
  { title: 'N', value: (row) => row.n, align: 'right' },
  { title: 'Z', value: (row) => row.z },
];
const screen = (width = Number.POSITIVE_INFINITY) => ({ colour: false, width: () => width });

describe('tables for people', () => {
  it('aligns words left, numbers right, and shows a dash for nothing', () => {
    const rows = [
      { a: 'x', n: 5, z: 'one' },
      { a: 'long', n: 12, z: 'two' },
      { a: 'y', z: 'three' },
    ];
    expect(table(screen(), columns, rows, 'none')).toBe('A      N  Z\nx      5  one\nlong  12  two\ny      -  three\n');
  });

  it('says so when there is nothing to show', () => {
    expect(table(screen(), columns, [], 'no such thing')).toBe('no such thing\n');
  });

  it('keeps letters of several bytes in line, and one row on one line', () => {
    const rows = [
      { a: 'Ωμέγα', n: 1, z: 'a\nb' },
      { a: 'omega', n: 1, z: '\u001b[31m' },
    ];
    expect(table(screen(), columns, rows, '').split('\n')).toEqual(['A      N  Z', 'Ωμέγα  1  a?b', 'omega  1  ?[31m', '']);
  });

  it('never cuts the last column below a dozen letters', () => {
    expect(table(screen(5), columns, [{ a: 'x', n: 1, z: '0123456789abcdef' }], '')).toContain('0123456789a…');
  });
});

describe('words for people', () => {
  it('writes spans, memory and subjects as people say them', () => {
    expect(ago(0, 180_000)).toBe('3 min');
    expect(ago(undefined, 5)).toBeUndefined();
    expect(ago(10, 5)).toBe('0 s');
    expect([512, 1024, 1536, 10_240].map(memoryText)).toEqual(['512 MiB', '1 GiB', '1.5 GiB', '10 GiB']);
    expect(['machine:a#1', 'group:secret|key', 'source:torque', 'domus'].map(subjectText)).toEqual([
      'machine a#1',
      'jobs of this kind',
      'batch server torque',
      'domus',
    ]);
  });

  it('quotes a command so that a shell reads the same words', () => {
    expect(commandLine(['qmgr', '-c', "set node a note='x y'", '$HOME', ''])).toBe(`qmgr -c 'set node a note='\\''x y'\\''' '$HOME' ''`);
  });

  it('lets no direction mark or control character through', () => {
    expect(harmless('a\u0000b\u202ec\u2028d\u009be\tf')).toBe('a?b?c?d?e?f');
  });
});
