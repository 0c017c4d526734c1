import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { givenAt } from '../given-present.js';
import { type Scene, scene } from './scene.js';

const ask = async (at: Scene, url: string, as?: string) => {
  const answer = await at.api.inject({ url: `/api/v1/${url}`, headers: as === undefined ? {} : { 'x-domus-identity': as } });
  return { code: answer.statusCode, body: answer.json(), text: answer.body };
};
const wish = async (at: Scene, payload: object, as?: string) => {
  const answer = await at.api.inject({ method: 'POST', url: '/api/v1/requests', payload, headers: as === undefined ? {} : { 'x-domus-identity': as } });
  return { code: answer.statusCode, body: answer.json() };
};

describe('reading through the API', () => {
  it('shows the whole deployment on one page', async () => {
    const { body } = await ask(await scene('status', { tickTookMs: () => 12 }), 'status');
    expect(body).toMatchObject({
      version: '0.1.0',
      deployment: 'lab',
      mode: 'act',
      epoch: 3,
      revision: 7,
      at: givenAt,
      tickTookMs: 12,
      jobs: { running: 1, waiting: 2, unserved: 1, other: 1 },
      machines: { total: 2, phases: { ready: 1, booting: 1 } },
      hosts: { total: 3, heard: 2, cordoned: 1 },
      seats: { total: 4, taken: 2 },
      deeds: 1,
      strays: 1,
      proposals: 1,
    });
    expect(body.silent).toEqual([
      expect.objectContaining({ name: 'post13', kind: 'host', heard: false, silentSince: givenAt - 60_000, cause: 'no route to host' }),
    ]);
    expect(body.frozen).toBeUndefined();
  });

  it('lists machines, hosts, environments, seats, deeds, strays and proposals with their reasons', async () => {
    const at = await scene('status');
    expect((await ask(at, 'machines')).body.machines).toEqual([
      expect.objectContaining({ id: 'grid-01.example.org#1', phase: 'ready', jobs: ['11.srv'], np: 2, slotsFree: 1, why: 'runs 11.srv' }),
      expect.objectContaining({ id: 'grid-02.example.org#4', phase: 'booting', deed: 'cycle', why: expect.stringContaining('the guest boots') }),
    ]);
    expect(
      (await ask(at, 'hosts')).body.hosts.map((host: { name: string; heard: boolean; blocked?: string }) => [host.name, host.heard, host.blocked]),
    ).toEqual([
      ['post11', true, undefined],
      ['post12', true, 'cordoned by carol: new disk'],
      ['post13', false, 'does not answer: no route to host'],
    ]);
    expect((await ask(at, 'environments')).body.environments).toEqual([
      expect.objectContaining({
        name: 'grid',
        mode: 'act',
        jobs: { waiting: 1, running: 1, other: 1 },
        machines: { ready: 1, busy: 1, coming: 1, leaving: 0, failed: 0 },
      }),
      expect.objectContaining({ name: 'bio', mode: 'advise', jobs: { waiting: 1, running: 0, other: 0 } }),
    ]);
    expect((await ask(at, 'seats')).body.seats).toHaveLength(5);
    expect((await ask(at, 'actions')).body.open).toEqual([expect.objectContaining({ id: 'op-77', verb: 'cycle', subject: 'source:torque' })]);
    expect((await ask(at, 'strays')).body.strays).toEqual([
      expect.objectContaining({ key: 'guest:post12/old-vm', why: 'guest old-vm on post12 belongs to nobody here' }),
    ]);
    expect((await ask(at, 'proposals')).body.proposals).toEqual([expect.objectContaining({ id: 'start-bio-bio-01', text: 'job 13.srv waits in queue bio' })]);
  });

  it('shows what it would do now and why, whether done or only recorded', async () => {
    const { body } = await ask(await scene('control'), 'plan');
    expect(body.recorded).toEqual([
      expect.objectContaining({ kind: 'start', subject: 'seat:bio-01.example.org', host: 'post11', why: 'job 13.srv waits in queue bio' }),
    ]);
    expect(body.deeds).toEqual([{ verb: 'cycle', subject: 'source:torque', why: expect.any(String) }]);
    expect(body.reasons.map((each: { subject: string }) => each.subject)).toContain('environment:bio');
  });

  it('filters and bounds the list of jobs and says how many there are', async () => {
    const at = await scene('control');
    expect((await ask(at, 'jobs')).body.jobs.map((job: { id: string }) => job.id)).toEqual(['11.srv', '12.srv', '13.srv', '14[1].srv', '14[2].srv']);
    expect((await ask(at, 'jobs?limit=1')).body).toMatchObject({ total: 5, jobs: [{ id: '11.srv' }] });
    expect((await ask(at, 'jobs?class=unserved')).body.jobs).toEqual([
      expect.objectContaining({ id: '14[1].srv', unserved: 'asks for gpus=2, which Domus does not serve', request: '1:ppn=1+(gpus=2)' }),
    ]);
    expect((await ask(at, 'jobs?environment=bio')).body.total).toBe(1);
    expect((await ask(at, 'jobs?owner=bob')).body.total).toBe(3);
    expect((await ask(at, 'jobs?class=dead')).body.error).toMatchObject({ code: 'invalid' });
  });

  it('answers not-ready before the first tick, and no-route for what is not there', async () => {
    const at = await scene('status');
    at.present = undefined;
    expect(await ask(at, 'status')).toMatchObject({ code: 503, body: { error: { code: 'not-ready' } } });
    expect(await ask(at, 'nothing')).toMatchObject({ code: 404, body: { error: { code: 'no-route' } } });
  });
});

