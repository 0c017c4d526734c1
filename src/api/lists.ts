import type { z } from 'zod';
import type { Job } from '../model/job.js';
import type { Present } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import { censusOf, type JobClass, rank } from './census.js';
import { type Position, pageByName, pageInOrder } from './paging.js';
import type { environmentListSchema, environmentQuery } from './schema/environments.js';
import type { hostListSchema, hostQuery } from './schema/hosts.js';
import type { JobList, jobQuery } from './schema/jobs.js';
import type { machineListSchema, machineQuery } from './schema/machines.js';
import type { proposalListSchema, strayListSchema, strayQuery } from './schema/plan.js';
import type { seatListSchema, seatQuery } from './schema/seats.js';
import { seesJob, type Viewer } from './viewer.js';
import { environmentList } from './views-environments.js';
import { grouping, jobRecord } from './views-jobs.js';
import { hostRecord, machineRecord, seatRecord } from './views-machines.js';
import { proposalList, strayList } from './views-plan.js';

type Asked<S extends z.ZodType> = z.output<S>;
interface Counted {
  readonly job: Job;
  readonly class: JobClass;
  readonly environment: string | undefined;
}

/** The order of the census. */
const jobPlace = ({ job, class: its }: Counted): Position => [rank[its], job.submittedAt, job.id.length, job.id, job.source];

const is = <T>(wanted: T | undefined, found: T | undefined): boolean => wanted === undefined || wanted === found;

/** Jobs that match, running ones first, then by age. An owner's filter finds only what the viewer may see. */
export function listJobs(present: Present, viewer: Viewer, query: Asked<typeof jobQuery>): JobList {
  const found = censusOf(present.world).ordered.filter(
    ({ job, class: its, environment }) =>
      is(query.class, its) &&
      is(query.environment, environment) &&
      is(query.queue, job.queue) &&
      is(query.source, job.source) &&
      is<string>(query.state, job.state) &&
      (query.owner === undefined || (job.owner === query.owner && seesJob(viewer, job, environment))),
  );
  const { entries, ...outside } = pageInOrder(found, jobPlace, query);
  const groupOf = grouping(present.world);
  return { ...outside, jobs: entries.map(({ job }) => jobRecord(job, present, viewer, groupOf(job))) };
}

export function listMachines(present: Present, query: Asked<typeof machineQuery>): z.output<typeof machineListSchema> {
  const { world, policy } = present;
  const found = [...world.machines.values()].filter(
    ({ row, phase }) =>
      is(query.environment, row.environment) && is(query.host, row.host) && is(query.phase, phase) && is(query.pool, policy.hosts[row.host]?.pool),
  );
  const { entries, ...outside } = pageByName(found, ({ row }) => row.id, query);
  return { ...outside, machines: entries.map((view) => machineRecord(view, present)) };
}

export function listHosts(present: Present, query: Asked<typeof hostQuery>): z.output<typeof hostListSchema> {
  const { cordons } = present.world.rows;
  const inState = { heard: true, silent: false, cordoned: undefined };
  const found = [...present.world.hosts.values()].filter(({ spec, reading }) => {
    if (!is(query.pool, spec.pool)) return false;
    return query.state === 'cordoned' ? cordons.has(spec.name) : query.state === undefined || inState[query.state] === isHeard(reading);
  });
  const { entries, ...outside } = pageByName(found, ({ spec }) => spec.name, query);
  return { ...outside, hosts: entries.map((view) => hostRecord(view, present)) };
}

export function listEnvironments(present: Present, query: Asked<typeof environmentQuery>): z.output<typeof environmentListSchema> {
  const { entries, ...outside } = pageByName(environmentList(present), ({ name }) => name, query);
  return { ...outside, environments: entries };
}

export function listSeats(present: Present, query: Asked<typeof seatQuery>): z.output<typeof seatListSchema> {
  const found = [...present.world.seats.values()].filter(({ seat }) => is(query.environment, seat.environment));
  const { entries, ...outside } = pageByName(found, ({ seat }) => seat.name, query);
  return { ...outside, seats: entries.map((view) => seatRecord(view, present)) };
}

export function listStrays(present: Present, query: Asked<typeof strayQuery>): z.output<typeof strayListSchema> {
  const { entries, ...outside } = pageByName(strayList(present), ({ key }) => key, query);
  return { ...outside, strays: entries };
}

export function listProposals(present: Present, query: Asked<typeof strayQuery>): z.output<typeof proposalListSchema> {
  const { entries, ...outside } = pageByName(proposalList(present), ({ id }) => id, query);
  return { ...outside, proposals: entries };
}
