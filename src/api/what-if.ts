import type { Environment } from '../model/environment.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { ApiError } from './errors.js';
import type { WhatIf, WhatIfAnswer } from './schema/what-if.js';

/** Works a plan out elsewhere than on the loop's thread. Raises ApiError `busy`, `too-dear`. */
export type Planner = (present: Present, policy: Policy, full: boolean) => Promise<WhatIfAnswer>;

/** What is given of a change; the rest stays. */
const over = <T extends object>(whole: T, change: object): T => ({
  ...whole,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
});

function changedEnvironment(policy: Policy, name: string, change: NonNullable<WhatIf['environments']>[string]): Environment {
  const before = policy.environments[name];
  if (before === undefined)
    throw new ApiError('unknown', `there is no environment ${name}`, { remedy: `environments: ${Object.keys(policy.environments).join(', ')}` });
  // a share that is asked about counts as it stands, whatever an operator has set
  const { shareWithin: _, ...fixed } = before;
  const after = over(change.share === undefined ? before : fixed, change);
  if (after.min > after.max) throw new ApiError('invalid', `environments.${name}: min ${after.min} is more than max ${after.max}`);
  if (after.spare > after.max) throw new ApiError('invalid', `environments.${name}: spare ${after.spare} is more than max ${after.max}`);
  for (const pool of after.pools) if (policy.pools[pool] === undefined) throw new ApiError('unknown', `environments.${name}: there is no pool ${pool}`);
  return after;
}

/** The policy with the change. Raises ApiError `unknown` or `invalid` with what is wrong. */
export function changedPolicy(policy: Policy, { environments = {}, mode, pools = {}, limits = {} }: WhatIf): Policy {
  for (const pool of Object.keys(pools)) if (policy.pools[pool] === undefined) throw new ApiError('unknown', `there is no pool ${pool}`);
  const changed = Object.fromEntries(Object.entries(environments).map(([name, change]) => [name, changedEnvironment(policy, name, change)]));
  return {
    ...policy,
    revision: `${policy.revision}?`,
    ...(mode === undefined ? {} : { mode }),
    pools: { ...policy.pools, ...pools },
    environments: { ...policy.environments, ...changed },
    limits: over(policy.limits, limits),
  };
}
