import { describe, expect, it } from 'vitest';
import { type Given, given, minute } from '../given.js';

const procs = (count: number) => ({ places: [{ count, slots: 1, properties: [], anywhere: true as const }] });

/**
 * Two hosts of four cores. `bio` has them all: one job on the four machines of post1, four jobs on those of post2; younger
 * ones wait in it.
 */
const mixed = (wideOn: readonly string[] = ['bio-01', 'bio-02', 'bio-03', 'bio-04']): Given =>
  ['bio-01', 'bio-02', 'bio-03', 'bio-04', 'bio-05', 'bio-06', 'bio-07', 'bio-08'].reduce(
    (g, seat, at) => g.machine(seat, 'ready', { host: at < 4 ? 'post1' : 'post2', jobs: [wideOn.includes(seat) ? 'wide.srv' : `${at}.srv`] }),
    given()
      .env('grid')
      .env('bio')
      .host('post1')
      .host('post2')
      .seats('grid', 8)
      .seats('bio', 8)
      .waits('bio', { count: 9, waitedMs: 2 * minute }),
  );
const heldIn = (world: Given): readonly string[] => [...world.decide().holds.keys()].map((id) => id.slice(0, 6));

describe('A wide job that others owe its slots', () => {
  it('waits for one job that is as wide: only its machines take no new jobs', () => {
    expect(heldIn(mixed().waits('grid', { waitedMs: 60 * minute, ...procs(4) }))).toEqual(['bio-01', 'bio-02', 'bio-03', 'bio-04']);
  });

  it('waits for no block where it may start no machine, nor for one that nobody hears', () => {
    const elsewhere = mixed()
      .env('grid', { pools: ['other'] })
      .host('post3', { pool: 'other', cores: 2 })
      .waits('grid', { waitedMs: 60 * minute, ...procs(4) });
    expect(elsewhere.decide().codes('group:grid-g1')).not.toContain('wait-block');
    expect(elsewhere.decide().decisions.map((d) => `${d.kind} ${'host' in d ? d.host : ''}`)).toContain('start post3');
    const silent = mixed();
    for (const at of [1, 2, 3, 4]) silent.machine(`bio-0${at}`, 'ready', { host: 'post1', jobs: ['wide.srv'], nodeHeard: false });
    expect(heldIn(silent.waits('grid', { waitedMs: 60 * minute, ...procs(4) }))).toEqual(['bio-05', 'bio-06', 'bio-07', 'bio-08']);
  });

  it('takes whatever falls free when it has waited an hour for each slot: the block may last for weeks', () => {
    expect(heldIn(mixed().waits('grid', { waitedMs: 4 * 60 * minute, ...procs(4) }))).toHaveLength(4);
    expect(heldIn(mixed().waits('grid', { waitedMs: 4 * 60 * minute + 1, ...procs(4) }))).toHaveLength(8);
  });

  it('takes them one by one where nothing as wide runs', () => {
    expect(heldIn(mixed(['bio-01', 'bio-02']).waits('grid', { waitedMs: 60 * minute, ...procs(4) }))).toHaveLength(8);
  });

  it('waits for a job of its own environment that is as wide as what it lacks, says which, and gives what it has to whoever is owed more', () => {
    const world = given()
      .env('grid')
      .env('bio')
      .host('post1')
      .host('post2', { cores: 2 })
      .seats('grid', 8)
      .seats('bio', 8)
      .machine('grid-05', 'ready', { host: 'post2' })
      .machine('grid-06', 'ready', { host: 'post2' })
      .waits('grid', { waitedMs: 60 * minute, job: 'head.srv', ...procs(4) })
      .waits('bio', { waitedMs: 38 * minute });
    for (const seat of ['grid-01', 'grid-02', 'grid-03', 'grid-04']) world.machine(seat, 'ready', { jobs: [seat < 'grid-03' ? 'wide.srv' : `${seat}.srv`] });
    const { decisions, said } = world.decide();
    expect(said('group:grid-g0')).toEqual(['waits for the end of job wide.srv, which frees the 2 slots that it lacks at once']);
    expect(decisions.map((d) => d.kind)).toEqual(['drain']);
  });
});
