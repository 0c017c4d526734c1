import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { compiled } from '../compiled.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that leads the journal in `dir`, with the lines it says. */
function start(dir: string, what: 'write' | 'hold'): { child: ChildProcess; next: () => Promise<string>; dead: Promise<void>; said: string[] } {
  const argv = [join(import.meta.dirname, 'child.mjs'), compiled('src/journal/sqlite/open.ts'), compiled('src/clock.ts'), dir, what];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const dead = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const said: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let read = 0;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    said.push(line);
    if (waiting.length > 0) {
      read++;
      waiting.shift()!(line);
    }
  });
  child.once('close', (code) => {
    for (const tell of waiting.splice(0)) tell(`exit ${code}`);
  });
  const next = (): Promise<string> => (read < said.length ? Promise.resolve(said[read++]!) : new Promise((resolve) => waiting.push(resolve)));
  return { child, next, dead, said };
}
const folder = (): string => mkdtempSync(join(tmpdir(), 'domus-journal-'));

describe('a journal and real processes', () => {
  it('loses no acknowledged durable row when its leader is killed while it writes, and lets the next lead at once', async () => {
    const dir = folder();
    for (let round = 1; round <= 4; round++) {
      const { child, next, dead, said } = start(dir, 'write');
      expect(await next()).toBe(`leads ${round}`);
      for (let n = 1; n <= 20 * round; n++) await next();
      child.kill('SIGKILL');
      await dead;
      const acknowledged = Number(said.at(-1)?.split(' ')[1]);
      const journal = await openSqliteJournal({ dir, clock: systemClock });
      expect((await journal.load()).generations.get('seat')?.number).toBeGreaterThanOrEqual(acknowledged);
      await journal.close();
      const db = new Database(join(dir, 'journal.sqlite'), { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
    }
  });

  it('refuses a second daemon, naming the first and since when it leads', async () => {
    const dir = folder();
    const first = start(dir, 'hold');
    expect(await first.next()).toBe('leads 1');
    const second = start(dir, 'hold');
    const answer = await second.next();
    expect(answer).toMatch(/^refused .*another daemon leads: process \d+ on \S+ since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(answer).toContain(`process ${first.child.pid} on`);
    await second.dead;
    first.child.kill('SIGKILL');
    await first.dead;
    expect(await start(dir, 'hold').next()).toBe('leads 2');
  });

  it('gives the reign to exactly one of several that start at once', async () => {
    const dir = folder();
    const said = await Promise.all([1, 2, 3].map(() => start(dir, 'hold').next()));
    expect(said.filter((line) => line.startsWith('leads'))).toEqual(['leads 1']);
    expect(said.filter((line) => line.startsWith('refused'))).toHaveLength(2);
  });
});
