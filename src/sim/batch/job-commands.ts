import type { Answer } from './answer.js';
import { type Command, type Context, failed, getopt, hasOption, optionOf } from './command.js';
import type { BatchJob } from './job.js';
import { jobId, jobOf } from './job-ids.js';
import { finish, remove, requeue, settle } from './lifecycle.js';
import type { Server } from './server.js';

/** One job's part of a command: nothing when it went well. */
export type Complaint = { readonly exit: number; readonly text: string; readonly blocksMs?: number } | undefined;

/** Does it to each job (each element of an array); the exit is that of the last complaint. */
export function toEach(args: readonly string[], context: Context, act: (job: BatchJob) => Complaint, unknown: (id: string) => Complaint): Answer {
  let [exit, stderr, blocksMs] = [0, '', 0];
  const note = (complaint: Complaint): void => {
    if (complaint === undefined) return;
    exit = complaint.exit;
    if (complaint.text !== '') stderr += `${complaint.text}\n`;
    blocksMs += complaint.blocksMs ?? 0;
  };
  for (const operand of args) {
    const job = jobOf(context.server, operand);
    if (job === undefined) note(unknown(jobId(context.server, operand)));
    else for (const each of job.kind === 'array' ? job.elements.filter((e) => e.state !== 'C' || job.state === 'C') : [job]) note(act(each));
  }
  return { stdout: '', stderr, exit, ...(blocksMs > 0 ? { blocksMs } : {}) };
}

export const mayTouch = ({ server, io }: Context, job: BatchJob): boolean => job.owner === io.user || server.isOperator(io.user);
export const denied = (command: string, job: BatchJob): Complaint => ({
  exit: 159,
  text: `${command}: Unauthorized Request  MSG=operation not permitted ${job.id}`,
});
export const unknownTo =
  (command: string) =>
  (id: string): Complaint => ({ exit: 153, text: `${command}: Unknown Job Id Error ${id}` });
/** Are its workers all there to be talked to? */
const reachable = ({ server }: Context, job: BatchJob): boolean => server.moms.has(job.execution?.nodes[0] ?? '');

/** `qdel [-p] JOB...`: without a word for an unknown job; a dead worker's job stays. */
export const qdel: Command = (args, context) => {
  const words = getopt(args, 'acm:pt:W:');
  const { server, io } = context;
  const purge = hasOption(words, 'p');
  const ids =
    words.operands.length === 1 && words.operands[0]?.toLowerCase() === 'all'
      ? [...server.jobs.keys()].filter((id) => server.jobs.get(id)?.parent === undefined)
      : words.operands;
  return toEach(
    ids,
    context,
    (job) => {
      if (!mayTouch(context, job) || (purge && !server.isOperator(io.user))) return denied('qdel', job);
      if (purge) return purged(context, job);
      if (job.state === 'C') return { exit: 170, text: `qdel: Request invalid for state of job MSG=invalid state for job - COMPLETE ${job.id}` };
      if (job.state !== 'R') return void finish(server, job, 'deleted');
      if (!reachable(context, job)) return { exit: 224, text: `qdel: Server could not connect to MOM ${job.id}` };
      if (job.execution?.hung === true) return undefined;
      return void finish(server, job, 'deleted', 271);
    },
    () => ({ exit: 153, text: '' }),
  );
};

function purged({ server }: Context, job: BatchJob): undefined {
  if (job.state !== 'C') finish(server, job, 'deleted', job.state === 'R' ? 271 : undefined);
  remove(server, job);
}

/** How long `qrerun -f` waits for workers that vanished without refusing connections. */
export function requeueBlocksMs(server: Server, job: BatchJob): number {
  if (server.options.silentDeath !== true || server.version !== '4.2.10') return 0;
  const silent = (job.execution?.nodes ?? []).filter((node) => !server.moms.has(node));
  const downIn = Math.max(0, ...silent.map((node) => (server.nodes.get(node)?.downAt ?? server.now) - server.now));
  return Math.min(server.ms('tcp_timeout', 300_000), downIn);
}

