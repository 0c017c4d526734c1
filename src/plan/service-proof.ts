import { runs } from '../model/host.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { HostView, MachineView } from '../model/world.js';
import { type Context, machineRef } from './step.js';

/** How many polls of its host must have failed before its controller's word counts: one lost answer is no silence. */
const polls = 2;

/** How long the host has been silent, ms; 0 while it answers. */
const silentMs = ({ reading }: HostView, now: number): number => (reading.silentSince === undefined ? 0 : Math.max(0, now - reading.silentSince));

/** Its controller says that it is off, and was asked when the host had been silent for a poll. */
export function isCut({ reading, meter }: HostView, { world, policy, now }: Context): boolean {
  if (reading.silentSince === undefined || meter === undefined || !isHeard(meter) || meter.value.on) return false;
  const { hostPollMs } = policy.intervals;
  return now - reading.silentSince >= polls * hostPollMs && meter.askedAt >= Math.max(reading.silentSince + hostPollMs, world.clockJumpAt ?? 0);
}

/**
 * Proof that a permanent machine no longer runs although its host is silent: the host's power is seen to be gone, or a
 * person has said so. Silence by itself proves nothing: the host may run on behind a broken cable, and its disk with it.
 * (A host that answers needs no proof: it shows what runs on it, after whatever boot.)
 */
export function provedDead(context: Context, { row }: MachineView): Reason | undefined {
  const host = context.world.hosts.get(row.host);
  if (host !== undefined && host.reading.silentSince === undefined) return undefined;
  const dead = (proof: string): Reason => because('service-host-dead', { host: row.host, proof }, [...machineRef(row), `host:${row.host}`]);
  if (row.buried !== undefined) return dead(`${row.buried.by} says so (${row.buried.why})`);
  return host !== undefined && isCut(host, context) ? dead('it is silent, and its controller says that it is off') : undefined;
}

/** Why nothing happens to a machine on a silent host, and what would prove it dead. */
export function unproved({ world, now }: Context, { row }: MachineView): Reason {
  const host = world.hosts.get(row.host);
  const bury = `If it is, say so: domus bury ${row.seat}`;
  const meter = host?.meter;
  const says =
    meter === undefined
      ? 'It has no controller that could tell.'
      : isHeard(meter)
        ? `Its controller says ${meter.value.on ? 'on' : 'off'}.`
        : 'Its controller does not answer.';
  const args = { host: row.host, silentMs: host === undefined ? 0 : silentMs(host, now), proof: `${says} ${bury}` };
  return because('service-host-silent', args, [...machineRef(row), `host:${row.host}`]);
}

/** Another guest that has the disk open, on any host that answers. */
export function openIn({ world }: Context, disk: string, uuid: string): Reason | undefined {
  for (const { spec, reading } of world.hosts.values()) {
    if (!isHeard(reading)) continue;
    const guest = reading.value.guests.find((each) => each.uuid !== uuid && each.disks.includes(disk));
    if (guest !== undefined) return because('service-disk-open', { guest: guest.name, host: spec.name, disk }, [`host:${spec.name}`]);
  }
  return undefined;
}

/** The host on which the guest runs (a copy that a failed move left stands still), where it is not the one that its row names: somebody has moved it by hand. */
export function shownBy({ world }: Context, { row }: MachineView): string | undefined {
  for (const { spec, reading } of world.hosts.values())
    if (spec.name !== row.host && isHeard(reading) && reading.value.guests.some((guest) => guest.uuid === row.uuid && runs(guest))) return spec.name;
  return undefined;
}
