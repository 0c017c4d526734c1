import { type BatchJob, type EndCause, type Execution, endRun, type Run, type Slot } from './job.js';
import { finish, requeue, settleArray } from './lifecycle.js';
import { drops, type LiveMom, takes } from './mom.js';
import { parseSeconds } from './resources.js';
import type { Server } from './server.js';

/** The server gives up sending a job to a mom that does not answer after so long; the job is queued again. */
const sendLimitMs = 20_000;
const prologueMs = 1_000;

/** Places the job and hands it to its moms. */
export function begin(server: Server, job: BatchJob, slots: readonly Slot[]): void {
  const now = server.now;
  const names = [...new Set(slots.map((s) => s.node))];
  for (const { node, slot } of slots) server.nodes.get(node)?.slots.set(slot, job);
  const moms = names.map((name) => server.moms.get(name)).filter((mom) => mom !== undefined);
  const reached = moms.length === names.length;
  const hung = reached && moms.some((mom) => names.some((name) => name !== mom.node && mom.sisters?.has(name) === false));
  const run: Run | undefined = reached ? { startedAt: now, nodes: names, executed: false } : undefined;
  const execution: Execution = {
    slots,
    nodes: names,
    session: names.length > 1 || !reached ? 0 : server.nextSession++,
    hung,
    cancel: () => undefined,
    ...(run === undefined ? {} : { run }),
  };
  job.execution = execution;
  job.startedAt = now;
  job.startCount += 1;
  job.exitStatus = undefined;
  server.setState(job, 'R');
  settleArray(server, job.parent);
  if (run === undefined) {
    execution.cancel = server.agenda.at(now + sendLimitMs, () => requeue(server, job, undefined));
    return;
  }
  server.records.get(job.id)?.runs.push(run);
  for (const mom of moms) takes(mom, job.id, now, 2 * server.statusMs);
  if (!hung) execute(server, job, execution, run, moms);
  server.events.tell('job-started', { job, run });
}

/** What the mother superior does with it: prologue, the script's time, epilogue. */
function execute(server: Server, job: BatchJob, execution: Execution, run: Run, moms: readonly LiveMom[]): void {
  const later = (ms: number, act: () => void): void => {
    execution.cancel = server.agenda.at(server.now + ms, () => {
      for (const mom of moms) drops(mom, job.id, server.now);
      if (server.up) act();
      else server.unheard.push(act);
    });
  };
  const { spec } = moms[0]!;
  if (!spec.usersResolve) {
    later(server.random.between(5_000, 40_000), () => finish(server, job, 'aborted', -1));
    return;
  }
  const prologue = spec.prologueExit?.() ?? 0;
  if (prologue !== 0) {
    later(prologueMs, () => (prologue === 1 ? finish(server, job, 'aborted', -2) : requeue(server, job, -3)));
    return;
  }
  run.executed = true;
  if (spec.carryOut !== undefined) {
    carriedOut(server, job, execution, moms, spec.carryOut);
    return;
  }
  const walltime = parseSeconds(job.resources.get('walltime') ?? '') ?? Number.POSITIVE_INFINITY;
  const ranOver = job.runSeconds > walltime;
  const ms = (Math.min(job.runSeconds, walltime) * 1000) / (server.options.pace ?? 1) + (spec.epilogueMs ?? 0);
  later(ms, () => (ranOver ? finish(server, job, 'killed by walltime', 271) : finish(server, job, 'completed', job.scriptExit)));
}

/** The script is really carried out: it ends when it ends, or at its walltime. */
function carriedOut(server: Server, job: BatchJob, execution: Execution, moms: readonly LiveMom[], carryOut: NonNullable<LiveMom['spec']['carryOut']>): void {
  const life = new AbortController();
  const walltime = parseSeconds(job.resources.get('walltime') ?? '');
  const untimed =
    walltime === undefined
      ? (): void => undefined
      : server.agenda.at(server.now + walltime * 1000, () => {
          end('killed by walltime', 271);
        });
  const end = (why: EndCause, exit: number): void => {
    if (life.signal.aborted) return;
    execution.cancel();
    for (const mom of moms) drops(mom, job.id, server.now);
    const act = (): void => finish(server, job, why, exit);
    if (server.up) act();
    else server.unheard.push(act);
  };
  execution.cancel = () => {
    untimed();
    life.abort();
  };
  carryOut(job, execution.nodes, life.signal).then(
    (exit) => end('completed', exit),
    () => end('aborted', -1),
  );
}

/** A mom dies with all its jobs; the server knows nothing of it. */
export function strand(server: Server, mom: LiveMom): void {
  for (const job of server.byState.R) {
    const { execution } = job;
    if (execution?.run === undefined || !execution.nodes.includes(mom.node) || execution.run.endedAt !== undefined) continue;
    execution.cancel();
    endRun(execution, server.now, 'killed by node loss');
    server.events.tell('job-ended', { job, run: execution.run, why: 'killed by node loss' });
  }
}
