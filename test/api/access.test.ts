import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkMs } from '../../src/api/identity/access.js';
import { openAccess } from '../../src/api/identity/open.js';
import { hashPassword, isPassword } from '../../src/api/identity/password.js';
import { type Grant, may, within } from '../../src/api/identity/who.js';
import { methodAndPath, type RouteSpec } from '../../src/api/routes/spec.js';
import { table } from '../../src/api/routes/table.js';
import { systemClock } from '../../src/clock.js';
import { givenAt } from '../given-present.js';
import { type Scene, scene } from './scene.js';
import { bearer, call, settle, signedIn } from './visitor.js';

const routes = (Object.entries(table) as [string, RouteSpec][]).map(([key, spec]) => ({ key, spec, ...methodAndPath(key) }));
const writes = routes.filter(({ method }) => method !== 'GET');
const url = (path: string) => path.replaceAll(':name', 'anna').replaceAll(':id', '0123456789ab').replaceAll(':kind', 'any');
/** Everything that anything could have changed. */
const traces = async (at: Scene) => ({
  requests: await at.journal.requests(0),
  users: at.access.store.users(),
  tokens: at.access.store.tokens().map(({ usedAt: _, ...token }) => token),
  nudged: at.nudged,
});

describe('who may do what', () => {
  it.each(writes)('a viewers token is refused $key', async ({ method, path, spec }) => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'viewer' });
    const as = bearer(at, { role: 'viewer' });
    const before = await traces(at);
    for (const body of [undefined, {}, { kind: 'freeze', name: 'anna', password: 'x', grants: [{ role: 'admin' }], label: 'l', code: 'c' }]) {
      const { status, code } = await call(at, method, url(path), as, body);
      expect(status, code).toBeGreaterThanOrEqual(400);
      if (spec.may !== 'anyone') expect(code).toBe('forbidden');
    }
    expect(await traces(at)).toEqual(before);
  });

  it.each(routes.filter(({ spec }) => spec.may !== 'anyone'))('nobody is told to sign in at $key', async ({ method, path }) => {
    const at = await scene('port');
    const before = await traces(at);
    for (const headers of [
      {},
      { cookie: '__Host-domus=x' },
      { cookie: `__Host-domus=${'a'.repeat(43)}` },
      { authorization: 'Bearer x' },
      { authorization: `Bearer domus_0123456789ab_${'a'.repeat(43)}` },
      { authorization: 'Basic YTpi' },
    ])
      expect(await call(at, method, url(path), headers as Record<string, string>, method === 'GET' ? undefined : {})).toMatchObject({
        status: 401,
        code: 'sign-in',
      });
    expect(await traces(at)).toEqual(before);
  });

  const operator = (place: Omit<Grant, 'role'>): Grant => ({ role: 'operator', ...place });
  it.each([
    ['pool lab on its host', operator({ pools: ['lab'] }), { kind: 'cordon', subject: 'post11' }, 202],
    ['pool lab on a machine of its host', operator({ pools: ['lab'] }), { kind: 'drain', subject: 'grid-01' }, 202],
    ['pool attic on a host of lab', operator({ pools: ['attic'] }), { kind: 'cordon', subject: 'post11' }, 403],
    ['pool attic on a machine on lab', operator({ pools: ['attic'] }), { kind: 'hold', subject: 'grid-01' }, 403],
    ['environment grid on its machine', operator({ environments: ['grid'] }), { kind: 'hold', subject: 'grid-01' }, 202],
    ['environment bio on a machine of grid', operator({ environments: ['bio'] }), { kind: 'hold', subject: 'grid-01' }, 403],
    ['environment grid on a host, which others use too', operator({ environments: ['grid'] }), { kind: 'cordon', subject: 'post11' }, 403],
    ['environment bio on its proposal', operator({ environments: ['bio'] }), { kind: 'approve', subject: 'start-bio-bio-01' }, 202],
    ['environment grid on a proposal of bio', operator({ environments: ['grid'] }), { kind: 'approve', subject: 'start-bio-bio-01' }, 403],
    ['pool lab on everything', operator({ pools: ['lab'] }), { kind: 'freeze' }, 403],
    ['pool attic on a stray of lab', operator({ pools: ['attic'] }), { kind: 'forget', subject: 'old-vm' }, 403],
    ['everything on everything', { role: 'operator' } as Grant, { kind: 'freeze' }, 202],
    ['an administrator of one pool on everything', { role: 'admin', pools: ['lab'] } as Grant, { kind: 'freeze' }, 403],
  ])('an operator of %s', async (_, grant, wish, status) => {
    const at = await scene('port');
    expect((await call(at, 'POST', '/requests', bearer(at, grant), wish)).status).toBe(status);
    expect(await at.journal.requests(0)).toHaveLength(status === 202 ? 1 : 0);
  });

  it('a hook may nudge and do nothing else, an ordinary user sees his own jobs only', async () => {
    const at = await scene('port');
    const hook = bearer(at, { role: 'hook' });
    expect((await call(at, 'POST', '/nudge', hook)).status).toBe(202);
    expect((await call(at, 'GET', '/events', hook)).code).toBe('forbidden');
    expect((await call(at, 'POST', '/requests', hook, { kind: 'freeze' })).code).toBe('forbidden');
    await settle(at, 'anna');
    const anna = await signedIn(at, 'anna');
    expect(JSON.stringify((await call(at, 'GET', '/jobs', anna)).body)).toMatch(/anna-secret-name/);
    expect(JSON.stringify((await call(at, 'GET', '/jobs', anna)).body)).not.toMatch(/bob/);
    expect((await call(at, 'GET', '/why/job/12', anna)).status).toBe(200);
    expect((await call(at, 'GET', '/why/job/13', anna)).code).toBe('not-yours');
    expect((await call(at, 'POST', '/nudge', anna)).code).toBe('forbidden');
  });

  it('a viewer of one environment sees whose its jobs are, and nobody elses', async () => {
    const at = await scene('port');
    const as = bearer(at, { role: 'viewer', environments: ['bio'] });
    expect((await call(at, 'GET', '/why/job/13', as)).body).toMatchObject({ facts: { owner: 'bob' } });
    expect((await call(at, 'GET', '/why/job/12', as)).code).toBe('not-yours');
    expect((await call(at, 'GET', '/events', as)).code).toBe('forbidden');
  });

  it('grants cover what they name and nothing beside', () => {
    expect(within({ role: 'viewer', pools: ['a'] }, [{ role: 'operator', pools: ['a', 'b'] }])).toBe(true);
    expect(within({ role: 'operator', pools: ['a'] }, [{ role: 'viewer' }])).toBe(false);
    expect(within({ role: 'viewer' }, [{ role: 'admin', pools: ['a'] }])).toBe(false);
    expect(within({ role: 'viewer', pools: ['a'], environments: ['e'] }, [{ role: 'viewer', pools: ['a'] }])).toBe(false);
    expect(may({ name: 'x', how: 'token', known: true, grants: [{ role: 'hook' }] }, 'viewer', {})).toBe(false);
  });
});

