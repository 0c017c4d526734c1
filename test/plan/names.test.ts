import { describe, expect, it } from 'vitest';
import { versionOn, versionOrder } from '../../src/model/versions.js';
import { namesNear } from '../../src/plan/near.js';

describe('Names near a word', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['post1', ['post2', 'post11', 'rack9'], ['post11', 'post2']],
    ['psot1', ['post1', 'rack1'], ['post1']],
    ['grid-01', ['grid-01#3', 'bio-01#1'], ['grid-01#3']],
    ['x', ['post1'], []],
    ['', ['post1'], []],
    ['aaaa', ['aaab', 'aaac', 'aaad', 'aaae'], ['aaab', 'aaac', 'aaad']],
  ])('of %j among %j are %j', (word, known, near) => {
    expect(namesNear(word, known)).toEqual(near);
  });

  it('take no long time for long words', () => {
    expect(namesNear('a'.repeat(5000), ['b'.repeat(5000)])).toEqual([]);
  });
});

describe('The natural order of versions', () => {
  it('counts numbers by value and words by letters', () => {
    const versions = ['10', '9.10', '9.2', '9.2-rc1', '2024-01-31', 'v1', '9.2.1', '09.2'];
    expect([...versions].sort(versionOrder)).toEqual(['09.2', '9.2', '9.2-rc1', '9.2.1', '9.10', '10', '2024-01-31', 'v1']);
  });

  it('picks the newest that the host sees, or exactly the named one', () => {
    const images = ['9.2', '9.10', '9.9'].map((version) => ({ name: 'el9', version })).concat({ name: 'sl6', version: '99' });
    expect(versionOn(images, { name: 'el9', version: 'latest' })).toBe('9.10');
    expect(versionOn(images, { name: 'el9', version: '9.9' })).toBe('9.9');
    expect(versionOn(images, { name: 'el9', version: '9' })).toBeUndefined();
    expect(versionOn([], { name: 'el9', version: 'latest' })).toBeUndefined();
  });
});
