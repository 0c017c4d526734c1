import { describe, expect, it } from 'vitest';
import { table } from '../../src/api/routes/table.js';
import { imageList } from '../../src/api/views-images.js';
import { givenHost, givenJob, givenPresent, givenSeat } from '../given-present.js';
import { busyDay, type Scene, scene } from './scene.js';

const ask = async (at: Scene, url: string, headers: Record<string, string> = {}) => {
  const answer = await at.api.inject({ url: `/api/v1/${url}`, headers });
  return { code: answer.statusCode, headers: answer.headers, text: answer.body, body: answer.body === '' ? undefined : answer.json() };
};
const ids = (body: { jobs: { id: string }[] }) => body.jobs.map(({ id }) => id);

describe('lists in pages', () => {
  it('gives every job once, whatever the size of the page', async () => {
    const at = await scene('control');
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await ask(at, `jobs?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        expect(body.total).toBe(5);
        expect(body.jobs.length).toBeLessThanOrEqual(limit);
        seen.push(...ids(body));
        cursor = body.next ?? '';
      } while (cursor !== '');
      expect(seen).toEqual(['11.srv', '12.srv', '13.srv', '14[1].srv', '14[2].srv']);
    }
  });

  it('skips and repeats nothing when jobs come and go between two pages', async () => {
    const at = await scene('control');
    const jobs = (numbers: readonly number[]) => givenPresent({ jobs: numbers.map((n) => givenJob(`${n}.srv`, { submittedAt: 1000 * n })) });
    at.present = jobs([1, 2, 3, 4, 5, 6]);
    const first = (await ask(at, 'jobs?limit=3')).body;
    expect(ids(first)).toEqual(['1.srv', '2.srv', '3.srv']);
    at.present = jobs([4, 5, 6, 7]); // the three that were read have ended
    expect(ids((await ask(at, `jobs?limit=3&cursor=${first.next}`)).body)).toEqual(['4.srv', '5.srv', '6.srv']);
    at.present = jobs([1, 2, 3, 5, 6]);
    expect(ids((await ask(at, `jobs?limit=3&cursor=${first.next}`)).body)).toEqual(['5.srv', '6.srv']);
  });

  it('goes on in a list by name after the one that was last, also when it is gone', async () => {
    const at = await scene('control');
    const hosts = (...names: string[]) => givenPresent({ hosts: names.map((name) => givenHost(name)), seats: [givenSeat('g.example.org', 'grid')] });
    at.present = hosts('a', 'b', 'c', 'd');
    const { body } = await ask(at, 'hosts?limit=2');
    const names = async () => (await ask(at, `hosts?limit=2&cursor=${body.next}`)).body.hosts.map(({ name }: { name: string }) => name);
    expect(await names()).toEqual(['c', 'd']);
    at.present = hosts('z', 'a', 'b', 'c', 'd');
    expect(await names()).toEqual(['c', 'd']);
    at.present = hosts('a', 'c', 'd');
    expect(await names()).toEqual(['c', 'd']);
  });

  it.each(['x', 'bnVsbA', 'WzEsMl0', 'e30', 'WyJhIiwiYiIsMSwyLDNd', encodeURIComponent('[]')])('refuses cursor %s', async (cursor) => {
    expect(await ask(await scene('control'), `jobs?cursor=${cursor}`)).toMatchObject({
      code: 400,
      body: { error: { code: 'invalid', remedy: expect.any(String) } },
    });
  });

  it.each([
    ['machines?environment=grid', 2],
    ['machines?host=post11', 1],
    ['machines?phase=booting', 1],
    ['machines?pool=nowhere', 0],
    ['hosts?state=silent', 1],
    ['hosts?state=heard', 2],
    ['hosts?state=cordoned', 1],
    ['seats?environment=bio', 1],
    ['jobs?state=running', 1],
    ['jobs?source=nowhere', 0],
    ['images?name=nothing', 0],
  ])('filters: %s gives %i', async (url, total) => {
    expect((await ask(await scene('control'), url)).body.total).toBe(total);
  });

  it.each(['machines?phase=dead', 'jobs?limit=0', 'jobs?limit=1000000', 'jobs?limit=many', 'hosts?nonsense=1', 'events?limit=1001', 'why/thing/x'])(
    'refuses %s and says what is wrong with it',
    async (url) => {
      const { code, body } = await ask(await scene('control'), url, { 'x-domus-identity': 'root' });
      expect([code, body.error.code, body.error.details.length]).toEqual([400, 'invalid', 1]);
    },
  );
});

describe('the versions of images', () => {
  it('count permanent machines, also those whose guest does not run', () => {
    const present = busyDay();
    const service = { service: 'home-01', group: 'homes', disk: 'keep-physics-home-01', image: { name: 'deb', version: 'v7' }, madeAt: 1 };
    const rows = { ...present.world.rows, services: new Map([['home-01', service]]) };
    const found = imageList({ ...present, world: { ...present.world, rows } }).find(({ name, version }) => name === 'deb' && version === 'v7');
    expect(found).toMatchObject({ machines: ['home-01'] });
  });
});

describe('ETags', () => {
  const lists = Object.entries(table).flatMap(([key, spec]) =>
    key.startsWith('GET ') && !key.includes(':') && !('stream' in spec) && !['GET /identity/challenge', 'GET /history', 'GET /week', 'GET /audit'].includes(key)
      ? [key.slice(5)]
      : [],
  );

  it.each(lists)('%s: the same answer is not sent twice', async (url) => {
    const at = await scene('control');
    const as = { 'x-domus-identity': 'root' };
    const first = await ask(at, url, as);
    expect(first.headers.etag).toMatch(/^"[\w-]{27}"$/); // strong: no W/
    const again = await ask(at, url, { ...as, 'if-none-match': `"other", ${first.headers.etag}` });
    expect([again.code, again.text, again.headers.etag]).toEqual([304, '', first.headers.etag]);
    expect((await ask(at, url, { ...as, 'if-none-match': '"other"' })).code).toBe(200);
  });

  it('changes with what it names, and is another for who sees less', async () => {
    const at = await scene('status');
    const tag = async (as: Record<string, string> = {}) => (await ask(at, 'jobs', as)).headers.etag;
    const before = await tag();
    expect(await tag({ 'x-domus-identity': 'root' })).not.toBe(before);
    expect(await tag({ 'x-domus-identity': 'anna' })).not.toBe(before);
    expect(await tag()).toBe(before);
    at.present = givenPresent({ jobs: [givenJob('99.srv', {})] });
    expect(await tag()).not.toBe(before);
  });
});