describe('sessions', () => {
  it('come as a cookie that scripts and other sites do not get, and end', async () => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'operator' });
    const answer = await call(at, 'POST', '/session', {}, { name: 'anna', password: 'correct horse anna' });
    expect(answer.cookie).toMatch(/^__Host-domus=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
    expect(JSON.stringify(answer.body)).not.toContain(answer.cookie!.slice(13, 56));
    const as = await signedIn(at, 'anna');
    expect((await call(at, 'GET', '/session', as)).body).toMatchObject({ name: 'anna', how: 'session', csrf: as['x-domus-csrf'] });
    expect((await call(at, 'DELETE', '/session', as)).cookie).toMatch(/^__Host-domus=; .*Max-Age=0/);
    expect((await call(at, 'GET', '/session', as)).code).toBe('sign-in');
  });

  it('end by the clock, with their person, and with another password', async () => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'operator' });
    await settle(at, 'bob', { role: 'admin' });
    const [anna, bob] = [await signedIn(at, 'anna'), await signedIn(at, 'bob')];
    expect((await call(at, 'PUT', '/users/anna', bob, { grants: [] })).status).toBe(200);
    expect((await call(at, 'POST', '/requests', anna, { kind: 'freeze' })).code).toBe('forbidden'); // at once
    expect((await call(at, 'POST', '/session/password', anna, { old: 'wrong', new: 'another password' })).code).toBe('sign-in');
    expect((await call(at, 'POST', '/session/password', anna, { old: 'correct horse anna', new: 'another password' })).status).toBe(200);
    expect((await call(at, 'GET', '/session', anna)).code).toBe('sign-in');
    await at.clock.run(givenAt + 43_200_001);
    expect((await call(at, 'GET', '/session', bob)).code).toBe('sign-in');
  });

  it('are never those that somebody brought along', async () => {
    const at = await scene('port');
    await settle(at, 'anna');
    const planted = `__Host-domus=${'p'.repeat(43)}`;
    const { cookie } = await call(at, 'POST', '/session', { cookie: planted }, { name: 'anna', password: 'correct horse anna' });
    expect(cookie).not.toContain('pppp');
    expect((await call(at, 'GET', '/session', { cookie: planted })).code).toBe('sign-in');
    const first = await signedIn(at, 'anna');
    const second = await call(at, 'POST', '/session', { cookie: first['cookie']! }, { name: 'anna', password: 'correct horse anna' });
    expect(second.cookie?.split(';')[0]).not.toBe(first['cookie']);
    expect((await call(at, 'GET', '/session', { cookie: `${first['cookie']}; ${second.cookie?.split(';')[0]}` })).code).toBe('sign-in'); // two are none
  });

  it.each(writes.filter(({ spec }) => spec.may !== 'anyone'))('$key from another site does nothing', async ({ method, path }) => {
    const at = await scene('port');
    await settle(at, 'root', { role: 'admin' });
    const { cookie, ...word } = await signedIn(at, 'root');
    const before = await traces(at);
    const body = { kind: 'freeze' };
    for (const headers of [
      {},
      { 'x-domus-csrf': '' },
      { 'x-domus-csrf': 'a'.repeat(43) },
      { ...word, origin: 'https://evil.example' },
      { ...word, origin: 'null' },
      { ...word, 'sec-fetch-site': 'cross-site' },
    ])
      expect(await call(at, method, url(path), { cookie: cookie!, host: 'domus.example.org', ...headers } as Record<string, string>, body)).toMatchObject({
        status: 403,
        code: 'forged',
      });
    expect(await traces(at)).toEqual(before);
  });

  it('a sign-in of another sites making is refused, and so is a form', async () => {
    const at = await scene('port');
    await settle(at, 'anna');
    const body = { name: 'anna', password: 'correct horse anna' };
    expect((await call(at, 'POST', '/session', { origin: 'https://evil.example', host: 'd' }, body)).code).toBe('forged');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect(
        (await at.api.inject({ method: 'POST', url: '/api/v1/session', payload: JSON.stringify(body), headers: { 'content-type': type } })).statusCode,
      ).toBe(400);
    expect((await call(at, 'POST', '/session', { origin: 'https://d', host: 'd', 'sec-fetch-site': 'same-origin' }, body)).status).toBe(200);
  });
});

