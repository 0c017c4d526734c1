import { type Mode, modes } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { because } from '../model/reason.js';
import type { World } from '../model/world.js';
import type { MayAct } from './steps.js';

const none: NonNullable<Policy['services']> = {};
/** By group. */
const serviceModes = oncePer(
  (services: NonNullable<Policy['services']>): Readonly<Record<string, Mode>> =>
    Object.fromEntries(Object.values(services).map(({ group, mode }) => [group, mode])),
);

/** The least of what deployment, pool and environment allow; an environment that is gone from the policy is drained under the other two. */
export function effectiveMode(policy: Policy, environment: string, host: string | undefined): Mode {
  const pool = host === undefined ? undefined : policy.hosts[host]?.pool;
  const allowed = [
    policy.mode,
    policy.environments[environment]?.mode ?? serviceModes(policy.services ?? none)[environment] ?? policy.mode,
    (pool === undefined ? undefined : policy.pools[pool]?.mode) ?? policy.mode,
  ];
  return modes[Math.min(...allowed.map((mode) => modes.indexOf(mode)))] ?? 'watch';
}

/** Steps of what was decided go on in act and advise mode; never in watch mode or while frozen. */
export function permission(world: World, policy: Policy): MayAct {
  const freeze = world.rows.freeze.get('freeze');
  return (environment, host) => {
    const mode = effectiveMode(policy, environment, host);
    if (freeze !== undefined) return { mode, waits: because('wait-frozen', { who: freeze.by, why: freeze.why }) };
    return mode === 'watch' ? { mode, waits: because('wait-mode-watch') } : { mode };
  };
}
