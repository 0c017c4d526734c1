import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/sim/replay/workload.js';
import { htmlReport, type ReportOptions } from '../../../src/sim/report/report.js';
import { givenRun, givenRuns, givenWorkload, site } from './given-runs.js';

const options: ReportOptions = {
  version: '1.2.3',
  madeAt: Date.UTC(2026, 10, 21, 11, 5),
  command: ['domus', 'replay', 'cluster.swf', '--hosts', '10'],
  assumptions: [{ what: 'Boot of a machine', value: '90 s, give or take a fifth', source: 'measured <here>' }],
};

interface Page {
  readonly html: string;
  /** All words between tags, as read. */
  readonly words: string;
  readonly attributes: readonly (readonly [element: string, name: string, value: string])[];
  readonly names: ReadonlyMap<string, number>;
}

/** Reads it as strict XML: an end tag that is missing, a sign that is not escaped, an attribute given twice would throw. */
function read(html: string): Page {
  const parser = new SaxesParser();
  const attributes: [string, string, string][] = [];
  const names = new Map<string, number>();
  let words = '';
  let inScript = false;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes: own }) => {
    names.set(name, (names.get(name) ?? 0) + 1);
    inScript = name === 'script' || name === 'style';
    for (const [key, value] of Object.entries(own)) attributes.push([name, key, value as string]);
  });
  parser.on('closetag', () => {
    inScript = false;
  });
  parser.on('text', (text) => {
    if (!inScript) words += text;
  });
  parser.write(html).close();
  return { html, words: words.replaceAll('\u00a0', ' '), attributes, names };
}
const report = (runs: readonly Run[], more: Partial<ReportOptions> = {}): Page => read(htmlReport(runs, { ...options, ...more }));

const small = givenWorkload({ jobs: 1500, days: 20 });

describe('a report', () => {
  const runs = [...givenRuns(small, 2), ...givenRuns(small, 1, site, { cycleMs: 30_000 })];
  const page = report(runs);

  it('is well-formed, and says what it is about', () => {
    expect(page.words).toMatch(/Your users would have waited .* on average instead of /);
    for (const words of [
      'What is compared',
      'How long jobs wait',
      'Machines follow the queues',
      'Hosts and energy',
      'All figures',
      'What was assumed',
      'Reasons to doubt',
      'seeds 1 and 2',
      'measured <here>',
      '431 cancelled before it ran',
      '12 jobs wider than the limit',
      'a batch scheduler that looks every 30 s',
      'domus replay cluster.swf --hosts 10',
      'Made by Domus 1.2.3, 21 Nov 2026 11:05 UTC.',
    ])
      expect(page.words).toContain(words);
    expect(page.words).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('has a table for each kind of refill with every figure that is asked for', () => {
    for (const title of [
      'Wait, mean',
      'Wait, median',
      'Wait, p95',
      'Bounded slowdown, mean',
      'Host-hours / lower bound',
      'Energy, kWh',
      'Machines booted',
      'Jobs killed',
    ])
      expect(page.html.split(`<th scope="row">${title}<`).length - 1, title).toBe(2);
  });

  it('takes nothing from anywhere and may open no connection', () => {
    const linking = page.attributes.filter(
      ([, name, value]) => ['src', 'href', 'srcset', 'action', 'data', 'poster'].includes(name) || /url\(|https?:/.test(value),
    );
    expect(linking).toEqual([['html', 'xmlns', 'http://www.w3.org/1999/xhtml']]);
    expect(page.html.replace('http://www.w3.org/1999/xhtml', '')).not.toMatch(/https?:|url\(|@import/);
    for (const name of ['link', 'img', 'iframe', 'object', 'base', 'form', 'a']) expect(page.names.has(name), name).toBe(false);
  });

  it('allows one script, by its hash', () => {
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page.html)!;
    const policy = page.attributes.find(([name, key, value]) => name === 'meta' && key === 'content' && value.startsWith('default-src'))![2];
    expect(page.names.get('script')).toBe(1);
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script!).digest('base64')}'`);
    expect(policy).toContain("default-src 'none'");
    expect(page.attributes.filter(([, name]) => name.startsWith('on'))).toEqual([]);
  });

  it('has a text for every plot, headings in order and headed tables', () => {
    const plots = page.attributes.filter(([, name, value]) => name === 'role' && value === 'img').length;
    expect(plots).toBe(5 + 2 * small.classes.length);
    const texts = page.attributes.filter(([, name]) => name === 'aria-label').map(([, , value]) => value);
    for (const text of texts) expect(text.length).toBeGreaterThan(15);
    expect(page.names.get('h1')).toBe(1);
    expect([...page.html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level)).every((level, index, all) => index === 0 || level <= all[index - 1]! + 1)).toBe(
      true,
    );
    expect(page.attributes.filter(([name, key]) => name === 'th' && key === 'scope').length).toBe(page.names.get('th'));
  });
});

describe('names from outside', () => {
  const nasty = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "a'b&c",
    '\u202eevil\u0000\u001b[31m',
    `${'long'.repeat(200)}`,
    '__proto__',
    '',
  ];
  const workload = { ...givenWorkload({ classes: nasty, jobs: 700, days: 9, name: '</title><script>x</script>' }), dropped: { '<b>no</b>': 3 } };

  it('stay text wherever they come', () => {
    const runs = ['domus', 'static-mean', '<i>policy</i>'].map((scenario) => givenRun(workload, scenario, 1, site));
    const page = report(runs, { command: ['domus', '<&>'], version: '<v>', assumptions: [{ what: '<w>', value: '"&', source: "'" }] });
    expect([...page.names.keys()].sort().join(' ')).toBe(
      'bdi body code dd details div dl dt figcaption figure footer h1 h2 h3 head html li main meta p path rect script section small span style summary svg table tbody td th thead title tr ul',
    );
    expect(page.names.get('script')).toBe(1);
    expect(page.words).toContain('<script>alert(1)</script>');
    expect(page.html).not.toMatch(/[\u0000-\u0008\u001b\u202a-\u202e]/);
    expect(page.html).not.toContain('long'.repeat(20));
  });
});

