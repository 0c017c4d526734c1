import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicy, scenariosOf, tasksOf } from '../../src/cli/replay-options.js';
import { Progress, waitText } from '../../src/cli/replay-screen.js';
import type { Screen } from '../../src/cli/screen.js';
import type { Results } from '../../src/sim/replay/results.js';
import type { Task } from '../../src/sim/replay/task.js';
import type { Run } from '../../src/sim/replay/workload.js';
import { folderWith, swfLine } from '../sim/replay/logs.js';
import { typed } from './desk.js';

const quick = ['replay', '--example', '--no-domus', '--jobs', '400', '--processes', '1'];

describe('domus replay', () => {
  it('tells what it read, a line for each scenario, and the waits of each class', async () => {
    const { exit, out, err } = await typed(quick);
    expect(exit).toBe(0);
    expect(out).toContain('example: 400 jobs in ');
    expect(out).toMatch(/classes: grid \(\d+ jobs, [\d.]+ % of the work\), /);
    expect(out).toMatch(/^pool +30s +1 +/m);
    expect(out).toMatch(/^static-peak +30s +1 +/m);
    expect(out).toMatch(/^ {2}static-mean \(30s\): grid: /m);
    expect(err).toContain('6 of 6: ');
  });

  it('writes all figures where --json says, and prints them where it names no file', async () => {
    const file = join(folderWith({}), 'figures.json');
    const named = await typed([...quick, '--json', file]);
    expect(named.out).toContain(`wrote ${file}`);
    const printed = await typed([...quick, '--json']);
    const [written, said] = [readFileSync(file, 'utf8'), printed.out].map((text) => JSON.parse(text) as Results);
    expect(said?.trace).toEqual(written?.trace);
    const run = said?.runs[0];
    expect(Object.keys(run ?? {})).toEqual(
      expect.arrayContaining(
        'scenario seed refill wait boundedSlowdown utilisation utilisationOfPowered hostHours hostHoursLowerBound energyKWh powerCyclesPerHostDay boots migrations jobs jobsKilled invariantViolations speedUp classes'.split(
          ' ',
        ),
      ),
    );
    expect(Object.keys(run?.wait ?? {})).toEqual(['mean', 'median', 'p95', 'coreWeighted']);
  });

  it('writes a page with --report, which says how it was made', async () => {
    const file = join(folderWith({}), 'site.html');
    const { out } = await typed([...quick, '--report', file]);
    const page = readFileSync(file, 'utf8');
    expect(out).toContain(`wrote ${file}`);
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain('Domus: replay of ');
    expect(page).toContain('domus replay --example --no-domus');
  });

  it('refuses settings that the daemon would refuse, before the long work', async () => {
    const file = join(folderWith({ 'eager.yaml': 'domus:\n  intervals: { tick: soon }\n' }), 'eager.yaml');
    const { exit, err, out } = await typed([...quick, '--policy', file]);
    expect(exit).toBe(1);
    expect(err).toMatch(/scenario eager: .*\n?.*intervals\.tick/s);
    expect([out, err.includes('done in')]).toEqual(['', false]);
  });

  it('runs every scenario under every kind of refill and seed', async () => {
    const { out } = await typed([...quick, '--baselines', 'pool,pool-power', '--refill', 'immediate,60s', '--shake', '2', '--seed', '5', '--json']);
    const { runs, scenarios } = JSON.parse(out) as Results;
    expect(runs.map((run) => [run.scenario, run.seed])).toHaveLength(8);
    expect(scenarios.map(({ scenario, refill, seeds }) => [scenario, refill, seeds])).toEqual([
      ['pool', 'immediate', [5, 6]],
      ['pool-power', 'immediate', [5, 6]],
      ['pool', { cycleMs: 60_000 }, [5, 6]],
      ['pool-power', { cycleMs: 60_000 }, [5, 6]],
    ]);
  });

  it('takes the size of the machine from the trace, or asks for it', async () => {
    const lines = Array.from({ length: 20 }, (_, at) => swfLine({ id: at, submit: at * 100 })).join('\n');
    const folder = folderWith({ 'bare.swf': lines, 'told.swf': `; MaxNodes: 3\n; MaxProcs: 6\n${lines}` });
    expect((await typed(['replay', '--no-domus', '--processes', '1', join(folder, 'told.swf')])).out).toContain('on 3 hosts of 2 cores');
    const bare = await typed(['replay', '--no-domus', join(folder, 'bare.swf')]);
    expect([bare.exit, bare.err]).toEqual([2, "domus: bare does not tell the machine's size: say --hosts and --cores\n"]);
  });

  it('tells of partitions that the site is too small for, and compares with the rest', async () => {
    const { exit, out, err } = await typed([...quick, '--hosts', '2']);
    expect(exit).toBe(0);
    expect(err).toMatch(/not compared with static-mean: a static partition needs \d+ hosts/);
    expect(out).toMatch(/^pool /m);
  });

  it('names bad lines and what was left out', async () => {
    const folder = folderWith({ 'site.swf': [swfLine({ id: 1 }), 'nonsense', swfLine({ run: 0 }), swfLine({ id: 2, submit: 500 })].join('\n') });
    const { out } = await typed(['replay', '--no-domus', '--processes', '1', '--hosts', '2', '--cores', '2', join(folder, 'site.swf')]);
    expect(out).toContain('left out: 1 cancelled before it ran');
    expect(out).toContain(`not read: 1 lines, the first at ${join(folder, 'site.swf')}:2: `);
  });

  it.each([
    [['replay'], 2, /no trace: name an SWF file or TORQUE accounting logs, or say --example/],
    [['replay', '/nowhere/x.swf'], 1, /\/nowhere\/x\.swf does not exist/],
    [['replay', '--example', 'x.swf'], 2, /--example is a trace of its own/],
    [[...quick, '--refill', '30'], 2, /expected immediate, or how often the scheduler looks, such as 30s/],
    [[...quick, '--baselines', 'poool'], 2, /expected some of pool, pool-power/],
    [[...quick, '--baselines', 'none'], 2, /nothing to replay/],
    [[...quick, '--hosts', '0'], 2, /expected a whole number, 1 to 10000/],
    [[...quick, '--widest', '1000'], 2, /--widest 1000 is more than the 48 cores of the site/],
    [[...quick, '--classes', 'nobody'], 1, /--classes nobody: no job is of this; there are grid, /],
    [[...quick, '--classes', 'a,,b'], 2, /expected names with commas between/],
    [[...quick, '--classes-by', 'slots'], 1, /it gives int, not text/],
    [[...quick, '--json', '/nowhere/x.json'], 1, /\/nowhere\/x\.json cannot be written/],
    [[...quick, '--report', '/nowhere/x.html'], 1, /\/nowhere\/x\.html cannot be written/],
    [[...quick, '--policy', '/nowhere.yaml'], 1, /policy file \/nowhere\.yaml cannot be read/],
    [[...quick, '--memory-per-core', '0GiB'], 2, /expected more than nothing/],
  ])('%j exits with %i', async (argv, exit, sentence) => {
    const printed = await typed(argv);
    expect(printed.exit).toBe(exit);
    expect(printed.err).toMatch(sentence);
    expect(printed.out).toBe('');
  });

  it('never writes over the trace', async () => {
    const file = join(folderWith({ 'site.html': swfLine({}) }), 'site.html');
    const { exit, err } = await typed(['replay', '--hosts', '1', '--cores', '1', file, '--report', file]);
    expect(exit).toBe(2);
    expect(err).toContain('is the trace: it would be overwritten');
    expect(readFileSync(file, 'utf8')).toBe(swfLine({}));
  });
});

