import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered } from '../../src/model/altered.js';

const record = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer());

describe('An altered record', () => {
  it('says what a spread of both says, in the same order, and leaves both as they were', () => {
    fc.assert(
      fc.property(record, record, (before, changes) => {
        const [keptBefore, keptChanges] = [JSON.stringify(before), JSON.stringify(changes)];
        expect(JSON.stringify(altered(before, changes))).toBe(JSON.stringify({ ...before, ...changes }));
        expect([JSON.stringify(before), JSON.stringify(changes)]).toEqual([keptBefore, keptChanges]);
      }),
    );
  });
});
