import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobGroup } from '../../src/model/world.js';
import { olderFirst } from '../../src/observe/group.js';
import { GroupOrder } from '../../src/observe/group-order.js';

const group = fc.record({
  key: fc.string({ minLength: 1, maxLength: 3 }),
  since: fc.integer({ min: 1, max: 5 }),
  sample: fc.constantFrom(['1'], ['2'], ['10']),
});
const groups = fc
  .uniqueArray(group, { selector: ({ key }) => key, maxLength: 12 })
  .map((list) => list.map(({ sample, ...rest }) => ({ ...rest, sample }) as unknown as JobGroup));

describe('The order of groups', () => {
  it('is after each change what sorting all of them anew gives', () => {
    fc.assert(
      fc.property(groups, fc.array(fc.tuple(groups, fc.integer({ min: 0, max: 4095 })), { maxLength: 5 }), (first, changes) => {
        let standing: readonly JobGroup[] = [...first].sort(olderFirst);
        let order = new GroupOrder().changed([], first);
        for (const [come, mask] of changes) {
          const left = standing.filter((_, at) => (mask & (1 << at)) !== 0);
          const kept = standing.filter((each) => !left.includes(each));
          const fresh = come.filter(({ key }) => kept.every((each) => each.key !== key));
          standing = [...kept, ...fresh].sort(olderFirst);
          order = order.changed(left, fresh);
          expect(order.groups).toEqual(standing);
        }
      }),
    );
  });

  it('a group whose age is no number can be taken out again', () => {
    const [strange, plain] = [
      { key: 'a', since: Number.NaN, sample: ['1'] },
      { key: 'b', since: 3, sample: ['2'] },
    ] as unknown as readonly [JobGroup, JobGroup];
    expect(new GroupOrder().changed([], [strange, plain]).changed([strange], []).groups).toEqual([plain]);
  });
});
