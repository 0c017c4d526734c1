import { Option } from 'commander';
import { type Role, roles } from '../api/identity/who.js';
import type { GrantRecord } from '../api/schema/identity.js';
import { CliError, exits } from './exits.js';

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Options that say a role and where it holds. */
export interface GrantOptions {
  readonly role?: Role;
  readonly pool?: readonly string[];
  readonly environment?: readonly string[];
}
export const roleOption = (): Option =>
  new Option('--role <role>', 'viewer reads everything, operator acts, admin changes users and policy, hook only nudges').choices([...roles]);
export const poolOption = (): Option => new Option('--pool <name>', 'the role holds for hosts of this pool only (may be given again)').argParser(collected);
export const environmentOption = (): Option =>
  new Option('--environment <name>', 'the role holds for machines of this environment only (may be given again)').argParser(collected);

/** The grants that options say; none without a role. Raises CliError for a place without a role. */
export function grantsOf({ role, pool, environment }: GrantOptions): readonly GrantRecord[] {
  if (role === undefined && (pool ?? environment) !== undefined) throw new CliError(exits.usage, 'say which role: --role viewer, operator, admin or hook');
  return role === undefined
    ? []
    : [{ role, ...(pool === undefined ? {} : { pools: pool }), ...(environment === undefined ? {} : { environments: environment }) }];
}

/** `operator of pool lab, environment grid`. */
export function grantsText(grants: readonly GrantRecord[]): string {
  const places = ({ pools = [], environments = [] }: GrantRecord): string =>
    [...pools.map((name) => `pool ${name}`), ...environments.map((name) => `environment ${name}`)].join(', ');
  return grants.map((grant) => (places(grant) === '' ? grant.role : `${grant.role} of ${places(grant)}`)).join('; ') || 'own jobs only';
}
