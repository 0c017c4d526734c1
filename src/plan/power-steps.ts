import type { Deed } from '../model/action.js';
import type { HostPower } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import { isElsewhere } from '../model/tenancy.js';
import type { HostView } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { hostMode } from './modes.js';
import { sleepLimitOf } from './power-limits.js';
import { usedBy } from './power-use.js';
import type { Context } from './step.js';

/** The next deed of every host that is told to wake or to sleep; one that is needed after all, before it was told, stays on. */
export function powerSteps(context: Context, draft: Draft, reasons: Reasons): readonly Deed[] {
  const { world, policy } = context;
  const switching = [...world.rows.powers.values()].filter((power) => isSwitching(power, world.rows.tenancies));
  if (policy.power === undefined || switching.length === 0) return [];
  const busy = new Set([...world.rows.intents.values()].flatMap(({ deed }) => ('host' in deed ? [deed.host] : [])));
  const used = usedBy(world, world.rows);
  const deeds: Deed[] = [];
  for (const power of switching) {
    const { host } = power;
    const view = world.hosts.get(host);
    // decided in this tick: its step follows at the next
    if (view === undefined || draft.power(host) !== power || busy.has(host)) continue;
    const step = stepOf(context, power, view, used(view));
    if (step === undefined) continue;
    if ('table' in step) {
      draft.put(step);
      continue;
    }
    const waits = mayNot(context, host);
    reasons.say(`host:${host}`, waits ?? step.reason);
    if (waits === undefined) deeds.push(step);
  }
  return deeds;
}

const isSwitching = ({ host, state }: HostPower, tenancies: Rows['tenancies']): boolean =>
  (state === 'waking' || state === 'sleeping') && !isElsewhere(tenancies.get(host));

type Step = Deed | { readonly table: 'powers'; readonly key: string; readonly row: HostPower };

/** Why nothing is done to the host itself now. */
export function mayNot({ world, policy }: Context, host: string): Reason | undefined {
  const freeze = world.rows.freeze.get('freeze');
  if (freeze !== undefined) return because('wait-frozen', { who: freeze.by, why: freeze.why });
  return hostMode(policy, host) === 'watch' ? because('wait-mode-watch') : undefined;
}

function stepOf(context: Context, power: HostPower, view: HostView, used: Reason | undefined): Step | undefined {
  const { host, state, orderedAt } = power;
  const refs = [`host:${host}`];
  const driver = view.spec.power ?? '?';
  if (state === 'waking' && orderedAt === undefined) {
    const armed = power.nics.filter((nic) => nic.armed).map((nic) => nic.mac);
    const told = armed.length > 0 ? armed : power.nics.map((nic) => nic.mac);
    const macs = told.length > 0 || view.spec.mac === undefined ? told : [view.spec.mac]; // one that never ran Dom0 told nothing
    const common = { host, driver, macs, reason: because('step-power-on', {}, refs) };
    return view.spec.classroom === undefined ? { verb: 'power-on', ...common } : { verb: 'power-on', ...common, boot: 'dom0' };
  }
  if (state !== 'sleeping') return undefined;
  if (orderedAt !== undefined) return cut(context, power, view, driver, orderedAt);
  if (used?.code === 'awake-used') return needed(power, context.now);
  return used === undefined ? { verb: 'power-off', host, driver, reason: because('step-power-off', {}, refs) } : undefined;
}

/** Something came onto it before it was told: it never slept. */
function needed(power: HostPower, now: number): Step {
  const { proving: _, ...on } = power;
  return { table: 'powers', key: power.host, row: { ...on, state: 'on', since: now, cycles: power.cycles.filter((at) => at !== power.since) } };
}

/** Told, silent, and on all the same, as its controller says: in the second half of its time its power is taken away. */
function cut({ policy, now }: Context, power: HostPower, { reading, meter }: HostView, driver: string, orderedAt: number): Step | undefined {
  const sinceMs = now - orderedAt;
  if (policy.power === undefined || sinceMs <= sleepLimitOf(power, policy.power)) return undefined;
  const isOn = meter !== undefined && isHeard(meter) && meter.askedAt > orderedAt && meter.value.on;
  const answers = isHeard(reading) && reading.askedAt > orderedAt;
  if (!isOn || answers) return undefined;
  return { verb: 'power-off', host: power.host, driver, cut: true, reason: because('sleep-cut', { sinceMs }, [`host:${power.host}`]) };
}
