import { describe, expect, it } from 'vitest';
import { type Given, given } from '../given.js';

const lab = (wish = {}): Given => given().env('grid', wish).host('post1').host('post2').seats('grid', 2);
/** What the first group of waiting jobs is told. */
const told = (world: Given): readonly string[] => world.decide().said(`group:${world.groups[0]?.key}`);

describe('What waiting jobs are told', () => {
  it('how many of those alike are provided for, and what the others wait for', () => {
    expect(told(lab().waits('grid', { count: 9, slots: 4 }))).toEqual([
      '2 of 9 jobs like it are provided for, the oldest first; the others: all 2 seat(s) of grid are taken',
    ]);
  });

  it('a maximum that is written is named as such', () => {
    expect(told(lab({ max: 1 }).waits('grid', { count: 2, slots: 4 }))[0]).toContain('has its maximum of 1 machine(s)');
  });

  it('in watch mode, which machine would be started', () => {
    expect(told(lab({ mode: 'watch' }).waits('grid'))).toEqual(['watch mode: a machine on seat grid-01 would be started for it']);
  });

  it('in advise mode, what to approve, and no more once it is approved', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    expect(told(world)).toEqual(['advise mode: waits for a person (domus approve start-grid-grid-01)']);
    world.change(...world.decide().changes);
    for (const row of world.rows.proposals.values()) world.change({ table: 'proposals', key: row.id, row: { ...row, approvedBy: 'eve' } });
    expect(told(world)).toEqual(['machine grid-01 is wanted for it']);
  });

  it('of a freeze, who froze', () => {
    expect(
      told(
        lab()
          .waits('grid')
          .change({ table: 'freeze', key: 'freeze', row: { by: 'eve', why: 'lunch', at: 1 } }),
      ),
    ).toEqual(['frozen by eve: lunch']);
  });

  it('an environment whose batch server is silent is not called calm', () => {
    expect(lab().batchSilent().decide().said('environment:grid')[0]).toContain('torque is silent');
  });
});
