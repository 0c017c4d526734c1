import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { domusText, gridText } from '../config/files.js';
import { givenEnvironment } from '../given-records.js';
import { typed } from './desk.js';

const fixture = (name: string): string => join(import.meta.dirname, '..', 'fixtures', 'config', name, 'domus.yaml');

describe('domus check', () => {
  it('prints every problem with its place and exits 1', async () => {
    const { exit, out } = await typed(['check', '--config', fixture('20-everything-at-once')]);
    expect(exit).toBe(1);
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/\.yaml:\d+:\d+: .*found .*, expected /);
    expect(lines.at(-1)).toBe(`${lines.length - 1} problem(s) in the configuration`);
  });

  it('gives programs the same problems as data', async () => {
    const { exit, out } = await typed(['check', '--json', '--config', fixture('20-everything-at-once')]);
    expect(exit).toBe(1);
    const { ok, problems } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({ file: expect.any(String), line: expect.any(Number), found: expect.any(String), expected: expect.any(String) });
  });

  it('says what is missing when there is no file', async () => {
    const { exit, out } = await typed(['check', '--config', '/nowhere/domus.yaml']);
    expect([exit, out]).toEqual([1, expect.stringContaining('/nowhere/domus.yaml:1:1: found no such file or folder')]);
  });

  it('refuses to set up a batch server by a broken configuration', async () => {
    const { exit, out, err } = await typed(['torque', 'setup', '--config', fixture('20-everything-at-once')]);
    expect([exit, out]).toEqual([1, '']);
    expect(err).toMatch(/problem\(s\) in the configuration\n {2}/);
  });
});

describe('domus check of a whole configuration', () => {
  const extra = (folder: string): string =>
    `state: ${join(folder, 'state')}\nssh: {privateKey: ${join(folder, 'key')}, knownHosts: ${join(folder, 'known')}}\n`;
  const wholeFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'domus-check-'));
    mkdirSync(join(folder, 'environments'));
    writeFileSync(join(folder, 'domus.yaml'), domusText(extra(folder)));
    writeFileSync(join(folder, 'environments', 'grid.yaml'), gridText());
    return folder;
  };

  it('says that it is fine and what it holds, without asking anybody', async () => {
    const folder = wholeFolder();
    const { exit, out, err } = await typed(['check', '--config', join(folder, 'domus.yaml')]);
    expect({ exit, out, err }).toEqual({
      exit: 0,
      out: 'the configuration is fine: 1 batch server(s), 1 environment(s), 3 host(s), 4 seat(s), mode act\n',
      err: '',
    });
    expect(JSON.parse((await typed(['check', '--json', '--config', join(folder, 'domus.yaml')])).out)).toEqual({ ok: true, problems: [] });
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  it('prints what a plugin finds wrong in its own part like every other problem', async () => {
    const folder = wholeFolder();
    writeFileSync(join(folder, 'domus.yaml'), domusText());
    const { exit, out, err } = await typed(['check', '--config', join(folder, 'domus.yaml')]);
    expect([exit, err]).toEqual([1, '']);
    expect(out).toMatch(/domus\.yaml:1:1: ssh\.privateKey: found nothing, expected .*\n1 problem\(s\) in the configuration\n$/);
  });

  it('takes seats of an environment whose file is gone, while the journal remembers it', async () => {
    const folder = wholeFolder();
    const config = join(folder, 'domus.yaml');
    writeFileSync(
      config,
      `${domusText(extra(folder)).replace('seats:\n', 'seats:\n  old: {names: "old-[01-02].example.org", addresses: 10.1.3.1-10.1.3.2}\n')}`,
    );
    expect((await typed(['check', '--config', config])).exit).toBe(1);
    const journal = await openSqliteJournal({ dir: join(folder, 'state'), clock: systemClock });
    const { fence } = await journal.lease('physics', 'life');
    await journal.commit({ changes: [{ table: 'environments', key: 'old', row: givenEnvironment('old') }], events: [], durable: true }, fence);
    expect((await typed(['check', '--config', config])).exit).toBe(0);
    await journal.close();
  });
});
