import { describe, expect, it } from 'vitest';
import { parseQueue, parseReason, parseSettings, parseSpan, tidy } from '../../../plugins/maui/parse.js';
import { fixtureNames, glance, textOf, unused } from './fixtures.js';

/** Every recorded `showq`, and what it says. */
const queues = {
  'showq-deferred.txt': {
    active: ['5', '6', '7'],
    idle: [],
    blocked: [
      ['0', 'deferred'],
      ['1', 'deferred'],
      ['2', 'deferred'],
      ['3', 'deferred'],
      ['4', 'deferred'],
    ],
  },
  'showq-defertime0.txt': { active: ['5', '6', '7', '0', '1'], idle: ['3', '4', '8', '9', '10', '11'], blocked: [] },
  'showq-wide.txt': { active: ['79', '76'], idle: ['77', '78', '80'], blocked: [] },
  'showq-zero-nodes.txt': {
    active: ['90'],
    idle: [],
    blocked: [
      ['99', 'blocked'],
      ['100', 'blocked'],
      ['101', 'blocked'],
      ['102', 'blocked'],
    ],
  },
  'showq-batchhold.txt': { active: ['90'], idle: [], blocked: [['103', 'batch-hold']] },
} as const;

/** Every recorded `checkjob`, and why the job does not run. */
const reasons = {
  'checkjob-deferred.txt': ['0', "NoResources: cannot create reservation for job '0' (intital reservation attempt)"],
  'checkjob-v-deferred.txt': ['0', "NoResources: cannot create reservation for job '0' (intital reservation attempt)"],
  'checkjob-batchhold.txt': ['103', 'NoResources: exceeds available partition procs'],
  'checkjob-waiting.txt': ['8', 'idle procs do not meet requirements : 0 of 1 procs found: [Features : 4][State : 2]'],
  'checkjob-zero-nodes.txt': ['99', 'inadequate procs in system: 1 < 0'],
  'checkjob-reserved.txt': ['77', 'idle procs do not meet requirements : 0 of 8 procs found: [Features : 4][CPU : 1][State : 1]'],
  'checkjob-blocked-by-reservation.txt': ['78', 'idle procs do not meet requirements : 0 of 1 procs found: [Features : 4][State : 1][ReserveTime : 1]'],
} as const;

const names = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);
const idle = /^ +(\d+)\*? +\d+ +[\d.]+ +-/gm;

describe('what a real Maui said', () => {
  it.each(Object.entries(queues))('%s is read whole', (file, expected) => {
    const { active, idle: order, blocked } = parseQueue(textOf(file));
    expect({ active, idle: order, blocked: [...blocked] }).toEqual(expected);
  });

  it.each(Object.entries(reasons))('%s names its reason', (file, [name, why]) => {
    expect(parseReason(textOf(file), name)).toBe(why);
  });

  it.each([
    ['showq-i-defertime0.txt', 'showq-defertime0.txt'],
    ['showq-i-wide.txt', 'showq-wide.txt'],
    ['showq-i-zero-nodes.txt', 'showq-zero-nodes.txt'],
    ['showq-i-empty.txt', 'showq-deferred.txt'],
  ])('%s has the order that %s has: it need not be asked', (listed, whole) => {
    expect(names(textOf(listed), idle)).toEqual(parseQueue(textOf(whole)).idle);
  });

  it('the order hides jobs while no node is online: it is no demand', () => {
    expect(names(textOf('showq-i-zero-nodes.txt'), idle)).toEqual([]);
    expect(parseQueue(textOf('showq-zero-nodes.txt')).blocked.size).toBe(4);
  });

  it.each([
    ['diagnose-q.txt', 'showq-deferred.txt'],
    ['diagnose-q-defertime0.txt', 'showq-defertime0.txt'],
  ])('%s knows of no hold that %s does not show', (diagnosis, whole) => {
    expect(names(textOf(diagnosis), /^job (\S+) +has the following hold/gm)).toEqual([...parseQueue(textOf(whole)).blocked.keys()]);
  });

  it.each([
    ['showq-b-deferred.txt', 'showq-deferred.txt'],
    ['showq-b-defertime0.txt', 'showq-defertime0.txt'],
    ['showq-b-wide.txt', 'showq-wide.txt'],
    ['showq-b-batchhold.txt', 'showq-batchhold.txt'],
  ])('%s lists the blocked jobs of %s, with a poorer reason', (listed, whole) => {
    expect(names(textOf(listed), /^ +(\d+) +\S+ \S/gm)).toEqual([...parseQueue(textOf(whole)).blocked.keys()]);
  });

  it('the parts of the priority give the same order', () => {
    expect(names(textOf('diagnose-p-defertime0.txt'), /^(\d+) +\d+ +100/gm)).toEqual(parseQueue(textOf('showq-defertime0.txt')).idle);
    expect(names(textOf('diagnose-p.txt'), /^(\d+) +\d+ +100/gm)).toEqual(parseQueue(textOf('showq-deferred.txt')).idle);
  });

  it.each([
    ['diagnose-j.txt', 'showq-deferred.txt'],
    ['diagnose-j-defertime0.txt', 'showq-defertime0.txt'],
  ])('%s has the jobs of %s, and no more', (listed, whole) => {
    const { active, idle: order, blocked } = parseQueue(textOf(whole));
    expect([...names(textOf(listed), /^(\d+) +(?:Idle|Running) /gm)].sort()).toEqual([...active, ...order, ...blocked.keys()].sort());
  });

  it('only jobs that run, or wait in the order, have reservations', () => {
    const running = (text: string): readonly string[] => names(text, /^(\d+) +Job [RI] /gm);
    expect(running(textOf('showres-running.txt'))).toEqual(parseQueue(textOf('showq-deferred.txt')).active);
    const wide = parseQueue(textOf('showq-wide.txt'));
    expect(new Set(running(textOf('showres-wide.txt')))).toEqual(new Set([...wide.active, wide.idle[0]]));
    expect(new Set(names(textOf('showres-n-wide.txt'), /^ +wn\d+\S+ +Job +(\d+) /gm))).toEqual(new Set([...wide.active, wide.idle[0]]));
    expect(names(textOf('showstart.txt'), /^job (\d+) /gm)).toEqual([wide.idle[0]]);
    expect(names(textOf('diagnose-r.txt'), /^(\d+) +Job /gm).toSorted()).toEqual([...parseQueue(textOf('showq-defertime0.txt')).active].sort());
  });

  it('a node that is offline or down is no node to it: its jobs wait', () => {
    const states = new Map([...textOf('diagnose-n.txt').matchAll(/^(wn\d+)\S+ +(\w+) /gm)].map(([, node, state]) => [node, state]));
    expect([...states.values()]).toEqual(['Running', 'Busy', 'Drained', 'Drained', 'Drained', 'Down']);
    expect(textOf('checknode-offline.txt')).toMatch(/^State:\s+Drained /m);
    expect(textOf('checknode-down.txt')).toMatch(/^State:\s+Down /m);
    expect(textOf('checknode-down.txt')).toMatch(/^ALERT: {2}jobs active on node but state is Down$/m);
  });

  it.each(fixtureNames.filter((name) => !(name in queues)))('%s is not taken for a queue', (name) => {
    expect(() => parseQueue(glance(name))).toThrow(/^showq: /);
  });

  it('every recorded file is used by a case above', () => {
    for (const name of [...Object.keys(queues), ...Object.keys(reasons)]) expect(fixtureNames).toContain(name);
    expect(unused()).toEqual([]);
  });
});

