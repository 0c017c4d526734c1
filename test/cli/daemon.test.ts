import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { type Desk, openDesk, typed } from './desk.js';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);

describe('the command line against a daemon', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(async () => desk.close());

  it.each([
    ['show jobs', 'show-jobs'],
    ['show machines', 'show-machines'],
    ['show hosts', 'show-hosts'],
    ['show environments', 'show-environments'],
    ['show seats', 'show-seats'],
    ['show deeds', 'show-deeds'],
    ['show strays', 'show-strays'],
    ['show proposals', 'show-proposals'],
    ['watch', 'watch'],
    ['plan', 'plan'],
    ['why 12', 'why-waiting-job'],
    ['why 11.srv', 'why-running-job'],
    ['why 14[1]', 'why-unserved-job'],
    ['why grid-01', 'why-machine'],
    ['why post13', 'why-host'],
    ['why bio', 'why-environment'],
    ['why grid-wide', 'why-seat'],
  ])('domus %s prints what people expect', async (line, name) => {
    const { exit, out, err } = await desk.type(line);
    expect([exit, err]).toEqual([0, '']);
    await expect(out).toMatchFileSnapshot(golden(name));
  });

  it('cuts the last column to the terminal, and only there', async () => {
    const { out } = await desk.type('show machines', { tty: true, width: 100 });
    for (const line of out.trimEnd().split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
    expect(out).toContain('…');
    expect((await desk.type('show machines')).out).not.toContain('…');
  });

  it('colours on a terminal that shows colours, and nowhere else', async () => {
    expect((await desk.type('show machines', { tty: true, colour: true })).out).toContain('\u001b[32m');
    expect((await desk.type('show machines --no-color', { tty: true, colour: true })).out).not.toContain('\u001b');
    expect((await desk.type('show machines')).out).not.toContain('\u001b');
  });

  it.each([
    'show jobs',
    'show machines',
    'show hosts',
    'show environments',
    'show seats',
    'show deeds',
    'show strays',
    'show proposals',
    'watch',
    'plan',
    'why 12',
  ])('domus %s --json is one document without a word for people', async (line) => {
    const { out, exit } = await desk.type(`${line} --json`, { tty: true, colour: true });
    expect(exit).toBe(0);
    expect(typeof JSON.parse(out)).toBe('object');
  });

  it('says how many jobs it leaves out', async () => {
    expect((await desk.type('show jobs --limit 2')).out).toContain('2 of 5 jobs are shown');
    expect((await desk.type('show jobs --class unserved')).out.trim().split('\n')).toHaveLength(2);
  });

  it.each([
    ['drain grid-01 --why tired', { kind: 'drain', subject: 'grid-01.example.org#1', why: 'tired' }],
    ['hold grid-02#4', { kind: 'hold', subject: 'grid-02.example.org#4' }],
    ['release grid-01', { kind: 'release', subject: 'grid-01.example.org#1' }],
    ['move grid-01 post11 --why dust', { kind: 'move', subject: 'grid-01.example.org#1', to: 'post11', why: 'dust' }],
    ['move grid-01', { kind: 'move', subject: 'grid-01.example.org#1', why: 'no reason given' }],
    ['stay grid-01', { kind: 'stay', subject: 'grid-01.example.org#1' }],
    ['cordon post11 --drain', { kind: 'cordon', subject: 'post11', drain: true }],
    ['uncordon post12', { kind: 'uncordon', subject: 'post12' }],
    ['freeze --why exam', { kind: 'freeze', subject: '', why: 'exam' }],
    ['thaw', { kind: 'thaw', subject: '' }],
    ['forget old-vm', { kind: 'forget', subject: 'guest:post12/old-vm' }],
    ['approve start-bio-bio-01', { kind: 'approve', subject: 'start-bio-bio-01' }],
  ])('domus %s is a request in the name of who typed it, and prints the answer', async (line, request) => {
    const { exit, out } = await desk.type(line);
    expect([exit, out]).toEqual([0, `${request.kind} of ${request.subject} is done\n`]);
    expect(await desk.requests()).toEqual([
      expect.objectContaining({ ...request, state: 'done', who: process.getuid?.() === 0 ? 'root' : expect.any(String) }),
    ]);
    expect(readdirSync(join(desk.runDir, 'whoami'))).toEqual([]);
  });

  it('exits 1 for a name that nobody has, 2 for a wrong line, and says the nearest name', async () => {
    expect(await desk.type('why psot11')).toEqual({ exit: 1, out: '', err: 'domus: nothing is called "psot11" here; did you mean post11?\n' });
    expect((await desk.type('drain psot11')).exit).toBe(1);
    const ambiguous = await desk.type('why 14');
    expect(ambiguous).toEqual({ exit: 1, out: '', err: 'domus: "14" may be any of 2 jobs: say which\n  torque/14[1].srv\n  torque/14[2].srv\n' });
    for (const line of [
      'drain',
      'bogus',
      'show bogus',
      'show jobs --limit none',
      'why 12 --kind bogus',
      'drain a b',
      'move',
      'move a b c',
      'watch --interval soon',
      'approve x --why y',
    ])
      expect((await desk.type(line)).exit, line).toBe(2);
    expect(await desk.requests()).toEqual([]);
  });

  it('prints help and version with exit code 0', async () => {
    const help = await desk.type('--help');
    expect([help.exit, help.err]).toEqual([0, '']);
    expect(help.out).toContain('Exit codes:');
    expect(await desk.type('--version')).toMatchObject({ exit: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect((await desk.type('drain --help')).out).toContain('--json');
  });

  it('redraws in place on a terminal until it is told to stop, and leaves it as it was', async () => {
    const ended = new AbortController();
    let drawn = 0;
    const present = await openDesk(undefined, {
      tickTookMs: () => {
        if (++drawn === 2) ended.abort();
        return 5;
      },
    });
    const { exit, out } = await present.type('watch --interval 0.2', { tty: true, width: 120, height: 8, ended: ended.signal });
    await present.close();
    expect(exit).toBe(0);
    expect(out.startsWith('\u001b[?1049h')).toBe(true);
    expect(out.endsWith('\u001b[?1049l')).toBe(true);
    const frames = out.split('\u001b[H').slice(1);
    expect(frames).toHaveLength(2);
    for (const frame of frames) expect(frame.split('\n').length).toBeLessThanOrEqual(7);
  });

  it('lets nothing from outside move the cursor', async () => {
    const evil = await openDesk((request) => ({ state: 'done', answer: because('request-done', { what: `\u001b[2J${request.why}\u202e` }) }));
    const { out } = await evil.type('freeze --why \u001b[31mred');
    await evil.close();
    expect(out).toBe('?[2J?[31mred?\n');
  });
});

describe('a command without the answer it wants', () => {
  it('exits 4 when the planner refuses, with its reason', async () => {
    const desk = await openDesk(() => ({ state: 'refused', answer: because('request-refused', { why: 'it is held' }) }));
    expect(await desk.type('drain grid-01')).toEqual({ exit: 4, out: 'refused: it is held\n', err: '' });
    await desk.close();
  });

  it('exits 1 when the request expired', async () => {
    const desk = await openDesk(() => ({ state: 'expired', answer: because('request-expired') }));
    expect((await desk.type('thaw')).exit).toBe(1);
    await desk.close();
  });

  it('exits 3 when nobody listens, naming where it asked', async () => {
    const { exit, err } = await typed(['show', 'machines', '--run-dir', '/nowhere/at/all']);
    expect(exit).toBe(3);
    expect(err).toMatch(/cannot be reached at \/nowhere\/at\/all\/status\.sock/);
    expect((await typed(['freeze', '--run-dir', '/nowhere/at/all'])).exit).toBe(3);
    expect((await typed(['names', 'hosts', '--run-dir', '/nowhere/at/all'])).err).toBe('');
  });

  it('exits 3 while the daemon has not finished its first look', async () => {
    const desk = await openDesk(undefined, {}, () => undefined);
    expect(await desk.type('show machines')).toMatchObject({ exit: 3, err: expect.stringContaining('first look') });
    await desk.close();
  });

  it('exits 1 with every problem when a reload is refused', async () => {
    const desk = await openDesk(undefined, { reload: async () => ({ ok: false, problems: ['a is wrong', 'b is wrong'], differences: [] }) });
    const { exit, err } = await desk.type('reload');
    expect(exit).toBe(1);
    expect(err).toMatch(/goes on with the old one\n {2}a is wrong\n {2}b is wrong\n$/);
    await desk.close();
  });
});