describe('what an ordinary user sees', () => {
  it('hides whose the others jobs are and how they are called, everywhere', async () => {
    const at = await scene('status');
    for (const url of ['jobs', 'why/environment/bio', 'why/job/12', 'plan', 'machines', 'status', 'environments']) {
      const { text, code } = await ask(at, url, 'anna');
      expect(code, url).toBe(200);
      expect(text, url).not.toMatch(/bob/);
    }
    expect((await ask(at, 'jobs?owner=bob', 'anna')).body.total).toBe(0);
  });

  it('shows own jobs in full to who proved to be their owner, and nobodys to who proved nothing', async () => {
    const at = await scene('status');
    expect((await ask(at, 'why/job/12', 'anna')).body.facts).toMatchObject({ owner: 'anna', name: 'anna-secret-name' });
    expect((await ask(at, 'jobs', 'root')).text).toMatch(/bob-secret-name/);
  });

  it('is not told why anothers job is as it is', async () => {
    const at = await scene('status');
    for (const who of [undefined, 'anna']) expect(await ask(at, 'why/job/13', who)).toMatchObject({ code: 403, body: { error: { code: 'not-yours' } } });
    expect((await ask(at, 'why/job/12')).code).toBe(403);
    expect((await ask(at, 'jobs')).text).not.toMatch(/is booting for it/);
    expect((await ask(at, 'jobs', 'anna')).text).toMatch(/is booting for it/);
  });

  it('does not read everybodys history nor any request', async () => {
    const at = await scene('status');
    expect(await ask(at, 'events', 'anna')).toMatchObject({ code: 403, body: { error: { code: 'forbidden' } } });
    expect((await ask(at, 'events', 'root')).code).toBe(200);
    expect((await ask(at, 'requests', 'anna')).code).toBe(403);
  });

  it('cannot wish through the status door', async () => {
    const at = await scene('status');
    expect((await wish(at, { kind: 'freeze' }, 'anna')).code).toBe(403);
    expect((await at.api.inject({ method: 'POST', url: '/api/v1/reload' })).statusCode).toBe(403);
    expect(await at.journal.requests(0)).toEqual([]);
  });

  it('may nudge, at most once a second, and the rest are served together', async () => {
    const at = await scene('status');
    const nudge = async () => (await at.api.inject({ method: 'POST', url: '/api/v1/nudge' })).json().nudged;
    expect([await nudge(), await nudge(), await nudge()]).toEqual([true, false, false]);
    expect(at.nudged).toBe(1);
    await at.clock.run(givenAt + 1500);
    expect(at.nudged).toBe(2);
    await at.clock.run(givenAt + 10_000);
    expect(at.nudged).toBe(2);
  });
});

