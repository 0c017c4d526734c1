import { describe, expect, it } from 'vitest';
import type { SeatView } from '../../src/model/world.js';
import { type Given, given, now } from '../given.js';

/** One job, one seat, and the seat's node in these states. */
function seatIn(...states: readonly string[]): Given {
  const world = given().env('grid').host('post1').seats('grid', 1).waits('grid');
  const node = { name: 'grid-01', states, np: 8, properties: ['grid'], jobs: [], momJobs: [], note: 'domus: at rest' };
  const seats = new Map([...world.world(now).seats].map(([name, view]): [string, SeatView] => [name, { ...view, node }]));
  return world.extra({ seats });
}

describe('A seat', () => {
  it('at rest gets a machine', () => {
    expect(seatIn('down', 'offline').decide().decisions).toMatchObject([{ kind: 'start', seat: 'grid-01' }]);
  });

  it.each([['down'], ['free']])('whose node is %s and not offline gets none: its guest would be given jobs while it boots', (state) => {
    const outcome = seatIn(state).decide();
    expect(outcome.decisions).toEqual([]);
    expect(outcome.said('environment:grid')).toContain('seat grid-01 goes to rest with np 8');
  });

  it('is planned for in watch mode all the same', () => {
    expect(seatIn('down').with({ mode: 'watch' }).decide().recorded.length).toBe(1);
  });
});