describe('what may be missing', () => {
  it('no runs at all', () => {
    expect(report([]).words).toContain('There is nothing to show: no run was given.');
  });

  it('no jobs', () => {
    const page = report([givenRun(givenWorkload({ jobs: 0 }), 'domus', 1, site)]);
    expect(page.words).toContain('No job was counted');
    expect(page.html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('one job', () => {
    const page = report(givenRuns(givenWorkload({ jobs: 1 }), 1));
    expect(page.words).toContain('Only 1 run of Domus');
    expect(page.html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('series and columns', () => {
    const runs = givenRuns(small, 1).map((run) => ({ ...run, series: { ...run.series, columns: {} } }));
    const page = report(runs);
    expect(page.html).not.toMatch(/NaN|Infinity|undefined/);
    expect(page.words).toContain('Hosts and energy were not recorded in these runs.');
    expect(page.words).toContain('Not recorded in these runs.');
    expect(report(givenRuns(small, 1).map((run) => ({ ...run, series: { ...run.series, columns: { hostsOn: [Number.NaN, 3] } } }))).html).not.toMatch(
      /NaN|undefined/,
    );
  });

  it('Domus: the baselines are shown', () => {
    const page = report(givenRuns(small, 1).filter(({ scenario }) => scenario !== 'domus'));
    expect(page.words).toContain('No run of Domus is among these');
    expect(page.words).toContain('Ideal pool');
  });
});

it('draws the waits of a partition once, and compares energy with its twin that switches hosts off', () => {
  const saving = givenRun(small, 'static-mean', 1, site, 'immediate', { scenario: 'static-mean-power' });
  const runs = [...givenRuns(small, 1).filter(({ scenario }) => scenario !== 'static-peak'), saving];
  const curves = /How long jobs wait.*?<ul class="key">(.*?)<\/ul>/.exec(report(runs).html)![1]!;
  expect([...curves.matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, name]) => name)).toEqual(['Domus', 'Fixed, by mean load', 'Ideal pool']);
  expect(report(runs).words).toMatch(/kWh less than the fixed partition, \d+ kWh less than the same with idle hosts off\./);
});

describe('what must not be overlooked', () => {
  const five = givenRuns(small, 5).filter(({ scenario }) => scenario === 'domus');

  it('is said to be sound when it is', () => {
    const page = report(five);
    expect(page.words).toContain('In 5 runs no job was killed, every job was started, and no rule was broken.');
    expect(page.words).not.toContain('Mind:');
  });

  it.each([
    ['killed jobs', { jobsKilled: 3 }, '3 jobs killed (Domus'],
    [
      'broken rules',
      { violations: ['machine x#1 stopped <with> a job'] },
      'Rule broken (Domus, a batch scheduler that fills a free place at once, seed 1): machine x#1 stopped <with> a job',
    ],
    [
      'jobs that never started',
      { started: Float64Array.from(five[0]!.started, (at, number) => (number === 700 ? Number.NaN : at)) },
      '1 job never started before the end (Domus',
    ],
  ])('warns of %s', (_, change, words) => {
    const page = report(five.map((run, index) => (index === 0 ? { ...run, ...change } : run)));
    expect(page.words).toContain(words);
    expect(page.words).toContain('Mind:');
    expect(page.words).not.toContain('no rule was broken');
    expect(page.html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('warns of few runs', () => {
    expect(report(five.slice(0, 2)).words).toContain('Only 2 runs of Domus: differences below about 10 % may be chance.');
  });

  it('shows a class that loses as a loser', () => {
    const workload = givenWorkload({ jobs: 600, days: 6, classes: ['grid'] });
    const submitted = Float64Array.from(workload.jobs, ({ submitAt }) => submitAt);
    const waited = (scenario: string, ms: number): Run =>
      givenRun(workload, scenario, 1, site, 'immediate', { submitted, started: submitted.map((at) => at + ms) });
    const page = report([waited('domus', 7_200_000), waited('static-mean', 3_600_000)]);
    expect(page.html).toMatch(/<td class="longer">[^<]*longer<\/td>/);
    expect(page.html).toContain('class="card bad"');
  });
});

it('of three months and twelve classes stays below 600 kB, and no peak of one step is lost', () => {
  const classes = Array.from({ length: 14 }, (_, index) => `environment-${index}`);
  const workload = givenWorkload({ jobs: 4000, days: 90, classes });
  const steps = 8640;
  const noisy = (index: number): number[] => Array.from({ length: steps }, (_, step) => ((step * 7919 + index * 104_729) % 97) / 3);
  const runs = ['domus', 'static-mean', 'pool'].map((scenario) => {
    const run = givenRun(workload, scenario, 1, { hosts: 64, cores: 8, memoryPerCoreMiB: 1024 });
    const columns = Object.fromEntries(Object.keys(run.series.columns).map((name, index) => [name, noisy(index)]));
    columns['waiting:environment-0']![4321] = 98_765;
    return { ...run, series: { startAt: run.startAt, stepMs: (run.endAt - run.startAt) / steps, columns } };
  });
  const page = report(runs);
  expect(page.html.length).toBeLessThan(600_000);
  expect(page.words).toContain('2 more classes');
  expect(page.attributes.some(([, , value]) => value.startsWith('Waiting jobs of class environment-0: at most 98,765, on '))).toBe(true);
});
