import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/model/environment.js';
import type { Policy } from '../../src/model/policy.js';
import { noRows, type Rows, type ShareSetting } from '../../src/model/rows.js';
import { aboutShare, forgetShares, sharesNow } from '../../src/plan/shares.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const policyOf = (environments: Readonly<Record<string, Partial<Environment>>>): Policy =>
  rehearsalPolicy({ environments: Object.fromEntries(Object.entries(environments).map(([name, more]) => [name, { seats: 1, ...more }])), hosts: 1 });
const rowsOf = (...settings: readonly (readonly [environment: string, share: number, at: number, more?: Partial<ShareSetting>])[]): Rows => ({
  ...noRows(),
  shares: new Map(settings.map(([environment, share, at, more]) => [environment, { environment, share, by: 'ada', why: 'x', at, ...more }])),
});
const open = { shareWithin: { min: 0, max: 1 } };
const two = policyOf({ grid: { share: 0.6, ...open }, bio: { share: 0.4, ...open } });

const cases: readonly [title: string, Policy, Rows, Record<string, number>][] = [
  ['nothing is set: as configured', two, rowsOf(), { grid: 0.6, bio: 0.4 }],
  ['one gives away what the other takes, in either order', two, rowsOf(['bio', 0.7, 1], ['grid', 0.3, 2]), { grid: 0.3, bio: 0.7 }],
  ['what was given away is taken back: the raise does not count', two, rowsOf(['bio', 0.7, 2]), { grid: 0.6, bio: 0.4 }],
  ['narrower bounds hold it', policyOf({ grid: { shareWithin: { min: 0, max: 0.3 } } }), rowsOf(['grid', 0.5, 1]), { grid: 0.3 }],
  ['a lower bound lifts it', policyOf({ grid: { share: 0.5, shareWithin: { min: 0.2, max: 0.6 } } }), rowsOf(['grid', 0.1, 1]), { grid: 0.2 }],
  ['no bounds: none counts', policyOf({ grid: { share: 0.1 } }), rowsOf(['grid', 0.5, 1]), { grid: 0.1 }],
  ['its time is over', policyOf({ grid: { share: 0.1, ...open } }), rowsOf(['grid', 0.5, 1, { until: 100 }]), { grid: 0.1 }],
  [
    'of two raises that do not both fit the older counts',
    policyOf({ grid: open, bio: open }),
    rowsOf(['grid', 0.7, 2], ['bio', 0.6, 1]),
    { grid: 0, bio: 0.6 },
  ],
  [
    'other pools do not matter',
    policyOf({ grid: open, bio: { ...open, pools: ['other'] } }),
    rowsOf(['grid', 0.7, 2], ['bio', 0.6, 1]),
    { grid: 0.7, bio: 0.6 },
  ],
];

describe('shares that count', () => {
  it.each(cases)('%s', (_, policy, rows, expected) => {
    expect(Object.fromEntries(sharesNow(rows, policy, 100))).toEqual(expected);
  });

  it('say who set them, or why they do not count', () => {
    const raised = rowsOf(['bio', 0.7, 2]);
    expect(aboutShare(raised, two, 100, 'bio', 0.4)?.code).toBe('share-set-aside');
    expect(aboutShare(raised, two, 100, 'bio', 0.7)).toMatchObject({ code: 'share-set', args: { who: 'ada', share: '70 %', configured: '40 %' } });
    expect(aboutShare(raised, two, 100, 'grid', 0.6)).toBeUndefined();
  });

  it('are forgotten when nothing allows them any more', () => {
    expect(forgetShares(rowsOf(['bio', 0.7, 2], ['gone', 0.1, 1], ['grid', 0.1, 1, { until: 99 }]), two, 100).map(({ key }) => key)).toEqual(['gone', 'grid']);
  });
});
