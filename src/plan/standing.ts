import type { Policy } from '../model/policy.js';
import type { Plan } from '../model/present.js';
import { isHeard, type Reading } from '../model/reading.js';
import type { HostView, MachineView, SourceView, World } from '../model/world.js';

/** A plan, and what it was made of. */
export interface Planned {
  readonly world: World;
  readonly policy: Policy;
  readonly plan: Plan;
  /** When, epoch ms. */
  readonly at: number;
  /** No row tells of anything that happened later, epoch ms. */
  readonly rowsUntil: number;
}

/** Rows of a former life may be dated as far ahead of a clock that was set back (`future.ts`), ms. */
const aheadMs = 30_000;

/** `before`: the plan made before this one, of the same life of the daemon. */
export function planned(before: Planned | undefined, made: Omit<Planned, 'rowsUntil'>): Planned {
  const { world, policy, plan, at } = made;
  const rowsUntil = before?.world.rows === world.rows ? before.rowsUntil : Math.max(at, world.life.startedAt + aheadMs);
  return { world, policy, plan, at, rowsUntil };
}

/**
 * Would a plan for `world`, made `now`, decide nothing, as the last did? So it is where nothing was due since, no row was
 * written, nobody waits (who is owed more depends on the time), and sources have only said again what they had said. That
 * they were asked later tells nothing either: all that the rows know had happened before they were asked the last time.
 */
export function stillStands(last: Planned, world: World, policy: Policy, now: number): boolean {
  const { plan, at } = last;
  if (now < at || now >= plan.due || policy !== last.policy) return false;
  if (plan.changes.length > 0 || plan.deeds.length > 0 || plan.decisions.length > 0 || plan.recorded.length > 0) return false;
  return isQuiet(last.world, world) && isAskedAgain(last, world) && [...world.machines.values()].every(isSteady);
}

/** The same rows, machines and seats; nothing under way, nobody waiting, nothing stray. */
const isQuiet = (before: World, world: World): boolean =>
  world.rows === before.rows &&
  world.machines === before.machines &&
  world.seats === before.seats &&
  world.life === before.life &&
  world.clockJumpAt === before.clockJumpAt &&
  world.rows.intents.size === 0 &&
  world.groups.length === 0 &&
  world.strays.length === 0 &&
  before.groups.length === 0 &&
  before.strays.length === 0;

function isAskedAgain({ world: before, rowsUntil }: Planned, world: World): boolean {
  if (world.sources.size !== before.sources.size || world.hosts.size !== before.hosts.size) return false;
  for (const [name, view] of world.sources) if (!isSameSource(before.sources.get(name), view, rowsUntil)) return false;
  for (const [name, view] of world.hosts) if (!isSettled(view) || !isSameHost(before.hosts.get(name), view, rowsUntil)) return false;
  return true;
}

/** Neither on its way to another host nor in trouble: how long that may go on is told by no due. */
const isSteady = ({ row }: MachineView): boolean =>
  row.moving === undefined && row.downSince === undefined && row.failing === undefined && row.trouble === undefined;

/**
 * Answers, or is off, and nobody else's ever: whether one that is silent or on its way is there, off or lost shows by how
 * long nothing is heard.
 */
const isSettled = ({ reading, power, tenancy }: HostView): boolean =>
  tenancy === undefined && (power?.state === 'off' || (reading.silentSince === undefined && (power === undefined || power.state === 'on')));

const isSameSource = (before: SourceView | undefined, view: SourceView, until: number): boolean =>
  before !== undefined && saysTheSame(before.reading, view.reading, until) && saysTheSame(before.scheduler, view.scheduler, until);

const isSameHost = (before: HostView | undefined, view: HostView, until: number): boolean =>
  before === view ||
  (before !== undefined &&
    before.spec === view.spec &&
    before.machines === view.machines &&
    before.arriving === view.arriving &&
    before.power === view.power &&
    before.load === view.load &&
    before.classroom === view.classroom &&
    before.blocked === undefined &&
    view.blocked === undefined &&
    saysTheSame(before.meter, view.meter, until) &&
    saysTheSame(before.reading, view.reading, until));

/** The same answer, or one that says the same and was asked later, where the one before was asked after `until`. */
const saysTheSame = <T>(before: Reading<T> | undefined, next: Reading<T> | undefined, until: number): boolean =>
  before === next ||
  (before !== undefined &&
    next !== undefined &&
    isHeard(before) &&
    isHeard(next) &&
    before.value === next.value &&
    before.askedAt > until &&
    next.askedAt >= before.askedAt);