/** The same run of the job goes back when that is over. */
export function requeueLater(server: Server, job: BatchJob, blocksMs: number): void {
  const { execution } = job;
  server.agenda.at(server.now + blocksMs, () => {
    if (job.state === 'R' && job.execution === execution) requeue(server, job, undefined);
  });
}

/** `qrerun [-f] JOB...`: without -f it blocks for `tcp_timeout` when the worker is dead. */
export const qrerun: Command = (args, context) => {
  const words = getopt(args, 'f');
  const { server, io } = context;
  return toEach(
    words.operands,
    context,
    (job) => {
      if (!server.isOperator(io.user)) return denied('qrerun', job);
      if (job.state !== 'R') return { exit: 170, text: `qrerun: Request invalid for state of job MSG=job ${job.id} is in a bad state ${job.id}` };
      if (!job.rerunnable) return { exit: 192, text: `qrerun: Job is not rerunnable ${job.id}` };
      if (!hasOption(words, 'f') && !reachable(context, job))
        return { exit: 237, text: `qrerun: Batch protocol error ${job.id}`, blocksMs: server.ms('tcp_timeout', 300_000) };
      const blocksMs = requeueBlocksMs(server, job);
      if (blocksMs === 0) return void requeue(server, job, undefined);
      requeueLater(server, job, blocksMs);
      return { exit: 0, text: '', blocksMs };
    },
    unknownTo('qrerun'),
  );
};

/** `qorder JOB JOB`: two waiting jobs of one queue change places; the owner of both may, or an operator. (The real one moves jobs between queues, too.) */
export const qorder: Command = (args, context) => {
  const { server } = context;
  const [one, other, ...more] = getopt(args, '').operands;
  if (one === undefined || other === undefined || more.length > 0) return failed(2, 'usage: qorder job_identifier job_identifier');
  const jobs: BatchJob[] = [];
  for (const operand of [one, other]) {
    const job = jobOf(server, operand);
    if (job === undefined) return failed(153, `qorder: Unknown Job Id ${jobId(server, operand)}`);
    if (!mayTouch(context, job)) return failed(159, 'qorder: Unauthorized Request  MSG=operation not permitted');
    if (job.state === 'R' || job.state === 'C') return failed(170, 'qorder: Request invalid for state of job MSG=cannot move job, bad state');
    jobs.push(job);
  }
  const [first, second] = jobs as [BatchJob, BatchJob];
  if (first.queue !== second.queue) return failed(170, 'qorder: Request invalid for state of job MSG=the jobs are in different queues');
  server.swap(first, second);
  return { stdout: '', stderr: '', exit: 0 };
};

/** Holds that a user may set: `u`; an operator `o` too, a manager `s`. */
function holdsOf(text: string): string[] | undefined {
  const letters = [...text];
  return letters.length > 0 && letters.every((letter) => 'uosn'.includes(letter)) ? letters.filter((letter) => letter !== 'n') : undefined;
}

function held(command: string, args: readonly string[], context: Context, change: (job: BatchJob, letter: string) => void): Answer {
  const words = getopt(args, 'h:t:');
  const { server, io } = context;
  const letters = holdsOf(optionOf(words, 'h') ?? 'u');
  if (letters === undefined) return failed(2, `${command}: illegal -h value`);
  return toEach(
    words.operands,
    context,
    (job) => {
      const rights = letters.every((letter) => letter === 'u' || (letter === 'o' ? server.isOperator(io.user) : server.isManager(io.user)));
      if (!mayTouch(context, job) || !rights) return denied(command, job);
      if (job.state === 'C') return { exit: 170, text: `${command}: Request invalid for state of job MSG=invalid state for job - COMPLETE ${job.id}` };
      for (const letter of letters) change(job, letter);
      job.revision += 1;
      settle(server, job);
      server.wake();
      return undefined;
    },
    unknownTo(command),
  );
}

export const qhold: Command = (args, context) => held('qhold', args, context, (job, letter) => void job.holds.add(letter));
export const qrls: Command = (args, context) => held('qrls', args, context, (job, letter) => void job.holds.delete(letter));
