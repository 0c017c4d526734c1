import { altered } from '../model/altered.js';
import type { Machine } from '../model/machine.js';
import { because } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { type Context, hostAskedAfter, machineRef, rowChange, type Step } from './step.js';

/**
 * A core that was added is a core when the guest itself uses it (udev's rule in `rootfs/` brings it up), which its host
 * sees: until then its node stays offline, for a job that starts a moment earlier counts the cores that it finds and goes
 * on with those. A guest that has not done so within the limit of a resize never will: it is taken for as large as it is,
 * and not made larger again. Undefined: nothing to wait for.
 */
export function awaitCores(context: Context, machine: MachineView): Step | undefined {
  const { row, guest } = machine;
  if (row.sizedAt === undefined || guest === undefined || (row.admittedAt ?? 0) > row.sizedAt) return undefined;
  const isSeen = hostAskedAfter(context, machine, row.sizedAt);
  if (isSeen && guest.vcpus >= row.size.cores) return undefined;
  const isLate = isSeen && context.now - row.sizedAt > context.policy.intervals.resizeLimitMs;
  const reason = because(isLate ? 'step-cores-unused' : 'step-cores', { cores: row.size.cores, used: guest.vcpus }, machineRef(row));
  return isLate ? { reason, changes: [rowChange(withCores(row, Math.max(1, guest.vcpus)))] } : { reason };
}

function withCores(row: Machine, cores: number): Machine {
  const size = { ...row.size, cores };
  return altered<Machine>(row, { size, maxSize: { ...row.maxSize, cores }, goal: row.goal.kind === 'serve' ? { kind: 'serve', size } : row.goal });
}
