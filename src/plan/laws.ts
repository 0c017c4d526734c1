import type { Deed } from '../model/action.js';
import { isOffline } from '../model/batch.js';
import type { Decision } from '../model/decision.js';
import { isAlive } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import type { Plan } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import type { ReasonCode } from '../model/reason.js';
import type { MachineView, World } from '../model/world.js';
import { isBroken } from './capacity.js';
import { isPersons } from './offline.js';
import { machineRef } from './step.js';

/** What a law looks at: a world, and what was planned for it. */
interface Case {
  readonly world: World;
  readonly policy: Policy;
  readonly now: number;
  readonly plan: Plan;
}

/** A sentence for the first thing in a plan that breaks the law. */
type Law = (seen: Case) => string | undefined;

/** The first of many that is found. */
function first<T>(among: Iterable<T>, look: (each: T, place: number) => string | undefined): string | undefined {
  let place = 0;
  for (const each of among) {
    const found = look(each, place++);
    if (found !== undefined) return found;
  }
  return undefined;
}

const decided = ({ plan }: Case): readonly Decision[] => [...plan.decisions, ...plan.recorded];
type Start = Extract<Decision, { kind: 'start' }>;
const startsOf = (seen: Case): readonly Start[] => decided(seen).flatMap((decision) => (decision.kind === 'start' && !decision.service ? [decision] : []));

const touching: ReadonlySet<Deed['verb']> = new Set(['shutdown-guest', 'destroy-guest', 'resize-guest', 'migrate-guest', 'save-guest']);
const movesBusy = (deed: Deed, { environment }: MachineView): boolean => deed.verb === 'migrate-guest' && environment?.moves === 'busy';

/** A guest that may run jobs is touched only when its node is proved offline and jobless, by readings asked after the proof. */
const touchesOnlyJobless: Law = ({ world, plan }) =>
  first(plan.deeds, (deed) => {
    const view = touching.has(deed.verb) && 'machine' in deed ? world.machines.get(deed.machine ?? '') : undefined;
    const why = view === undefined || view.row.kind === 'service' || movesBusy(deed, view) ? undefined : mayRunJobs(world, view);
    return why === undefined ? undefined : `${deed.verb} of ${view?.row.id}: ${why}`;
  });

function mayRunJobs(world: World, view: MachineView): string | undefined {
  const { row, guest, node, jobs, withheld } = view;
  if (guest === undefined || !isAlive(guest) || row.readyAt === undefined || row.buried !== undefined) return undefined;
  if (jobs.length > 0) return `jobs are on it (${jobs.slice(0, 3).join(', ')})`;
  if (node === undefined || !isOffline(node)) return 'its node is not offline';
  if (isPersons(view)) return undefined;
  const askedAt = world.sources.get(view.seat?.source ?? '')?.reading.askedAt ?? 0;
  return withheld?.confirmedAt === undefined || askedAt <= withheld.confirmedAt ? 'no reading was asked after its node was proved offline' : undefined;
}

const forRoom: ReadonlySet<ReasonCode> = new Set(['drain-idle', 'drain-surplus', 'drain-share', 'drain-replace', 'resize-for-job']);

/** For want of room or of demand no machine goes or is resized that is busy, held, or not heard of. */
const takesOnlyIdle: Law = (seen) =>
  first(decided(seen), (decision) => {
    if ((decision.kind !== 'drain' && decision.kind !== 'resize') || !forRoom.has(decision.reason.code)) return undefined;
    const view = seen.world.machines.get(decision.machine);
    const of = `${decision.kind} of ${decision.machine}`;
    if (view === undefined) return `${of}: there is no such machine`;
    if (view.jobs.length > 0) return `${of}: jobs are on it`;
    if (view.row.held !== undefined) return `${of}: it is held`;
    return view.nodeHeard && view.hostHeard ? undefined : `${of}: its node or its host is silent`;
  });

/** A machine is moved only as its environment allows, while it is nobody else's, and to a host that may be used. */
const movesOnlyMovable: Law = (seen) =>
  first(decided(seen), (decision) => {
    if (decision.kind !== 'move') return undefined;
    const view = seen.world.machines.get(decision.machine);
    const why = view === undefined ? 'there is no such machine' : (fixed(view) ?? unusable(seen.world, view.row.host, decision.to));
    return why === undefined ? undefined : `move of ${decision.machine} to ${decision.to}: ${why}`;
  });

