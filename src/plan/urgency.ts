import type { Sheet } from './capacity.js';
import type { Need } from './demand.js';

/** What the need's next job is owed. */
export const urgencyOf = ({ environments }: Sheet, { environment, group }: Need): number =>
  (group && environments.get(environment.name)?.line?.urgencyOf(group.key)) ?? 0;
