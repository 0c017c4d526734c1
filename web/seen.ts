import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { HostRecord } from '../src/api/schema/hosts.js';
import type { MachineRecord } from '../src/api/schema/machines.js';
import type { PlanRecord } from '../src/api/schema/plan.js';
import type { StatusRecord } from '../src/api/schema/status.js';

/** What the page knows; a part that did not change is the same object as before. */
export interface Seen {
  readonly status: StatusRecord | undefined;
  readonly environments: ReadonlyMap<string, EnvironmentRecord>;
  readonly hosts: ReadonlyMap<string, HostRecord>;
  readonly machines: ReadonlyMap<string, MachineRecord>;
  readonly plan: PlanRecord | undefined;
  /** Why nothing is heard of the daemon; absent while all is well. */
  readonly deaf: string | undefined;
  /** Hosts and machines have been read. */
  readonly loaded: boolean;
}

export const nothingSeen: Seen = {
  status: undefined,
  environments: new Map(),
  hosts: new Map(),
  machines: new Map(),
  plan: undefined,
  deaf: undefined,
  loaded: false,
};