describe('why', () => {
  const chain = (body: { chain: { subject: string; said: { text: string }[] }[] }) =>
    body.chain.map((link) => [link.subject, ...link.said.map((each) => each.text)]);

  it('tells of a waiting job its groups and its environments reasons', async () => {
    const at = await scene('control');
    const { body } = await ask(at, 'why/job/12');
    expect(body).toMatchObject({ kind: 'job', subject: 'job:torque/12.srv', facts: { environment: 'grid', slots: 2 } });
    expect(chain(body)).toEqual([[expect.stringMatching(/^group:/), 'machine grid-02.example.org#4 is booting for it']]);
    expect(chain((await ask(at, 'why/any/13')).body)).toEqual([
      ['environment:bio', 'job 13.srv waits in queue bio', 'advise mode: waits for a person (domus approve start-bio-bio-01)'],
    ]);
  });

  it('tells of a running job its machines reasons, of an unserved one why not', async () => {
    const at = await scene('control');
    expect(chain((await ask(at, 'why/job/11.srv')).body)).toEqual([
      ['job:torque/11.srv', 'runs on grid-01.example.org since 5 min'],
      ['machine:grid-01.example.org#1', 'runs 11.srv'],
    ]);
    expect(chain((await ask(at, `why/job/${encodeURIComponent('14[1]')}`)).body)).toEqual([
      ['job:torque/14[1].srv', 'asks for gpus=2, which Domus does not serve'],
    ]);
  });

  it.each([
    ['machine', 'grid-01', 'machine:grid-01.example.org#1'],
    ['machine', 'grid-02#4', 'machine:grid-02.example.org#4'],
    ['machine', 'domus-lab-grid-02-4', 'machine:grid-02.example.org#4'],
    ['any', 'grid-02.example.org', 'machine:grid-02.example.org#4'],
    ['any', 'grid-03', 'seat:grid-03.example.org'],
    ['any', 'post13', 'host:post13'],
    ['any', 'bio', 'environment:bio'],
    ['any', 'torque/12.srv', 'job:torque/12.srv'],
    ['any', '11', 'job:torque/11.srv'],
    ['any', 'old-vm', 'stray:guest:post12/old-vm'],
  ])('understands %s %s', async (kind, word, subject) => {
    expect((await ask(await scene('control'), `why/${kind}/${encodeURIComponent(word)}`)).body.subject).toBe(subject);
  });

  it('names the candidates of an ambiguous word, and the nearest of an unknown one', async () => {
    const at = await scene('control');
    expect(await ask(at, 'why/job/14')).toMatchObject({ code: 409, body: { error: { code: 'ambiguous', details: ['torque/14[1].srv', 'torque/14[2].srv'] } } });
    expect(await ask(at, 'why/host/psot11')).toMatchObject({
      code: 404,
      body: { error: { code: 'unknown', message: expect.stringContaining('did you mean post11') } },
    });
  });

  it('still tells from the journal what is gone from the world', async () => {
    const at = await scene('status');
    const event = (subject: string, why: string) => ({ at: givenAt, subject, kind: 'daemon' as const, reason: because('daemon-stopped', { why }) });
    await at.journal.commit(
      { changes: [], events: [event('job:torque/9.srv', 'ended'), event('machine:grid-01.example.org#1', 'ready')], durable: false },
      at.fence,
    );
    expect((await ask(at, 'why/job/9.srv', 'root')).body).toMatchObject({ subject: 'job:torque/9.srv', chain: [], history: [{ text: 'stopped: ended' }] });
    expect((await ask(at, 'why/machine/grid-01')).body.history).toEqual([expect.objectContaining({ text: 'stopped: ready' })]);
  });
});