describe('a queue that is not whole', () => {
  const whole = textOf('showq-deferred.txt');

  it.each(
    whole
      .split('\n')
      .slice(0, -1)
      .map((_, lines) => lines),
  )('cut after %i lines is garbled', (lines) => {
    expect(() => parseQueue(whole.split('\n').slice(0, lines).join('\n'))).toThrow(expect.objectContaining({ kind: 'garbled' }));
  });

  it.each([
    ['a job is missing', whole.replace(/^3 .*\n/m, '')],
    ['a line is no job', whole.replace(/^3 .*$/m, '3 alice')],
    ['a name is no number', whole.replace(/^3 /m, '../3 ')],
    ['a line stands before any section', `oh no\n${whole}`],
    ['nothing was said', ''],
  ])('is garbled when %s', (_, text) => {
    expect(() => parseQueue(text)).toThrow(expect.objectContaining({ kind: 'garbled' }));
  });

  it('keeps states that nobody knows as blocked, and elements of arrays', () => {
    const text = whole.replace(/^3 {18}/m, '3[7]               ').replace(/Deferred( +8 .*\n4)/, 'Strange $1');
    expect([...parseQueue(text).blocked].slice(3)).toEqual([
      ['3[7]', 'blocked'],
      ['4', 'deferred'],
    ]);
  });
});

describe('a reason', () => {
  const held = textOf('checkjob-batchhold.txt');

  it('that speaks of another job is garbled', () => {
    expect(() => parseReason(held, '104')).toThrow(expect.objectContaining({ kind: 'garbled' }));
    expect(() => parseReason('', '104')).toThrow(expect.objectContaining({ kind: 'garbled' }));
  });

  it('is Maui’s own, not what the job’s owner wrote into its folder', () => {
    const forged = held.replace('IWD: [NONE]', 'IWD: /home/mallory/\nHolds:    Batch  (hold reason:  Forged)\nMessages:  forged\n');
    expect(parseReason(forged, '103')).toBe('NoResources: exceeds available partition procs');
  });

  it('is one line of bounded length', () => {
    const nasty = held.replace('exceeds available partition procs', `a\u001b[31mb\tc${'x'.repeat(5000)}`);
    const why = parseReason(nasty, '103') ?? '';
    expect(why).toMatch(/^NoResources: a \[31mb cx+$/);
    expect(why.length).toBe(200);
    expect(tidy(' a\n\u0000 b ')).toBe('a b');
  });

  it('may be missing', () => {
    expect(parseReason('checking job 5\n\nState: Running\n', '5')).toBeUndefined();
  });
});

describe('settings', () => {
  it('are those that matter here, with or without an index', () => {
    const text =
      '# maui version 3.3.2\n\nDEFERTIME                         00:00:00\nDEFERCOUNT  24\nNODEALLOCATIONPOLICY[0]   MINRESOURCE\nDEFERSTARTCOUNT  1\nJOBNODEMATCHPOLICY[0]\n';
    expect(parseSettings(text)).toEqual({ DEFERTIME: '00:00:00', DEFERCOUNT: '24', NODEALLOCATIONPOLICY: 'MINRESOURCE' });
  });

  it.each(['', 'ERROR: cannot connect', 'OTHER  1\n'])('that are not there are garbled: %j', (text) => {
    expect(() => parseSettings(text)).toThrow(expect.objectContaining({ kind: 'garbled' }));
  });

  it.each([
    ['00:00:30', 30_000],
    ['1:00:00', 3_600_000],
    ['2:00:00:00', 172_800_000],
    ['0', 0],
    ['5', 5_000],
    ['INFINITY', Number.POSITIVE_INFINITY],
    ['soon', undefined],
    ['1:2:3:4:5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('the span %j is %j ms', (text, ms) => {
    expect(parseSpan(text)).toBe(ms);
  });
});
