import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Word } from '../../src/cli/completion.js';
import type { NameKind } from '../../src/cli/names.js';
import { meant, offersFor } from '../../src/cli/shell.js';
import { compiled } from '../compiled.js';
import { type Desk, openDesk } from './desk.js';

describe('A line of the shell', () => {
  it.each([
    ['list', ['show', 'hosts']],
    ['  LIST   vm ', ['show', 'machines']],
    ['list Off', ['hosts', 'list', '--power', 'off']],
    ['findVM grid-07', ['find', 'grid-07']],
    ['show jobs --queue bio', ['show', 'jobs', '--queue', 'bio']],
    ['domus why 12.srv', ['why', '12.srv']],
    [`drain grid-07#1 --why 'new fan; then back'`, ['drain', 'grid-07#1', '--why', 'new fan; then back']],
  ])('%s', (line, argv) => {
    expect(meant(line)).toEqual(argv);
  });

  it.each([
    [`drain grid-07#1 --why "new fan`, 'a quotation mark is not closed'],
    ['shell', '"shell" does not run inside the shell: leave it with "exit" first'],
    ['domus run --quiet', '"run" does not run inside the shell: leave it with "exit" first'],
  ])('%s is refused', (line, message) => {
    expect(() => meant(line)).toThrow(message);
  });
});

describe('Completion in the shell', () => {
  const word = (name: string, more: Partial<Word> = {}): Word => ({ name, description: name, words: [], options: [], names: [], ...more });
  const words = [word('drain', { names: ['machines'], options: ['--why'] }), word('hosts', { words: ['list', 'on'], names: ['hosts'] }), word('run')];
  const names: Partial<Record<NameKind, readonly string[]>> = { machines: ['grid-01#1', 'bio-01#1'], hosts: ['post1'] };
  const namesOf = async (kind: NameKind): Promise<readonly string[]> => names[kind] ?? [];

  it.each([
    ['', ['drain', 'exit', 'findVM', 'help', 'hosts', 'list']],
    ['dr', ['drain']],
    ['drain ', ['bio-01#1', 'grid-01#1']],
    ['drain g', ['grid-01#1']],
    ['drain grid-01#1 --', ['--why']],
    ['hosts ', ['list', 'on', 'post1']],
    ['list V', ['VM']],
    ['findVM b', ['bio-01#1']],
    ['nonsense ', []],
  ])('after "%s"', async (line, offers) => {
    expect(await offersFor(line, words, namesOf)).toEqual(offers);
  });
});

describe('domus shell', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(async () => desk.close());

  const program = (...more: string[]): string[] => [process.execPath, compiled('src/cli/main.ts'), 'shell', '--run-dir', desk.runDir, ...more];

  interface Step {
    /** Typed when this was printed. */
    readonly after: string;
    readonly type: string;
  }

  /** Runs the program until it ends, typing one step after the other; then its input ends. */
  async function typedInto(
    [command = '', ...args]: readonly string[],
    steps: readonly Step[],
  ): Promise<{ readonly exit: number | null; readonly out: string; readonly err: string }> {
    const child = spawn(command, args, { stdio: 'pipe', env: { PATH: process.env['PATH'], TERM: 'xterm' } });
    let out = '';
    let err = '';
    const left = [...steps];
    const go = (): void => {
      while (left[0] !== undefined && out.includes(left[0].after)) child.stdin.write(left.shift()?.type ?? '');
      if (left.length === 0) child.stdin.end();
    };
    child.stdout.on('data', (bytes) => {
      out += bytes;
      go();
    });
    child.stderr.on('data', (bytes) => {
      err += bytes;
    });
    go();
    return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, out, err })));
  }
  const atOnce = (lines: string): readonly Step[] => [{ after: '', type: lines }];

  it('obeys the lines of a file, says what is wrong with one, goes on, and ends as the last one did', async () => {
    const whole = await desk.type('show machines');
    const { exit, out, err } = await typedInto(program(), atOnce('# rounds\nlist VM\n\nbogus\nfindVM nowhere\n'));
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      ...whole.out
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' ')[0]),
      ...['no', ''],
    ]);
    expect(err).toContain("unknown command 'bogus'");
    expect(exit).toBe(1);
  });

  it('passes on what it was called with', async () => {
    const { exit, out } = await typedInto(program('--json'), atOnce('list VM\nexit\nlist\n'));
    expect(Object.keys(JSON.parse(out))).toContain('machines');
    expect(exit).toBe(0);
  });

  it('completes on a terminal, and leaves with "exit"', async () => {
    const line = program().join(' ');
    const { exit, out } = await typedInto(
      ['script', '--quiet', '--return', '--command', line, '/dev/null'],
      [
        { after: 'domus> ', type: 'list V\t' },
        { after: 'list VM', type: '\r' },
        { after: 'WHY', type: 'exit\r' },
      ],
    );
    expect(out).toContain('"help" tells the commands');
    expect(out).toContain('list VM');
    expect(out).toContain('ENVIRONMENT');
    expect(exit).toBe(0);
  });
});

describe('domus find', () => {
  it('tells the host of a machine by a part of its name, and fails where there is none', async () => {
    const desk = await openDesk();
    const { machines } = JSON.parse((await desk.type('show machines --json')).out) as { machines: { id: string; host: string }[] };
    const [one] = machines;
    const found = await desk.type(`find ${one?.id.toUpperCase()}`);
    expect([found.exit, found.out.split('\n')[1]]).toEqual([0, expect.stringContaining(one?.host ?? '?')]);
    const none = await desk.type('find nowhere');
    expect([none.exit, none.out]).toEqual([1, expect.stringContaining('no machine is called nowhere')]);
    await desk.close();
  });
});
