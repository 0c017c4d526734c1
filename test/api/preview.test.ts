import { describe, expect, it } from 'vitest';
import { scene } from './scene.js';
import { bearer, call } from './visitor.js';

const preview = async (payload: object, door: 'control' | 'port' = 'control') => {
  const at = await scene(door);
  const answer = await call(
    at,
    'POST',
    '/requests/preview',
    door === 'port' ? bearer(at, { role: 'operator', environments: ['grid'] }) : { 'x-domus-identity': 'root' },
    payload,
  );
  return { at, ...answer };
};

describe('what a wish would do', () => {
  it('is told with the jobs that it touches, and nothing is wished', async () => {
    const { at, status, body } = await preview({ kind: 'drain', subject: 'grid-01', why: 'x' });
    expect(status).toBe(200);
    expect(body).toEqual({
      state: 'done',
      text: 'grid-01.example.org#1 takes no new jobs and leaves when its last one has ended',
      touches: [
        { subject: 'machine:grid-01.example.org#1', text: 'takes no new jobs, leaves when its job has ended', jobs: [{ id: '11.srv', owner: 'anna' }] },
      ],
    });
    expect(await at.journal.requests(0)).toEqual([]);
    expect(at.nudged).toBe(0);
  });

  it('tells all machines of a host, what a freeze holds back, and what a proposal would start', async () => {
    const { body: cordon } = await preview({ kind: 'cordon', subject: 'post12', drain: true });
    expect(cordon['touches']).toEqual([{ subject: 'machine:grid-02.example.org#4', text: 'has no job: leaves at once', jobs: [] }]);
    const { body: freeze } = await preview({ kind: 'freeze' });
    expect(freeze['touches']).toEqual([{ subject: 'deed:op-77', text: 'cycle is under way and ends', jobs: [] }]);
    const { body: approve } = await preview({ kind: 'approve', subject: 'start-bio-bio-01' });
    expect(approve['touches']).toEqual([{ subject: 'environment:bio', text: 'job 13.srv waits in queue bio', jobs: [] }]);
  });

  it('tells what a share, a burial, a switch and a forgotten stray would do', async () => {
    const { body: share } = await preview({ kind: 'share', subject: 'bio', share: 0.5 });
    expect(share['touches']).toEqual([
      { subject: 'environment:grid', text: expect.stringMatching(/^keeps its guaranteed 0 of the \d+ cores/), jobs: [] },
      { subject: 'environment:bio', text: expect.stringMatching(/^is guaranteed [1-9]\d* \(now 0\) of the \d+ cores of its pools$/), jobs: [] },
    ]);
    expect((await preview({ kind: 'share', subject: 'bio', share: 0.6 })).body).toMatchObject({
      state: 'refused',
      text: expect.stringContaining('0 % to 50 %'),
    });
    expect((await preview({ kind: 'share', subject: 'bio' })).code).toBe('invalid');
    expect((await preview({ kind: 'drain', subject: 'grid-01', share: 0.1 })).code).toBe('invalid');
    expect((await preview({ kind: 'hold', subject: 'grid-01', forMs: 60_000 })).code).toBe('invalid');
    expect((await preview({ kind: 'hold', subject: 'grid-01', to: 'post12' })).code).toBe('invalid');
    expect((await preview({ kind: 'move', subject: 'grid-01', to: 'post99' })).code).toBe('unknown');
    expect((await preview({ kind: 'move', subject: 'grid-01', to: 'post12' })).body).toMatchObject({ state: 'refused', touches: [] });
    const { body: forget } = await preview({ kind: 'forget', subject: 'old-vm' });
    expect(forget['touches']).toEqual([{ subject: 'stray:guest:post12/old-vm', text: 'stays on post12 as it is, and is not reported any more', jobs: [] }]);
    expect((await preview({ kind: 'uncordon', subject: 'post12' })).body['touches']).toEqual([
      { subject: 'host:post12', text: 'may get machines again', jobs: [] },
    ]);
  });

  it('tells the refusal that would come, and who may not wish is told that', async () => {
    expect((await preview({ kind: 'thaw' })).body).toEqual({ state: 'refused', text: expect.stringContaining('not frozen'), touches: [] });
    expect((await preview({ kind: 'uncordon', subject: 'post11' })).body).toMatchObject({ state: 'refused' });
    expect((await preview({ kind: 'cordon', subject: 'post11' }, 'port')).code).toBe('forbidden');
    expect((await preview({ kind: 'hold', subject: 'grid-01' }, 'port')).body).toMatchObject({ state: 'done' });
  });
});
