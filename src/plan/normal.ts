import type { Policy } from '../model/policy.js';
import { sentence } from '../model/reason.js';
import type { RequestKind } from '../model/rows.js';
import type { HostView, MachineView, World } from '../model/world.js';
import { powersCordon } from './power-memory.js';

/** One wish that brings a host nearer to how the configuration has it. */
export interface NormalStep {
  readonly host: string;
  readonly kind: Extract<RequestKind, 'uncordon' | 'wake'>;
  readonly subject: string;
  /** What is not normal, and what the wish does. */
  readonly now: string;
  readonly will: string;
}

/** What is not normal either, and nobody's wish can change, or should without a word of its own. */
export interface NormalRest {
  readonly subject: string;
  readonly why: string;
}

export interface Normal {
  readonly steps: readonly NormalStep[];
  readonly rest: readonly NormalRest[];
}

/**
 * What would bring hosts back to how the configuration has them: people's standing orders are taken back (cordons, hosts
 * wanted off), hosts that were given up are tried again, and where nobody switches hosts by himself, those that are off
 * are switched on. What else stands out is told and left. Pure; nothing is done by this.
 */
export function towardsNormal(world: World, policy: Policy, hosts: (name: string, pool: string) => boolean): Normal {
  const steps: NormalStep[] = [];
  const rest: NormalRest[] = [];
  for (const view of world.hosts.values()) {
    if (!hosts(view.spec.name, view.spec.pool)) continue;
    steps.push(...ordersOn(view, world, policy));
    rest.push(...restOf(view, world, policy));
  }
  return { steps, rest };
}

function ordersOn(view: HostView, { rows }: World, policy: Policy): readonly NormalStep[] {
  const { name: host } = view.spec;
  const steps: NormalStep[] = [];
  const cordon = rows.cordons.get(host);
  if (cordon !== undefined && cordon.by !== powersCordon)
    steps.push({
      ...{ host, kind: 'uncordon', subject: host },
      now: `${cordon.drain ? 'drained' : 'cordoned'} by ${cordon.by}: ${cordon.why}`,
      will: 'may get machines again',
    });
  const wakes = whyWake(view, policy);
  if (wakes !== undefined) steps.push({ ...{ host, kind: 'wake', subject: host }, ...wakes });
  return steps;
}

function whyWake({ power, spec }: HostView, policy: Policy): Pick<NormalStep, 'now' | 'will'> | undefined {
  if (power === undefined || spec.power === undefined || policy.power === undefined) return undefined;
  const { wishedOff, failing, state } = power;
  if (wishedOff !== undefined && state !== 'sleeping')
    return { now: `${wishedOff.by} wants it off: ${wishedOff.why}`, will: state === 'on' ? 'stays on, and gets machines again' : 'is switched on' };
  if (failing !== undefined && state === 'off') return { now: `was given up: ${failing}`, will: 'is tried again now' };
  return state === 'off' && !policy.power.manage ? { now: 'is off, and power.manage is off', will: 'is switched on' } : undefined;
}

function restOf(view: HostView, world: World, policy: Policy): readonly NormalRest[] {
  const { name } = view.spec;
  const subject = `host:${name}`;
  const rest: NormalRest[] = [];
  const { reading, power } = view;
  if (reading.silentSince !== undefined && (power === undefined || power.state === 'on'))
    rest.push({ subject, why: `is silent: ${reading.cause ?? 'no answer'}` });
  if (power?.state === 'sleeping' && power.wishedOff !== undefined) rest.push({ subject, why: 'is being switched off: ask again when it is off' });
  const breaker = world.rows.breakers.get(subject);
  if (breaker !== undefined && breaker.openUntil > 0)
    rest.push({ subject, why: `is paused after ${breaker.failures} failure(s), and tried again by itself: ${breaker.why}` });
  if (view.blocked?.code === 'host-fenced' || view.blocked?.code === 'host-store-hung') rest.push({ subject, why: sentence(view.blocked) });
  return [...rest, ...view.machines.flatMap((machine) => restOfMachine(machine, policy))];
}

/** Of machines only what a person has ordered, and who is not at home. */
function restOfMachine({ row }: MachineView, policy: Policy): readonly NormalRest[] {
  const subject = `machine:${row.id}`;
  const home = row.kind === 'service' ? policy.services?.[row.seat]?.home : undefined;
  return [
    ...(row.held === undefined ? [] : [{ subject, why: `is held by ${row.held.by} (${row.held.why}): "domus release ${row.id}" lets it go` }]),
    ...(home === undefined || home === row.host ? [] : [{ subject, why: `is on ${row.host}, its home is ${home}` }]),
  ];
}
