import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { csvField, csvOf, remarks } from '../../src/account/figures.js';
import { htmlOf } from '../../src/account/html.js';
import { niceMaximum, svgOf } from '../../src/account/plots.js';
import { type Recorded, reportOf } from '../../src/account/report.js';
import { periodOf } from '../../src/cli/period.js';
import { localTime } from '../../src/clock.js';
import { type Account, type EnvironmentStep, environmentSums, type PoolStep } from '../../src/history/contract.js';
import { RunBook } from '../../src/history/runs.js';
import { openHistoryStore } from '../../src/history/store.js';
import { typed } from '../cli/desk.js';
import { givenAt, givenJob } from '../given-present.js';

const hour = 3_600_000;
const zeros = Object.fromEntries(environmentSums.map((key) => [key, 0])) as unknown as EnvironmentStep;
const account = (more: Partial<Account>): Account => ({
  ...{ at: givenAt, environment: 'grid', queue: 'short', owner: 'anna', started: 1, ended: 1, requeued: 0, coreMs: hour, waitMs: 60_000 },
  waits: new Map([[24, 1]]),
  ...more,
});
const environment = (more: Partial<EnvironmentStep>): EnvironmentStep => ({ ...zeros, at: givenAt, name: 'grid', waits: new Map(), supplyMs: hour, ...more });
const pool = (more: Partial<PoolStep>): PoolStep => ({
  ...{ at: givenAt, name: 'lab', coveredMs: hour, on: 2 * hour, off: 2 * hour, unknown: 0, coresOn: 16 * hour, busyCores: 4 * hour },
  ...{ joules: 3_600_000, alwaysOnJoules: 4 * 3_600_000, measured: 0, configured: 4 * hour, assumed: 0, wakeWaits: 0 },
  ...more,
});

/** Two hours: anna and bob in grid, then anna in bio with the half of everything. */
const day: Recorded = {
  accounts: [account({ coreMs: 3 * hour }), account({ owner: 'bob', queue: 'long' }), account({ at: givenAt + hour, environment: 'bio', coreMs: 2 * hour })],
  environments: [
    environment({ machines: 2 * hour, slots: 8 * hour, busySlots: 4 * hour, joules: 720_000 }),
    environment({ at: givenAt + hour, name: 'bio', machines: hour, slots: 2 * hour, busySlots: 2 * hour, joules: 360_000 }),
  ],
  pools: [pool({}), pool({ at: givenAt + hour })],
};
const period = { since: givenAt, until: givenAt + 2 * hour };

