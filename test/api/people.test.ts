import { describe, expect, it } from 'vitest';
import { groupId, userName } from '../../src/api/identity/people.js';

describe('people of this machine', () => {
  it('names users and numbers groups, and knows who is not there', async () => {
    expect(await userName(0)).toBe('root');
    expect(await userName(4_000_000_001)).toBeUndefined();
    expect(await groupId('root')).toBe(0);
    expect(await groupId('no-such-group-here')).toBeUndefined();
  });
});
