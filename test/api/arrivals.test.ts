import { describe, expect, it } from 'vitest';
import { expectedAt, usualReadyMs } from '../../src/api/arrivals.js';
import { environmentList } from '../../src/api/views-environments.js';
import { machineRecord } from '../../src/api/views-machines.js';
import { givenAt, givenEnvironment, givenHost, givenPresent, givenSeat } from '../given-present.js';

const minute = 60_000;
const seats = ['grid-01', 'grid-02', 'grid-03', 'grid-04'].map((name) => givenSeat(name, 'grid'));
const at = (seat: string, phase: 'ready' | 'booting' | 'draining', wantedAt: number, readyAt?: number) => ({
  ...{ seat, environment: 'grid', host: 'post11', phase },
  row: { wantedAt, ...(readyAt === undefined ? {} : { readyAt }) },
});
const present = (remembered: Readonly<Record<string, number>> = {}) =>
  givenPresent({
    environments: [givenEnvironment('grid'), givenEnvironment('bio')],
    hosts: [givenHost('post11')],
    seats,
    machines: [at('grid-01', 'ready', givenAt - 60 * minute, givenAt - 59 * minute), at('grid-02', 'booting', givenAt - 30_000)],
    changes: Object.entries(remembered).map(([seat, readyMs]) => ({ table: 'generations', key: seat, row: { number: 1, readyMs } })),
  });

describe('when what comes is there', () => {
  it('is learnt from machines that are there, and from the last ones of empty seats', () => {
    expect(usualReadyMs(present().world, 'grid')).toBe(minute);
    expect(usualReadyMs(present({ 'grid-03': 3 * minute, 'grid-04': 2 * minute }).world, 'grid')).toBe(2 * minute);
    expect(usualReadyMs(present().world, 'bio')).toBeUndefined();
  });

  it('is told of what comes only, and nothing is made up where nothing was learnt', () => {
    const now = present();
    const machine = (id: string) => machineRecord([...now.world.machines.values()].find(({ row }) => row.seat === id)!, now);
    expect(machine('grid-02').expectedAt).toBe(givenAt + 30_000);
    expect(machine('grid-01').expectedAt).toBeUndefined();
    expect(environmentList(now).map(({ usualReadyMs: ms }) => ms)).toEqual([minute, undefined]);
    const alone = givenPresent({
      environments: [givenEnvironment('grid')],
      hosts: [givenHost('post11')],
      seats,
      machines: [at('grid-02', 'booting', givenAt)],
    });
    expect(expectedAt(alone.world, [...alone.world.machines.values()][0]!)).toBeUndefined();
  });
});