describe('signing in', () => {
  it('slows down who guesses, by name and by address, and lets in again later', async () => {
    const at = await scene('port');
    await settle(at, 'anna');
    const guess = (name: string, password = 'wrong') => call(at, 'POST', '/session', {}, { name, password });
    for (let n = 0; n < 5; n++) expect((await guess('anna')).code).toBe('sign-in');
    const slowed = await guess('anna', 'correct horse anna');
    expect([slowed.code, Number(slowed.headers['retry-after'])]).toEqual(['too-often', 900]);
    await at.clock.run(givenAt + 900_001);
    expect((await guess('anna', 'correct horse anna')).status).toBe(200);
    for (let n = 0; n < 30; n++) await guess(`n${n}`);
    expect((await guess('somebody')).code).toBe('too-often');
  }, 120_000);

  it('tells neither names nor passwords apart', async () => {
    const at = await scene('port');
    await settle(at, 'anna');
    at.access.store.putUser({ name: 'bob', grants: [], createdAt: givenAt }); // has not chosen a password yet
    const bodies = await Promise.all(
      [
        ['anna', 'x'],
        ['nobody', 'x'],
        ['bob', 'x'],
        ['bob', 'undefined'],
        ["' OR 1=1 --", 'x'],
      ].map(([name, password]) => call(at, 'POST', '/session', {}, { name, password })),
    );
    expect(new Set(bodies.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(bodies[0]?.status).toBe(401);
  });

  it('keeps passwords as scrypt hashes, each with a salt of its own', async () => {
    const [a, b] = [await hashPassword('the same one'), await hashPassword('the same one')];
    expect(a).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(a).not.toBe(b);
    expect([
      await isPassword('the same one', a),
      await isPassword('another one', a),
      await isPassword('the same one', undefined),
      await isPassword('x', 'md5$x'),
    ]).toEqual([true, false, false, false]);
  });

  it('the first administrator comes by a one-time link, which works once and for a day', async () => {
    const at = await scene('port');
    const use = (code: string, name?: string) =>
      call(at, 'POST', '/session/link', {}, { code, password: 'a long password', ...(name === undefined ? {} : { name }) });
    const { code } = at.access.makeLink(undefined);
    expect((await use('guess', 'eve')).code).toBe('sign-in');
    expect((await use(code)).code).toBe('invalid');
    expect((await call(at, 'POST', '/session/link', {}, { code, name: 'carol', password: 'short' })).code).toBe('invalid');
    expect((await use(code, 'carol')).body).toMatchObject({ name: 'carol', grants: [{ role: 'admin' }] });
    expect((await use(code, 'eve')).code).toBe('sign-in');
    const another = at.access.makeLink(undefined).code; // there is an administrator now
    expect((await use(another, 'eve')).code).toBe('sign-in');
    at.access.store.putUser({ name: 'dave', grants: [{ role: 'viewer' }], createdAt: givenAt });
    const [old, fresh] = [at.access.makeLink('dave').code, at.access.makeLink('dave').code];
    expect((await use(old)).code).toBe('sign-in'); // the newest holds
    expect((await use(fresh, 'eve')).body).toMatchObject({ name: 'dave', grants: [{ role: 'viewer' }] });
    const late = at.access.makeLink('dave').code;
    await at.clock.run(givenAt + linkMs + 1);
    expect((await use(late)).code).toBe('sign-in');
    expect(at.access.store.users().map(({ name }) => name)).toEqual(['carol', 'dave']);
  }, 120_000);
});

describe('tokens', () => {
  it('can do no more than who made them, are shown once, expire, and end when revoked', async () => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'operator', pools: ['lab'] });
    await settle(at, 'bob', { role: 'admin' });
    const [anna, bob] = [await signedIn(at, 'anna'), await signedIn(at, 'bob')];
    const make = (as: Record<string, string>, grants: Grant[], label = 'ci', expiresInMs = 3_600_000) =>
      call(at, 'POST', '/tokens', as, { label, grants, expiresInMs });
    for (const grant of [{ role: 'admin' }, { role: 'operator' }, { role: 'viewer' }, { role: 'operator', pools: ['lab', 'attic'] }] as Grant[]) {
      const { code } = await make(anna, [grant]);
      expect(['forbidden', 'invalid']).toContain(code);
    }
    const made = await make(anna, [{ role: 'operator', pools: ['lab'] }]);
    expect(made.status).toBe(201);
    const as = { authorization: `Bearer ${made.body['token']}` };
    const listed = JSON.stringify((await call(at, 'GET', '/tokens', anna)).body);
    expect(listed).toContain(String(made.body['id']));
    expect(listed).not.toContain(String(made.body['token']).split('_')[2]);
    expect((await call(at, 'POST', '/requests', as, { kind: 'cordon', subject: 'post11' })).body).toMatchObject({ who: 'anna/ci' });
    expect((await make(as, [])).code).toBe('forbidden'); // a token makes no token
    await call(at, 'PUT', '/users/anna', bob, { grants: [{ role: 'viewer' }] });
    expect((await call(at, 'POST', '/requests', as, { kind: 'cordon', subject: 'post11' })).code).toBe('forbidden');
    expect((await call(at, 'DELETE', `/tokens/${made.body['id']}`, await signedIn(at, 'anna'))).status).toBe(200);
    expect((await call(at, 'GET', '/status', as)).code).toBe('sign-in');
    const short = { authorization: `Bearer ${(await make(bob, [{ role: 'viewer' }], 'short', 60_000)).body['token']}` };
    expect((await call(at, 'GET', '/status', short)).status).toBe(200);
    await at.clock.run(givenAt + 60_001);
    expect((await call(at, 'GET', '/status', short)).code).toBe('sign-in');
  });

  it('of somebody else are not there for who is no administrator, and end with their maker', async () => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'viewer' });
    await settle(at, 'bob', { role: 'admin' });
    const [anna, bob] = [await signedIn(at, 'anna'), await signedIn(at, 'bob')];
    const { body } = await call(at, 'POST', '/tokens', bob, { label: 'x', grants: [{ role: 'admin' }] });
    expect((await call(at, 'DELETE', `/tokens/${body['id']}`, anna)).code).toBe('unknown');
    expect((await call(at, 'GET', '/tokens', anna)).body).toEqual({ tokens: [] });
    const mine = await call(at, 'POST', '/tokens', anna, { label: 'x', grants: [{ role: 'viewer' }] });
    const as = { authorization: `Bearer ${mine.body['token']}` };
    expect((await call(at, 'GET', '/status', as)).status).toBe(200);
    expect((await call(at, 'DELETE', '/users/anna', bob)).status).toBe(200);
    expect((await call(at, 'GET', '/status', as)).code).toBe('sign-in');
    expect((await call(at, 'DELETE', '/users/bob', bob)).code).toBe('invalid'); // the last administrator
  });

  it('speak on the unix sockets too, where a local administrator may make them', async () => {
    const at = await scene('status');
    const root = { 'x-domus-identity': 'root' };
    const { body, status } = await call(at, 'POST', '/tokens', root, { label: 'grafana', grants: [{ role: 'viewer' }] });
    expect([status, body['owner']]).toEqual([201, 'local:root']);
    expect((await call(at, 'GET', '/events', { authorization: `Bearer ${body['token']}` })).status).toBe(200);
    expect((await call(at, 'GET', '/status', { authorization: 'Bearer domus_x' })).code).toBe('sign-in');
    expect((await call(at, 'POST', '/users', { 'x-domus-identity': 'anna' }, { name: 'eve', grants: [{ role: 'admin' }] })).code).toBe('forbidden');
    expect((await call(at, 'POST', '/users', root, { name: 'eve', grants: [{ role: 'operator', pools: ['nowhere'] }] })).code).toBe('invalid');
  });
});

