import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobs, writeList } from '../../bench/qstat-list.js';
import type { Cost } from '../../bench/qstat-path.js';
import { compiled } from '../compiled.js';

const part = 5;

describe('long lists of jobs', () => {
  let folder: string;
  let files: readonly [string, string];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'domus-qstat-'));
    files = [join(folder, 'first.xml'), join(folder, 'second.xml')];
    writeList(files[0], 1, part);
    writeList(files[1], 2, part);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The costs of reading by one way, in a process of its own. */
  function costs(way: string, lists: readonly string[]): readonly Cost[] {
    const { stdout, stderr } = spawnSync(process.execPath, [compiled('bench/qstat-path.ts'), way, ...lists], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as readonly Cost[];
  }

  it('are read whole as by xml2js, poll after poll, and memory does not grow with the polls', () => {
    const [one, two] = files;
    const polls = costs('domus', [one, two, one, two, one, two]);
    const [tree] = costs('xml2js', [one]);
    const second = polls[1];
    expect(polls.map((poll) => poll.jobs)).toEqual(polls.map(() => jobs / part));
    expect(tree?.jobs).toBe(jobs / part);
    expect(polls.at(-1)?.peakMiB).toBeLessThan(250);
    expect((polls.at(-1)?.peakMiB ?? 0) - (second?.peakMiB ?? 0)).toBeLessThan(60);
  });
});
