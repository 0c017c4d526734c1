import { describe, expect, it } from 'vitest';
import { awake, type HostPower } from '../../src/model/power.js';
import { towardsNormal } from '../../src/plan/normal.js';
import { rehearsedPower } from '../../src/sim/rehearsal-policy.js';
import { givenAt, givenHost, givenPresent } from '../given-present.js';

const order = { by: 'ada', why: 'dust', at: givenAt };
const spec = { ...givenHost('post11'), power: 'lab' };

function normal(power: Partial<HostPower> | undefined, more: { manage?: boolean; cordonBy?: string; silent?: boolean } = {}) {
  const cordon =
    more.cordonBy === undefined ? [] : [{ table: 'cordons' as const, key: 'post11', row: { host: 'post11', ...order, by: more.cordonBy, drain: true } }];
  const { world, policy } = givenPresent({ hosts: [spec], changes: cordon, ...(more.silent ? { silentHosts: { post11: 'no route' } } : {}) });
  const view = world.hosts.get('post11');
  if (view === undefined) throw new Error('no host');
  const hosts = new Map([['post11', power === undefined ? view : { ...view, power: { ...awake('post11', givenAt), ...power } }]]);
  return towardsNormal({ ...world, hosts }, { ...policy, power: { ...rehearsedPower, manage: more.manage ?? true } }, () => true);
}

describe('what brings a host back to normal', () => {
  it.each([
    ['a host as it should be', undefined, {}, []],
    ['one that sleeps by itself', { state: 'off' as const, by: 'domus' as const }, {}, []],
    ['one that is off where nobody switches hosts', { state: 'off' as const }, { manage: false }, ['wake: is off, and power.manage is off']],
    ['a person’s cordon', undefined, { cordonBy: 'ada' }, ['uncordon: drained by ada: dust']],
    ['a cordon of our own, whose host comes back by itself', { state: 'off' as const }, { cordonBy: 'Domus' }, []],
    ['one that was given up', { state: 'off' as const, failing: 'did not come back' }, { cordonBy: 'Domus' }, ['wake: was given up: did not come back']],
    ['one that a person wants off', { state: 'off' as const, wishedOff: order }, {}, ['wake: ada wants it off: dust']],
    ['one that is to go off when it is empty', { wishedOff: order }, {}, ['wake: ada wants it off: dust']],
    ['both at once', { wishedOff: order }, { cordonBy: 'bob' }, ['uncordon: drained by bob: dust', 'wake: ada wants it off: dust']],
  ])('%s', (_, power, more, steps) => {
    expect(normal(power, more).steps.map(({ kind, now }) => `${kind}: ${now}`)).toEqual(steps);
  });

  it('what no wish can change is told and left', () => {
    expect(normal(undefined, { silent: true })).toEqual({ steps: [], rest: [{ subject: 'host:post11', why: 'is silent: no route' }] });
    expect(normal({ state: 'sleeping', wishedOff: order })).toEqual({
      steps: [],
      rest: [{ subject: 'host:post11', why: 'is being switched off: ask again when it is off' }],
    });
  });
});
