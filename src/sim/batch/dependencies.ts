import type { BatchJob } from './job.js';
import type { Server } from './server.js';

const mirrored: Readonly<Record<string, string>> = {
  after: 'before',
  afterok: 'beforeok',
  afternotok: 'beforenotok',
  afterany: 'beforeany',
  afterokarray: 'beforeokarray',
  afternotokarray: 'beforenotokarray',
  afteranyarray: 'beforeanyarray',
};
export const isDependencyType = (type: string): boolean => mirrored[type] !== undefined;

/** `afterok:8:9,afterany:7` as pairs; undefined when it cannot be read. */
export function parseDepend(text: string): { readonly type: string; readonly job: string }[] | undefined {
  const found: { type: string; job: string }[] = [];
  for (const part of text.split(',')) {
    const [type, ...jobs] = part.split(':');
    if (type === undefined || !isDependencyType(type) || jobs.length === 0) return undefined;
    for (const job of jobs) found.push({ type, job });
  }
  return found;
}

type Fate = 'go' | 'die' | 'wait';

/** What the end of a job with this status means to one that waits for it; `exit` absent when it never ran. */
export function fateOf(type: string, exit: number | undefined): Fate {
  const kind = type.replace('array', '');
  if (kind === 'afterok') return exit === 0 ? 'go' : 'die';
  if (kind === 'afternotok') return exit === 0 ? 'die' : 'go';
  return 'go';
}

/** Ties a new job to what it waits for; what is over already counts at once. Returns its fate. */
export function tie(server: Server, job: BatchJob): Fate {
  let fate: Fate = 'go';
  for (const dependency of [...job.depends]) {
    const target = server.jobs.get(dependency.job);
    if (target === undefined) continue;
    if (target.state === 'C') {
      job.depends.splice(job.depends.indexOf(dependency), 1);
      if (fateOf(dependency.type, exitOf(target)) === 'die') return 'die';
      continue;
    }
    target.dependents.push({ type: mirrored[dependency.type] ?? 'before', job: job.id });
    target.revision += 1;
    fate = 'wait';
  }
  return fate;
}

/** 0 when all elements ended well. */
const exitOf = (job: BatchJob): number | undefined => (job.kind === 'array' ? Math.max(...job.elements.map((e) => e.exitStatus ?? 1)) : job.exitStatus);

/** Jobs that waited for this one (or for its array, when it was the last), each with its fate. */
export function released(server: Server, ended: BatchJob, exit: number | undefined): [BatchJob, 'go' | 'die'][] {
  const { parent } = ended;
  const found: [BatchJob, 'go' | 'die'][] = release(server, ended, exit);
  if (parent?.elements.every((element) => element.state === 'C')) found.push(...release(server, parent, exitOf(parent)));
  return found;
}

function release(server: Server, ended: BatchJob, exit: number | undefined): [BatchJob, 'go' | 'die'][] {
  const found: [BatchJob, 'go' | 'die'][] = [];
  for (const { job: id } of ended.dependents) {
    const child = server.jobs.get(id);
    if (child === undefined || child.state === 'C') continue;
    const mine = child.depends.filter((d) => d.job === ended.id);
    child.depends = child.depends.filter((d) => d.job !== ended.id);
    child.revision += 1;
    if (mine.some((d) => fateOf(d.type, exit) === 'die')) found.push([child, 'die']);
    else if (child.depends.length === 0) {
      child.holds.delete('s');
      found.push([child, 'go']);
    }
  }
  return found;
}

/** The array's elements that may go now that this one has ended. */
export function slotLimited(ended: BatchJob): BatchJob[] {
  const { parent } = ended;
  if (parent?.slotLimit === undefined) return [];
  const open = parent.elements.filter((e) => e.state !== 'C' && !e.holds.has('l')).length;
  const next = parent.elements.filter((e) => e.state === 'H' && e.holds.has('l')).slice(0, Math.max(0, parent.slotLimit - open));
  for (const element of next) element.holds.delete('l');
  return next;
}
