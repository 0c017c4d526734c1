import type { Fence } from '../model/fence.js';
import { mayAct } from '../model/fence.js';
import type { Guest, HostSnapshot, HostSpec } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import { isHeard, type Reading } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Cordon, Rows } from '../model/rows.js';
import type { Size } from '../model/size.js';
import type { HostView, MachineView } from '../model/world.js';

interface Context {
  readonly policy: Policy;
  readonly rows: Rows;
  readonly fence: Fence;
}

/** What a machine's row and guest claim together: the larger of what it has, was told to have and shall have. Released only when its guest is proved gone. */
export function claimOf(machine: MachineView, overheadMiB: number): Size {
  const { row, guest } = machine;
  if (row.guestGoneAt !== undefined) return { cores: 0, memoryMiB: 0 };
  const goal = row.goal.kind === 'serve' ? row.goal.size : row.size;
  return {
    cores: Math.max(row.size.cores, goal.cores, guest?.vcpus ?? 0),
    memoryMiB: Math.max(row.size.memoryMiB, goal.memoryMiB, guest?.memoryMiB ?? 0, guest?.targetMiB ?? 0) + overheadMiB,
  };
}

/** What a guest that is none of our machines takes. */
const foreignClaim = (guest: Guest, overheadMiB: number): Size => ({ cores: guest.vcpus, memoryMiB: Math.max(guest.memoryMiB, guest.targetMiB) + overheadMiB });

function freeOf(spec: HostSpec, reading: Reading<HostSnapshot>, machines: readonly MachineView[], overheadMiB: number): Size {
  const owned = new Set(machines.map((machine) => machine.row.uuid));
  const claims = [
    ...machines.map((machine) => claimOf(machine, overheadMiB)),
    ...(reading.value?.guests ?? []).filter((guest) => !owned.has(guest.uuid)).map((guest) => foreignClaim(guest, overheadMiB)),
  ];
  const cores = Math.min(spec.cores, reading.value?.cores ?? spec.cores) - spec.reserve.cores;
  const memoryMiB = Math.min(spec.memoryMiB, reading.value?.memoryMiB ?? spec.memoryMiB) - spec.reserve.memoryMiB;
  return {
    cores: Math.max(0, cores - claims.reduce((sum, claim) => sum + claim.cores, 0)),
    memoryMiB: Math.max(0, memoryMiB - claims.reduce((sum, claim) => sum + claim.memoryMiB, 0)),
  };
}

function blockedBy(spec: HostSpec, reading: Reading<HostSnapshot>, cordon: Cordon | undefined, fence: Fence): Reason | undefined {
  const ref = [`host:${spec.name}`];
  if (reading.silentSince !== undefined) return because('host-silent', { since: reading.silentSince, cause: reading.cause ?? 'unknown' }, ref);
  if (!isHeard(reading)) return because('wait-unread', { source: spec.name }, ref);
  const holder = reading.value.fence;
  if (holder !== undefined && !mayAct(holder, fence)) {
    return because('host-fenced', { deployment: holder.deployment, epoch: holder.epoch, journal: holder.journal }, ref);
  }
  if (reading.value.storeHung) return because('host-store-hung', {}, ref);
  // last: a cordon forbids new machines only, the others forbid every deed
  return cordon && because('host-cordoned', { who: cordon.by, why: cordon.why }, ref);
}

export function viewHost(spec: HostSpec, reading: Reading<HostSnapshot>, machines: readonly MachineView[], { policy, rows, fence }: Context): HostView {
  const blocked = blockedBy(spec, reading, rows.cordons.get(spec.name), fence);
  return { spec, reading, machines, free: freeOf(spec, reading, machines, policy.guestOverheadMiB), ...(blocked === undefined ? {} : { blocked }) };
}
