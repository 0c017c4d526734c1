import { type MessagePort, parentPort } from 'node:worker_threads';
import { planRecord } from '../api/views-plan.js';
import { createClassifier } from '../classify/classify.js';
import { unpackJobs } from '../drivers/job-rows.js';
import type { BatchSnapshot } from '../model/batch.js';
import type { HostSnapshot } from '../model/host.js';
import type { Job } from '../model/job.js';
import type { PowerReading } from '../model/power.js';
import type { Reading } from '../model/reading.js';
import { noRows, type Rows } from '../model/rows.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import { type Inputs, join } from '../observe/join.js';
import { plan } from '../plan/plan.js';
import type { Piece, Planned } from './messages.js';

/** Everything that has come so far. */
class Given {
  rows: Rows = noRows();
  readonly hosts = new Map<string, Reading<HostSnapshot>>();
  readonly meters = new Map<string, Reading<PowerReading>>();
  readonly sources = new Map<string, Reading<BatchSnapshot>>();
  readonly schedulers = new Map<string, Reading<SchedulerSnapshot>>();
  readonly jobs = new Map<string, Job[]>();

  /** Classifies, joins and plans anew, under the policy of the piece. */
  plan({ policy, at, revision, epoch, life, clockJumpAt, full }: Extract<Piece, { piece: 'plan' }>): Planned {
    const batch = new Map([...this.sources].map(([name, reading]) => [name, this.#whole(name, reading)]));
    const classifier = createClassifier(policy);
    const inputs: Inputs = {
      policy,
      rows: this.rows,
      batch,
      schedulers: this.schedulers,
      hosts: this.hosts,
      meters: this.meters,
      classify: (job, snapshot) => classifier(job, snapshot.queues),
      // who else holds a host is told by the hosts themselves; that another journal of ours does, only the daemon's own lease knows
      fence: { deployment: policy.deployment, journal: '', epoch, life: life.id, takeOver: true },
      life,
      ...(clockJumpAt === undefined ? {} : { clockJumpAt }),
    };
    const { world } = join(undefined, inputs);
    const then = plan(world, policy, at);
    const waiting = new Map<string, number>();
    for (const { environment, count } of world.groups) waiting.set(environment, (waiting.get(environment) ?? 0) + count);
    const unserved = [...world.verdicts.values()].filter((verdict) => 'unserved' in verdict).length;
    return {
      ok: true,
      answer: {
        after: planRecord({ revision, at, world, plan: then, policy, epoch }, full),
        unserved: { before: 0, after: unserved },
        waiting: [...waiting].map(([environment, jobs]) => ({ environment, jobs })),
      },
    };
  }

  #whole(name: string, reading: Reading<BatchSnapshot>): Reading<BatchSnapshot> {
    return reading.value === undefined ? reading : { ...reading, value: { ...reading.value, jobs: this.jobs.get(name) ?? [] } };
  }
}

type Taken = Exclude<Piece, { piece: 'plan' }>;
const take: { readonly [K in Taken['piece']]: (given: Given, piece: Extract<Taken, { piece: K }>) => void } = {
  rows: (given, { rows }) => {
    given.rows = { ...given.rows, ...rows };
  },
  hosts: (given, { hosts }) => {
    for (const [name, reading] of hosts) given.hosts.set(name, reading);
  },
  meters: (given, { meters }) => {
    for (const [name, reading] of meters) given.meters.set(name, reading);
  },
  source: (given, { name, reading, scheduler }) => {
    given.sources.set(name, reading);
    if (scheduler !== undefined) given.schedulers.set(name, scheduler);
  },
  jobs: (given, { name, jobs }) => {
    const known = given.jobs.get(name) ?? [];
    for (const job of unpackJobs(jobs)) known.push(job);
    given.jobs.set(name, known);
  },
};

function planned(given: Given, piece: Extract<Piece, { piece: 'plan' }>): Planned {
  try {
    return given.plan(piece);
  } catch (thrown) {
    return { ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function listen(port: MessagePort): void {
  const given = new Given();
  port.on('message', (piece: Piece) => {
    if (piece.piece === 'plan') port.postMessage(planned(given, piece));
    else (take[piece.piece] as (given: Given, piece: Taken) => void)(given, piece);
  });
}

if (parentPort !== null) listen(parentPort);