describe('a report', () => {
  it('by environment has core hours, machine hours, utilisation, waits and energy, the largest first', () => {
    const report = reportOf(day, { ...period, by: 'environment' });
    expect(report.rows).toEqual([
      {
        ...{ name: 'grid', jobsStarted: 2, jobsEnded: 2, jobsRequeued: 0, coreHours: 4, machineHours: 2, utilisation: 0.5 },
        ...{ waitMeanMs: 60_000, waitP95Ms: expect.any(Number), energyKWh: 0.2 },
      },
      expect.objectContaining({ name: 'bio', coreHours: 2, machineHours: 1, utilisation: 1, energyKWh: 0.1 }),
    ]);
    expect(report.total).toMatchObject({ jobsStarted: 3, coreHours: 6, machineHours: 3, utilisation: 0.25, energyKWh: 2 });
    expect(report.energy).toEqual({ usedKWh: 2, alwaysOnKWh: 8, unusedKWh: expect.closeTo(1.7, 9) });
    expect(report).toMatchObject({ coveredMs: 2 * hour, pastMs: 2 * hour, hosts: { onHours: 4, offHours: 4, unknownHours: 0 }, barMs: hour });
  });

  it('by owner shares the energy of an environment by core time, hour by hour, and adds up to the same', () => {
    const { rows } = reportOf(day, { ...period, by: 'owner' });
    expect(rows.map(({ name, coreHours, energyKWh, machineHours }) => [name, coreHours, Math.round(energyKWh * 1000), machineHours])).toEqual([
      ['anna', 5, 250, undefined],
      ['bob', 1, 50, undefined],
    ]);
    const queues = reportOf(day, { ...period, by: 'queue' }).rows;
    expect(queues.reduce((sum, { energyKWh }) => sum + energyKWh, 0)).toBeCloseTo(0.3, 9);
  });

  it('says what is missing: time in which nobody looked, and silent hosts', () => {
    const report = reportOf({ ...day, pools: [pool({ unknown: 3 * hour })] }, { ...period, by: 'environment' });
    expect(remarks(report).join('\n')).toMatch(/3 silent[\s\S]*nobody looked for 1 h of the 2 h/);
    expect(remarks(reportOf(day, { ...period, by: 'owner' }))).toHaveLength(2);
  });

  it('of a time without any record is empty, and no number of it is none', () => {
    const report = reportOf({ accounts: [], environments: [], pools: [] }, { ...period, by: 'environment' });
    expect(JSON.stringify(report)).not.toMatch(/null|NaN/);
    expect(report.rows).toEqual([]);
    expect(htmlOf(report, 'Domus', localTime)).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('what is printed of names from outside', () => {
  const nasty = ['</td><script>alert(1)</script>', '"><svg onload=x>', 'a\u0000\u001b[2Jb', "=cmd|' /C calc'!A1", 'x,"y"\nz'];
  const report = reportOf({ ...day, accounts: nasty.map((owner) => account({ owner })) }, { ...period, by: 'owner' });

  it('is no markup in the page, which loads and runs nothing', () => {
    const page = htmlOf(report, 'Domus', localTime);
    expect(page).not.toMatch(/<script|onload=x>|https?:|\u0000|\u001b/);
    expect(page).toContain('&lt;script&gt;');
    expect(page.match(/default-src 'none'/g)).toHaveLength(1);
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.write(page.replace('<!doctype html>', '').replaceAll(/<meta([^>]*)>/g, '<meta$1/>')).close();
  });

  it('is no formula and no second line in CSV', () => {
    expect(nasty.map(csvField)).toEqual([...nasty.slice(0, 1), '"""><svg onload=x>"', nasty[2], "'=cmd|' /C calc'!A1", '"x,""y""\nz"']);
    expect(csvOf(report).split('\r\n')[0]).toBe(
      'owner,jobs_started,jobs_ended,jobs_requeued,core_hours,machine_hours,utilisation,wait_mean_seconds,wait_p95_seconds,energy_kwh',
    );
  });
});

describe('a plot', () => {
  it('breaks its line at a gap, and draws nothing for it', () => {
    const plot = { title: 't', unit: 'u', kind: 'lines' as const, labels: ['a', 'b', 'c', 'd'], traces: [{ name: 'x', values: [1, 2, undefined, 4] }] };
    expect(
      svgOf(plot)
        .match(/d="([^"]*)"/)?.[1]
        ?.match(/M/g),
    ).toHaveLength(2);
  });
  it.each([
    [0, 1],
    [0.3, 0.5],
    [7, 10],
    [12, 20],
    [1000, 1000],
  ])('of values up to %s ends at %s', (value, maximum) => {
    expect(niceMaximum(value)).toBeCloseTo(maximum, 9);
  });
});

describe('a period', () => {
  const now = new Date(2026, 2, 15, 10, 20).getTime();
  const at = (...parts: [number, number, number, number?]): number => new Date(...parts).getTime();
  it.each([
    ['2026-01', '2026-02', at(2026, 0, 1), at(2026, 2, 1)],
    ['2026-01-31', '2026-01-31', at(2026, 0, 31), at(2026, 1, 1)],
    ['2026-03-01', undefined, at(2026, 2, 1), at(2026, 2, 15, 11)],
    ['7d', undefined, at(2026, 2, 8, 10), at(2026, 2, 15, 11)],
    ['2026-01-31T14:30', '2026-01-31 16:00', at(2026, 0, 31, 14), at(2026, 0, 31, 16)],
    [undefined, '2026-03', at(2026, 1, 13, 10), at(2026, 2, 15, 11)],
  ])('from %s to %s', (from, to, since, until) => {
    expect(periodOf(from, to, now)).toEqual({ since, until });
  });
  it.each([
    ['2026-02-30', undefined],
    ['soon', undefined],
    ['2026-13', undefined],
    ['2026-03-10', '2026-03-01'],
    ['2027-01', undefined],
  ])('from %s to %s is refused', (from, to) => {
    expect(() => periodOf(from, to, now)).toThrow(/--from|--to/);
  });
});

describe('domus report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domus-report-'));
  const config = join(folder, 'domus.yaml');
  writeFileSync(config, 'state: state\n');

  it('says where there is no history yet', async () => {
    expect(await typed(['report', '--config', config])).toMatchObject({ exit: 1, out: '', err: expect.stringContaining('there is no history') });
  });

  it('reads the history of a daemon that writes at the same time, in every format', async () => {
    mkdirSync(join(folder, 'state'));
    const { store } = openHistoryStore(join(folder, 'state'), givenAt - 2 * hour);
    const book = new RunBook(store.state(0));
    const job = givenJob('1.srv', { state: 'running', startedAt: givenAt - hour, execHosts: [{ node: 'n', slots: 2 }] });
    book.answer(
      'torque',
      givenAt,
      [job],
      () => 'grid',
      () => false,
    );
    store.flush({ minutes: [], runs: book.peek(), starts: [], ends: [], thoughts: [] });
    const line = ['report', '--config', config, '--from', '2d', '--by', 'owner'];
    expect((await typed(line)).out).toMatch(/^OWNER +STARTED[\s\S]*^anna +1 +0 +0 +2 /m);
    expect((await typed([...line, '--format', 'csv'])).out).toContain('\r\nanna,1,0,0,2,');
    expect(JSON.parse((await typed([...line, '--json'])).out)).toMatchObject({ rows: [{ name: 'anna', coreHours: 2 }] });
    const file = join(folder, 'report.html');
    expect(await typed([...line, '--format', 'html', '--output', file])).toEqual({ exit: 0, out: '', err: '' });
    expect(readFileSync(file, 'utf8')).toContain('<td>anna</td>');
    store.close();
  });

  it.each([
    ['--by', 'moon'],
    ['--format', 'pdf'],
    ['--from', 'soon'],
  ])('exits 2 for %s %s', async (...words) => {
    expect((await typed(['report', '--config', config, ...words])).exit).toBe(2);
  });
});