describe('wishes', () => {
  it('writes a request under the subjects full name and the callers own, tells the loop, and shows the answer', async () => {
    const at = await scene('control');
    const { code, body } = await wish(at, { kind: 'drain', subject: 'grid-01', why: 'new kernel' }, 'carol');
    expect(code).toBe(202);
    expect(body).toMatchObject({
      kind: 'drain',
      subject: 'grid-01.example.org#1',
      who: 'carol',
      why: 'new kernel',
      state: 'open',
      at: givenAt,
      expiresAt: givenAt + 300_000,
    });
    expect(at.nudged).toBe(1);
    const [stored] = await at.journal.requests(0);
    const answered = { ...stored!, state: 'done' as const, answer: because('request-done', { what: 'it leaves' }) };
    await at.journal.commit({ changes: [{ table: 'requests', key: body.id, row: answered }], events: [], durable: false }, at.fence);
    expect((await ask(at, `requests/${body.id}`)).body).toMatchObject({ state: 'done', text: 'it leaves' });
    expect((await ask(at, 'requests')).body.requests).toHaveLength(1);
    expect((await ask(at, 'requests/r-none')).code).toBe(404);
  });

  it('carries whether a cordon empties its host', async () => {
    const at = await scene('control');
    expect((await wish(at, { kind: 'cordon', subject: 'post11', drain: true })).body).toMatchObject({
      drain: true,
      who: 'a member of the group',
      why: 'no reason given',
    });
    expect((await wish(at, { kind: 'cordon', subject: 'post11' })).body.drain).toBeUndefined();
  });

  it.each([
    [{ kind: 'explode' }, 400, 'invalid'],
    [{ kind: 'drain' }, 400, 'invalid'],
    [{ kind: 'freeze', subject: 'post11' }, 400, 'invalid'],
    [{ kind: 'drain', subject: 'grid-01', drain: true }, 400, 'invalid'],
    [{ kind: 'drain', subject: 'grid-01', extra: 1 }, 400, 'invalid'],
    [{ kind: 'drain', subject: 'post11' }, 404, 'unknown'],
    [{ kind: 'cordon', subject: 'grid-01' }, 404, 'unknown'],
    [{ kind: 'approve', subject: 'nothing' }, 404, 'unknown'],
    [{ kind: 'hold', subject: 'x'.repeat(300) }, 400, 'invalid'],
  ])('refuses %j with %i %s and writes nothing', async (payload, code, word) => {
    const at = await scene('control');
    expect(await wish(at, payload)).toMatchObject({ code, body: { error: { code: word } } });
    expect(await at.journal.requests(0)).toEqual([]);
    expect(at.nudged).toBe(0);
  });

  it('bounds a body and refuses one that is no JSON', async () => {
    const at = await scene('control');
    expect((await wish(at, { kind: 'freeze', why: 'x'.repeat(20_000) })).body.error.code).toBe('too-large');
    const raw = await at.api.inject({ method: 'POST', url: '/api/v1/requests', payload: '{', headers: { 'content-type': 'application/json' } });
    expect(raw.json().error.code).toBe('invalid');
  });

  it('says so when the journal cannot be written', async () => {
    const at = await scene('control');
    await at.journal.close();
    expect(await wish(at, { kind: 'freeze' })).toMatchObject({ code: 503, body: { error: { code: 'journal-failed' } } });
  });

  it('reloads, and tells the differences or every problem', async () => {
    const fine = await scene('control');
    expect((await fine.api.inject({ method: 'POST', url: '/api/v1/reload' })).json()).toEqual({ differences: ['interval tick 10 s -> 5 s'] });
    const broken = await scene('control', { reload: async () => ({ ok: false, problems: ['a', 'b'], differences: [] }) });
    const answer = await broken.api.inject({ method: 'POST', url: '/api/v1/reload' });
    expect([answer.statusCode, answer.json().error]).toEqual([422, expect.objectContaining({ code: 'reload-refused', details: ['a', 'b'] })]);
  });
});