describe('a policy file', () => {
  const read = (text: string) => readPolicy(join(folderWith({ 'eager.yaml': text }), 'eager.yaml'));
  it('holds settings of the daemon, of every environment, and of one class', () => {
    expect(read('domus:\n  limits: { startsAtOnce: 9 }\nenvironment: { idle: 30m }\nenvironments:\n  grid: { spare: 2 }\n')).toEqual({
      domus: { limits: { startsAtOnce: 9 } },
      environment: { idle: '30m' },
      environments: { grid: { spare: 2 } },
    });
  });
  it.each([
    ['', 'holds no settings'],
    ['- a', 'holds no settings'],
    ['a: [', 'cannot be read'],
    ['limits: {}', 'eager.yaml:'],
    ['domus: 3', 'eager.yaml:'],
    ['environments: { grid: 3 }', 'eager.yaml:'],
  ])('%j is refused', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });
});

describe('what is replayed', () => {
  const names = (options: Partial<Parameters<typeof scenariosOf>[0]>): readonly string[] =>
    scenariosOf({ baselines: ['pool'], domus: true, policy: [], ...options }).map((each) => each.name);
  const file = (name: string): string => join(folderWith({ [name]: 'environment: { idle: 30m }' }), name);
  it('are the baselines, Domus, Domus with hosts always on, and each policy by its name', () => {
    expect(names({ alwaysOn: true, policy: [file('eager.yaml'), file('lazy.yml')] })).toEqual(['pool', 'domus', 'domus-always-on', 'eager', 'lazy']);
    expect(names({ domus: false })).toEqual(['pool']);
  });
  it('have names of their own', () => {
    expect(() => names({ policy: [file('pool.yaml')] })).toThrow('two scenarios would be called pool');
  });
  it('against targets are five runs, shaken, where no number is given', () => {
    const [scenario] = scenariosOf({ baselines: ['pool'], domus: false, policy: [] });
    const seeds = (more: object) =>
      tasksOf(scenario === undefined ? [] : [scenario], { refill: ['immediate'], seed: 3, ...more }).map(({ seed, shake }) => [seed, shake]);
    expect(seeds({ targets: true })).toEqual([3, 4, 5, 6, 7].map((seed) => [seed, true]));
    expect(seeds({ targets: true, shake: 1 })).toEqual([[3, true]]);
    expect(seeds({})).toEqual([[3, false]]);
  });
});

