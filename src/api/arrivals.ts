import type { MachinePhase } from '../model/machine.js';
import { oncePer } from '../model/once.js';
import type { MachineView, World } from '../model/world.js';

const coming: ReadonlySet<MachinePhase> = new Set(['wanted', 'preparing', 'booting', 'joining']);

/** From wanted to ready, of the machines that are there and of the last ones of the other seats, by environment, ms: half were faster. */
const usual = oncePer((world: World): ReadonlyMap<string, number> => {
  const took = new Map<string, number[]>();
  for (const { seat, machine } of world.seats.values()) {
    const { wantedAt, readyAt } = machine?.row ?? {};
    const ms = wantedAt !== undefined && readyAt !== undefined ? readyAt - wantedAt : world.rows.generations.get(seat.name)?.readyMs;
    if (ms === undefined || ms < 0) continue;
    const known = took.get(seat.environment);
    if (known === undefined) took.set(seat.environment, [ms]);
    else known.push(ms);
  }
  return new Map([...took].map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0]));
});

/** How long a machine of that environment usually takes until it is ready, ms; undefined where none was ever seen to come. */
export const usualReadyMs = (world: World, environment: string): number | undefined => usual(world).get(environment);

/** When a machine that comes is expected to be ready, epoch ms; undefined for any other, and where nothing was learnt. */
export function expectedAt(world: World, { row, phase }: MachineView): number | undefined {
  const ms = coming.has(phase) && row.goal.kind === 'serve' ? usualReadyMs(world, row.environment) : undefined;
  return ms === undefined ? undefined : Math.round(row.wantedAt + ms);
}
