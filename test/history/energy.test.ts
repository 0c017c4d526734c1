import { describe, expect, it } from 'vitest';
import { drawOf, drawOfHost, seenPower, shareOfMachine } from '../../src/history/energy.js';
import { countJobs, measure } from '../../src/history/measure.js';
import { usualWatts } from '../../src/model/host.js';
import { awake, type PowerState } from '../../src/model/power.js';
import { because } from '../../src/model/reason.js';
import type { HostView } from '../../src/model/world.js';
import { conditionsOf } from '../../src/notices/conditions.js';
import { givenAt, givenHost, givenPresent } from '../given-present.js';

const present = (silent: boolean) => givenPresent({ hosts: [givenHost('post11')], ...(silent ? { silentHosts: { post11: 'no route' } } : {}) });
const hostOf = (silent: boolean, more: Partial<HostView>): HostView => ({ ...(present(silent).world.hosts.get('post11') as HostView), ...more });
const remembered = (state: PowerState) => ({ power: { ...awake('post11', givenAt), state } });
const meter = (on: boolean, silentSince?: number) => ({
  meter: { askedAt: 1, answeredAt: 2, revision: 1, value: { on }, ...(silentSince === undefined ? {} : { silentSince }) },
});

describe('a host draws power', () => {
  it.each([
    ['answers', false, {}, 'on'],
    ['answers although it was switched off', false, remembered('off'), 'on'],
    ['is silent, and nobody switches it', true, {}, 'unknown'],
    ['is silent, and should be on', true, remembered('on'), 'unknown'],
    ['was switched off', true, remembered('off'), 'off'],
    ['wakes', true, remembered('waking'), 'on'],
    ['goes to sleep', true, remembered('sleeping'), 'on'],
    ['is silent, and its controller says on', true, { ...remembered('off'), ...meter(true) }, 'on'],
    ['is silent, and its controller says off', true, meter(false), 'off'],
    ['is silent, and so is its controller', true, meter(true, 5), 'unknown'],
  ] as const)('%s', (_, silent, more, state) => {
    expect(seenPower(hostOf(silent, more as Partial<HostView>))).toBe(state);
  });

  it('between idle and busy by its busy cores, never beyond', () => {
    expect([0, 4, 8, 99].map((busy) => drawOf(usualWatts, 'on', busy, 8))).toEqual([95, (95 + 190.7) / 2, 190.7, 190.7]);
    expect(drawOf(usualWatts, 'off', 8, 8)).toBe(9.75);
    const parts = [2, 2, 4].map((cores) => shareOfMachine(usualWatts, cores, cores, 8));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(190.7, 9);
  });

  it('as its controller measures it, where it does; else by its own watts, else by those of another machine, and says which', () => {
    const measured = { meter: { askedAt: 1, answeredAt: 2, revision: 1, value: { on: true, watts: 131 } } };
    expect(drawOfHost(hostOf(false, measured), 'on', 4)).toEqual({ watts: 131, alwaysOnWatts: 131, how: 'measured' });
    const { spec } = hostOf(false, {});
    const own = { spec: { ...spec, watts: { off: 4, idle: 60, busy: 140 } } };
    expect(drawOfHost(hostOf(true, own), 'off', 0)).toEqual({ watts: 4, alwaysOnWatts: 60, how: 'configured' });
    expect(drawOfHost(hostOf(false, {}), 'on', 0).how).toBe('assumed');
    const silent = { meter: { ...measured.meter, silentSince: 5 } };
    expect(drawOfHost(hostOf(false, { ...own, ...silent }), 'on', 0)).toMatchObject({ watts: 60, how: 'configured' });
  });

  it('jobs that wait for a host that is being switched on are counted for its pool, those that are provided for are not', () => {
    const whole = present(false);
    const group = { key: 'g', source: 'main', environment: 'grid', queue: 'q', owner: 'a', places: [], perSlotMiB: 0, count: 5, since: 1, sample: [] };
    const waits = (more: object) => because('wait-host-wakes', { host: 'post11', ...more });
    const world = { ...whole.world, groups: [group, { ...group, key: 'h' }, { ...group, key: 'i' }] };
    const reasons = new Map([
      ['group:g', [waits({ provided: 2, among: 5 })]],
      ['group:h', [because('wait-room', {}), waits({})]],
      ['group:i', [because('wait-room', {})]],
    ]);
    const { pools, hosts } = measure({ ...whole, world, plan: { ...whole.plan, reasons } }, countJobs(world, undefined));
    expect(pools.get('lab')).toMatchObject({ wakeWaits: 8, assumed: 1, measured: 0 });
    expect(hosts.get('post11')).toMatchObject({ on: 1, joules: 95, assumed: 1 });
  });

  it('sleeping hosts are no news, draw what an off host draws, and are compared with being on', () => {
    const whole = present(true);
    const world = { ...whole.world, hosts: new Map([['post11', hostOf(true, remembered('off'))]]) };
    const { pools } = measure({ ...whole, world }, countJobs(world, undefined));
    expect(pools.get('lab')).toMatchObject({ on: 0, off: 1, unknown: 0, coresOn: 0, joules: 9.75, alwaysOnJoules: 95 });
    expect(conditionsOf({ ...whole, world }, 1e9)).toEqual([]);
    const failing = { ...world, hosts: new Map([['post11', hostOf(true, { power: { ...awake('post11', 1), failing: 'did not come back' } })]]) };
    expect(conditionsOf({ ...whole, world: failing }, 1e9).map(({ kind, text }) => [kind, text])).toEqual([['power-failed', 'post11: did not come back']]);
  });
});