describe('waits are written', () => {
  it.each([
    [0, '0 s'],
    [2.34, '2.3 s'],
    [45, '45 s'],
    [150, '2.5 min'],
    [1800, '30 min'],
    [5652, '1.57 h'],
    [400_000, '111 h'],
    [Number.NaN, '-'],
  ])('%d as %s', (seconds, text) => expect(waitText(seconds)).toBe(text));
});

describe('progress', () => {
  const task: Task = { scenario: { kind: 'baseline', name: 'pool' }, seed: 3, shake: true, refill: 'immediate' };
  const on = (tty: boolean) => {
    let err = '';
    const screen = { err: (text: string) => (err += text), tty, width: () => 70 } as unknown as Screen;
    return { progress: new Progress(screen, 2), text: () => err };
  };
  it('is a bar on a terminal, which goes when all is done', () => {
    const { progress, text } = on(true);
    progress.progress(task, 0.5);
    expect(text()).toContain('[######..................] 25 %  0 of 2 runs  pool, refill immediate');
    expect(text().split('\r').at(-1)?.length).toBeLessThan(76);
    progress.end();
    expect(text().endsWith('\r\u001b[K')).toBe(true);
  });
  it('is a line for each run elsewhere', () => {
    const { progress, text } = on(false);
    progress.progress(task, 0.5);
    progress.done(task, { cpuMs: 1500 } as Run);
    progress.end();
    expect(text()).toBe('1 of 2: pool, refill immediate, seed 3 done in 1.5 s of processor time\n');
  });
});
