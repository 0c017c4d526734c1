import type { BatchQueue } from '../../src/model/batch.js';
import type { Environment } from '../../src/model/environment.js';
import type { Chunk, Job, ResourceRequest } from '../../src/model/job.js';
import type { Policy } from '../../src/model/policy.js';
import { given } from '../given.js';
import { givenEnvironment, givenJob } from '../given-records.js';

type Serves = Partial<Environment['serves']>;

/** A policy with these environments; each has `max` seats with what it serves and `extra` properties. */
export function policyOf(environments: Record<string, { serves: Serves; extra?: readonly string[]; more?: Partial<Environment> }>): Policy {
  let site = given();
  for (const [name, { serves, extra = [], more = {} }] of Object.entries(environments)) {
    const environment = givenEnvironment(name, { ...more, serves: { source: 'torque', queues: [], properties: [], accounts: [], ...serves } });
    const { properties, source } = environment.serves;
    site = site.env(name, environment).seats(name, environment.max, { source, properties: [...properties, ...extra] });
  }
  return site.policy;
}

export const queue = (name: string, more: Partial<BatchQueue> = {}): BatchQueue => ({ name, kind: 'execution', enabled: true, started: true, ...more });

/** A job of a queue that asks for `nodes` (chunks) and whatever else. */
export function jobOf(inQueue: string, nodes: readonly Partial<Chunk>[] = [], request: Partial<ResourceRequest> = {}, more: Partial<Job> = {}): Job {
  const chunks = nodes.map((chunk) => ({ count: 1, ppn: 1, properties: [], ...chunk }));
  return givenJob('1.srv', { queue: inQueue, request: { chunks, unsupported: [], ...request }, ...more });
}