describe('the audit', () => {
  it('has a line for every wish, why and what came of it, and counts what only read', async () => {
    const at = await scene('port');
    await settle(at, 'anna', { role: 'operator' });
    const anna = await signedIn(at, 'anna');
    await call(at, 'POST', '/requests', anna, { kind: 'drain', subject: 'grid-01', why: 'new\u001b[2J kernel' });
    await call(at, 'POST', '/users', anna, { name: 'eve' });
    for (let n = 0; n < 50; n++) await call(at, 'GET', '/status', anna);
    for (let n = 0; n < 50; n++) await call(at, 'POST', '/requests', {}, { kind: 'freeze' });
    await call(at, 'POST', '/session', {}, { name: 'anna', password: 'guess' });
    await call(at, 'GET', '/nothing', anna);
    await settle(at, 'root', { role: 'admin' });
    const { body } = await call(at, 'GET', '/audit', await signedIn(at, 'root'));
    const lines = (body['lines'] as Record<string, unknown>[]).map(({ who, from, what, why, outcome, times }) => [who, from, what, why, outcome, times]);
    const from = '127.0.0.1';
    expect(lines).toEqual(
      expect.arrayContaining([
        ['anna', from, 'POST /session anna', '', '200', 1],
        ['anna', from, 'POST /requests drain grid-01', 'new?[2J kernel', '202', 1],
        ['anna', from, 'POST /users', '', 'forbidden', 1],
        ['anna', from, 'POST /session anna', '', 'sign-in', 1],
        ['anna', from, 'GET /status', '', '200', 50],
        ['nobody', from, 'POST /requests', '', 'sign-in', 50],
        ['nobody', from, 'GET (no such route)', '', 'no-route', 1],
      ]),
    );
    expect(JSON.stringify(body)).not.toMatch(/correct horse|guess/);
  });

  it('is kept, with users and tokens, in a file that only the daemon reads', () => {
    const dir = mkdtempSync(join(tmpdir(), 'domus-access-'));
    const first = openAccess(dir, systemClock, 1000);
    first.access.store.putUser({ name: 'anna', grants: [{ role: 'viewer' }], createdAt: 5 });
    first.audit.count({ who: 'anna', from: 'x', what: 'GET /status', why: '', outcome: '200' });
    for (const file of ['access.sqlite', 'access.sqlite-wal', 'access.sqlite-shm'])
      expect((statSync(join(dir, file)).mode & 0o777).toString(8), file).toBe('600');
    first.close();
    const second = openAccess(dir, systemClock, 1000);
    expect(second.access.store.user('anna')).toEqual({ name: 'anna', grants: [{ role: 'viewer' }], createdAt: 5 });
    expect(second.access.store.audit({ limit: 10 })).toMatchObject([{ who: 'anna', times: 1 }]);
    second.trim(systemClock.wall() + 1000);
    expect(second.access.store.audit({ limit: 10 })).toEqual([]);
    second.close();
  });
});