function fixed({ row, jobs, environment }: MachineView): string | undefined {
  if (row.held !== undefined || row.moving !== undefined) return 'it is held, or moves already';
  const moves = environment?.moves ?? 'idle';
  return moves === 'never' || (jobs.length > 0 && moves !== 'busy') ? 'its environment does not allow it' : undefined;
}

function unusable({ hosts }: World, from: string, to: string): string | undefined {
  const view = hosts.get(to);
  return view === undefined || view.blocked !== undefined || from === to ? 'that host may not be used' : undefined;
}

/** While a batch server is silent nothing is started for its jobs. */
const startsOnlyForHeard: Law = (seen) =>
  first(startsOf(seen), ({ environment, seat }) => {
    const source = seen.policy.environments[environment]?.serves.source ?? '?';
    const reading = seen.world.sources.get(source)?.reading;
    return reading !== undefined && isHeard(reading) ? undefined : `${seat} starts for ${environment}, whose batch server ${source} is silent`;
  });

/** Nothing is made of which no row tells, in the journal or in the commit of the deed's own intent. */
const rowsFirst: Law = ({ world, plan }) =>
  first(plan.deeds, (deed) => {
    if ((deed.verb !== 'create-overlay' && deed.verb !== 'create-guest') || deed.machine === undefined) return undefined;
    const written =
      world.rows.machines.has(deed.machine) || plan.changes.some(({ table, key, row }) => table === 'machines' && key === deed.machine && row !== null);
    return written ? undefined : `${deed.verb} of ${deed.machine} before its row`;
  });

/** What is decided for a host fits into what is free there. */
const claimsFit: Law = (seen) => {
  const claims = new Map<string, { cores: number; memoryMiB: number }>();
  const claim = (host: string, cores: number, memoryMiB: number): void => {
    const sum = claims.get(host) ?? { cores: 0, memoryMiB: 0 };
    claims.set(host, { cores: sum.cores + cores, memoryMiB: sum.memoryMiB + memoryMiB });
  };
  for (const decision of decided(seen)) {
    if (decision.kind === 'start') claim(decision.host, decision.size.cores, decision.size.memoryMiB + seen.policy.guestOverheadMiB);
    const moved = decision.kind === 'move' ? seen.world.machines.get(decision.machine)?.row : undefined;
    if (decision.kind === 'move' && moved !== undefined) claim(decision.to, moved.size.cores, moved.size.memoryMiB + seen.policy.guestOverheadMiB);
    const row = decision.kind === 'resize' ? seen.world.machines.get(decision.machine)?.row : undefined;
    if (decision.kind === 'resize' && row !== undefined) claim(row.host, decision.size.cores - row.size.cores, decision.size.memoryMiB - row.size.memoryMiB);
  }
  return first(claims, ([host, { cores, memoryMiB }]) => {
    const free = seen.world.hosts.get(host)?.free ?? { cores: 0, memoryMiB: 0 };
    return cores <= free.cores && memoryMiB <= free.memoryMiB
      ? undefined
      : `${cores} cores and ${memoryMiB} MiB are claimed on ${host}, which has ${free.cores} and ${free.memoryMiB}`;
  });
};

/** A seat is taken once, by one that was free. */
const seatsOnce: Law = (seen) => {
  const taken = new Set<string>();
  return first(startsOf(seen), ({ seat }) => {
    if (taken.has(seat)) return `${seat} is taken twice`;
    taken.add(seat);
    const view = seen.world.seats.get(seat);
    return view !== undefined && view.machine === undefined && view.blocked === undefined ? undefined : `${seat} is taken, and was not free`;
  });
};

