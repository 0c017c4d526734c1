import { type BatchNode, isDown } from '../model/batch.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import type { MachineView, World } from '../model/world.js';

interface Look {
  readonly world: World;
  readonly policy: Policy;
  readonly now: number;
}

const newestReport = oncePer((nodes: readonly BatchNode[]): number => {
  let latest = 0;
  for (const { reportedAt } of nodes) if (reportedAt !== undefined && reportedAt > latest) latest = reportedAt;
  return latest;
});

/** How long its mom has been silent, ms, on the server's own clock (newest report of any node), but never longer than it has been ready. */
export function silentFor({ world, now }: Pick<Look, 'world' | 'now'>, machine: MachineView): number {
  const nodes = world.sources.get(machine.seat?.source ?? '')?.reading.value?.nodes;
  const newest = nodes === undefined ? 0 : newestReport(nodes);
  const ready = now - (machine.row.readyAt ?? now);
  const reportedAt = machine.node?.reportedAt;
  return reportedAt === undefined || newest <= reportedAt ? (reportedAt === undefined ? ready : 0) : Math.min(ready, newest - reportedAt);
}

/** A current reading shows that nobody hears its mom: the server calls the node down, or others have reported for so long without it. */
export function isUnheard(look: Look, machine: MachineView): boolean {
  const { node, nodeHeard } = machine;
  if (node === undefined || !nodeHeard) return false;
  return isDown(node) || silentFor(look, machine) > look.policy.intervals.momSilentMs;
}

/** A person has said that the jobs which only its silent mom and the server speak of are gone; a mom that is heard again speaks for itself. */
export const isBuried = (look: Look, machine: MachineView): boolean => machine.row.buried !== undefined && isUnheard(look, machine);
