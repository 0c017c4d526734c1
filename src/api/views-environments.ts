import { type Environment, type Mode, modes } from '../model/environment.js';
import type { MachinePhase } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { because, sentence } from '../model/reason.js';
import type { ShareSetting } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { sharesNow } from '../plan/shares.js';
import { usualReadyMs } from './arrivals.js';
import { censusOf } from './census.js';
import { mainText, when } from './said.js';
import type { EnvironmentRecord } from './schema/environments.js';

/** The least of several modes: watch < advise < act. */
export const leastMode = (...given: readonly Mode[]): Mode => modes[Math.min(...given.map((mode) => modes.indexOf(mode)))] ?? 'watch';

type Stage = 'ready' | 'coming' | 'leaving' | 'failed' | 'gone';
const stages: Readonly<Record<MachinePhase, Stage>> = {
  wanted: 'coming',
  preparing: 'coming',
  booting: 'coming',
  joining: 'coming',
  ready: 'ready',
  resizing: 'ready',
  migrating: 'ready',
  draining: 'leaving',
  stopping: 'leaving',
  gone: 'gone',
  failed: 'failed',
  lost: 'failed',
};
export const stageOf = (machine: MachineView): Stage => stages[machine.phase];

const shareSet = ({ environment: _, ...setting }: ShareSetting, { share }: Environment): EnvironmentRecord['shareSet'] => ({ ...setting, configured: share });

function record(env: Environment, policy: Policy, present: Present, jobs: EnvironmentRecord['jobs']): EnvironmentRecord {
  const { world } = present;
  const configured = policy.environments[env.name] !== undefined;
  const machines = [...world.machines.values()].filter((machine) => machine.row.environment === env.name);
  const count = (stage: Stage): number => machines.filter((machine) => stageOf(machine) === stage).length;
  const seats = [...world.seats.values()].filter((view) => view.seat.environment === env.name && !view.seat.feasibility);
  const setting = world.rows.shares.get(env.name);
  const breaker = world.rows.breakers.get(`environment:${env.name}`);
  return {
    name: env.name,
    mode: leastMode(policy.mode, env.mode),
    configured,
    image: `${env.image.name} ${env.image.version}`,
    queues: env.serves.queues,
    pools: env.pools,
    min: env.min,
    max: env.max,
    spare: env.spare,
    priority: env.priority,
    share: sharesNow(world.rows, policy, present.at).get(env.name) ?? env.share,
    ...when('shareWithin', env.shareWithin),
    ...when('shareSet', setting === undefined ? undefined : shareSet(setting, env)),
    idleMs: env.idleMs,
    cores: env.cores,
    memoryMiB: env.memoryMiB,
    jobs,
    machines: {
      ready: count('ready'),
      busy: machines.filter((machine) => machine.jobs.length > 0).length,
      coming: count('coming'),
      leaving: count('leaving'),
      failed: count('failed'),
    },
    slotsFree: machines.reduce((sum, machine) => sum + machine.slotsFree, 0),
    ...when('usualReadyMs', usualReadyMs(world, env.name)),
    seats: { total: seats.length, taken: seats.filter((view) => view.machine !== undefined).length },
    ...when('paused', breaker !== undefined && breaker.openUntil > present.at ? breaker.why : undefined),
    ...when('why', configured ? mainText(present, `environment:${env.name}`) : sentence(because('drain-removed', { environment: env.name }))),
  };
}

/** Every environment configured, and those whose file is gone while machines or rows of them live on. */
export function environmentList(present: Present): readonly EnvironmentRecord[] {
  const { policy, world } = present;
  const jobs = censusOf(world).environments;
  const known = new Map<string, Environment>(Object.entries(policy.environments));
  for (const machine of world.machines.values()) {
    const remembered = world.rows.environments.get(machine.row.environment);
    if (remembered !== undefined && !known.has(remembered.name)) known.set(remembered.name, remembered);
  }
  return [...known.values()].map((env) => record(env, policy, present, jobs.get(env.name) ?? { waiting: 0, running: 0, other: 0 }));
}