/** Machines of an environment and in all, and starts within the hour, stay within their bounds. */
const withinBounds: Law = (seen) => {
  const starts = startsOf(seen);
  if (starts.length === 0) return undefined;
  const { world, policy, now } = seen;
  const fresh = new Map<string, number>();
  for (const { environment } of starts) fresh.set(environment, (fresh.get(environment) ?? 0) + 1);
  const live = new Map<string, number>();
  for (const view of world.machines.values()) {
    if (!isBroken(view) && view.row.guestGoneAt === undefined) live.set(view.row.environment, (live.get(view.row.environment) ?? 0) + 1);
  }
  return first(fresh, ([name, count]) => {
    const { max } = policy.environments[name] ?? { max: 0 };
    const there = live.get(name) ?? 0;
    if (there + count > max) return `${name} would have ${there + count} machines, and may have ${max}`;
    const lately = (world.rows.starts.get(name) ?? []).filter((at) => at > now - 3_600_000).length;
    return lately + count <= policy.limits.startsPerHour
      ? undefined
      : `${name} starts ${lately + count} machines in an hour, and may start ${policy.limits.startsPerHour}`;
  });
};

/** One guest at a time is made on a host. */
const oneCreationEach: Law = ({ world, plan }) => {
  const creating = new Set<string>();
  for (const { deed } of world.rows.intents.values())
    if (deed.verb === 'create-guest' && world.hosts.get(deed.host)?.reading.silentSince === undefined) creating.add(deed.host);
  return first(plan.deeds, (deed) => {
    if (deed.verb !== 'create-guest') return undefined;
    if (creating.has(deed.host)) return `a second guest is made on ${deed.host}`;
    creating.add(deed.host);
    return undefined;
  });
};

/** Frozen, or only watching, nothing is done. */
const idleHands: Law = ({ world, policy, plan }) => {
  const [deed] = plan.deeds;
  if (deed === undefined || (policy.mode !== 'watch' && !world.rows.freeze.has('freeze'))) return undefined;
  return `${deed.verb} while ${policy.mode === 'watch' ? 'only watching' : 'frozen'}`;
};

/** A row is closed only when its guest is proved gone. */
const closedWhenGone: Law = ({ world, plan }) =>
  first(plan.changes, (change) => {
    const row = change.table === 'machines' && change.row === null ? world.rows.machines.get(change.key) : undefined;
    return row === undefined || row.guestGoneAt !== undefined ? undefined : `the row of ${row.id} is closed, and its guest was not proved gone`;
  });

/** So many subjects are asked for their reasons at each look, others each time: all would cost as much as they cost to say. */
const asked = 64;

/** Whoever waits, and every machine, has a reason. */
const explained: Law = ({ world, policy, now, plan }) => {
  const turn = Math.floor(now / 1_000);
  const isAsked = (size: number, at: number): boolean => at % Math.ceil(size / asked) === turn % Math.ceil(size / asked);
  const unsaid = (subject: string): string | undefined => ((plan.reasons.get(subject)?.length ?? 0) > 0 ? undefined : `nothing is said of ${subject}`);
  return (
    first(world.groups, ({ key }, place) => (isAsked(world.groups.length, place) ? unsaid(`group:${key}`) : undefined)) ??
    first(world.machines.values(), ({ row }, place) => (isAsked(world.machines.size, place) ? unsaid(machineRef(row)[0]) : undefined)) ??
    first(Object.keys(policy.environments), (name) => unsaid(`environment:${name}`))
  );
};

const laws = {
  'touches-only-jobless': touchesOnlyJobless,
  'takes-only-idle': takesOnlyIdle,
  'moves-only-movable': movesOnlyMovable,
  'starts-only-for-heard': startsOnlyForHeard,
  'rows-first': rowsFirst,
  'seats-once': seatsOnce,
  'claims-fit': claimsFit,
  'within-bounds': withinBounds,
  'one-creation-each': oneCreationEach,
  'idle-hands': idleHands,
  'closed-when-gone': closedWhenGone,
  explained,
} as const satisfies Readonly<Record<string, Law>>;

export type LawName = keyof typeof laws;
export const lawNames = Object.keys(laws) as readonly LawName[];

export interface Breach {
  readonly law: LawName;
  readonly what: string;
}

/** Laws of the planner (docs/architecture.md, invariants) that a plan breaks, each with the first thing that does; looks at what the plan changes, not at all there is. */
export function breaches(world: World, policy: Policy, now: number, plan: Plan): readonly Breach[] {
  const seen = { world, policy, now, plan };
  return lawNames.flatMap((law) => {
    const what = laws[law](seen);
    return what === undefined ? [] : [{ law, what }];
  });
}
