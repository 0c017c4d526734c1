import type { BatchJob, State } from './job.js';
import { folded } from './print-job.js';
import { first, isRoute, isTrue, orderedAttributes, type Queue } from './queue.js';
import type { Server } from './server.js';
import { serverAttributes } from './server-attributes.js';

type Counts = Record<State, number> & { total: number; nodect: number };

/** Counts of each queue's jobs; arrays by their elements. */
function countsOf(server: Server): Map<string, Counts> {
  const all = new Map<string, Counts>();
  for (const job of server.jobs.values()) {
    if (job.kind === 'array') continue;
    const counts = all.get(job.queue) ?? none();
    all.set(job.queue, count(counts, job));
  }
  return all;
}
const none = (): Counts => ({ Q: 0, H: 0, W: 0, R: 0, C: 0, total: 0, nodect: 0 });
function count(counts: Counts, job: BatchJob): Counts {
  counts[job.state] += 1;
  counts.total += 1;
  if (job.state === 'R') counts.nodect += Number(job.resources.get('nodect') ?? 0);
  return counts;
}
function sum(all: ReadonlyMap<string, Counts>): Counts {
  const total = none();
  for (const counts of all.values()) for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  return total;
}

const stateCount = (c: Counts): string => `Transit:0 Queued:${c.Q} Held:${c.H} Waiting:${c.W} Running:${c.R} Exiting:0 Complete:${c.C} `;
const cell = (value: number | string, width: number): string => String(value).padStart(width);

/** `qstat -Q`. */
export function queueTable(server: Server, queues: readonly Queue[]): string {
  const counts = countsOf(server);
  const head = `Queue              Max    Tot   Ena   Str   Que   Run   Hld   Wat   Trn   Ext T   Cpt\n----------------   ---   ----    --    --   ---   ---   ---   ---   ---   --- -   ---\n`;
  const row = (queue: Queue): string => {
    const c = counts.get(queue.name) ?? none();
    const yes = (attribute: string): string => cell(isTrue(queue.attributes, attribute) ? 'yes' : 'no', 6);
    const max = first(queue.attributes, 'max_running') ?? '0';
    const numbers = [c.Q, c.R, c.H, c.W, 0, 0].map((n) => cell(n, 6)).join('');
    return `${queue.name.slice(0, 15).padEnd(16)}${cell(max, 6)}${cell(c.total, 7)}${yes('enabled')}${yes('started')}${numbers} ${isRoute(queue) ? 'R' : 'E'}${cell(c.C, 6)}\n`;
  };
  return `${head}${queues.map(row).join('')}`;
}

/** `qstat -Qf`; `privileged`: a manager asks, who alone sees `neednodes`. */
export function queueBlocks(server: Server, queues: readonly Queue[], privileged: boolean): string {
  const counts = countsOf(server);
  return queues
    .map((queue) => {
      const c = counts.get(queue.name) ?? none();
      const given = orderedAttributes(queue)
        .filter(([name]) => privileged || !name.endsWith('.neednodes'))
        .map(([name, values]): [string, string] => [name, values.join(',')]);
      const last = new Set(['route_destinations', 'enabled', 'started']);
      const lines: [string, string][] = [
        ...given.filter(([name]) => name === 'queue_type'),
        ['total_jobs', String(c.total)],
        ['state_count', stateCount(c)],
        ...given.filter(([name]) => name !== 'queue_type' && !last.has(name)),
        ['mtime', String(Math.floor(server.upSince / 1000))],
        ...(c.nodect > 0 ? ([['resources_assigned.nodect', String(c.nodect)]] as [string, string][]) : []),
        ...given.filter(([name]) => last.has(name)),
      ];
      return `Queue: ${queue.name}\n${lines.map(([name, value]) => `${folded(`    ${name} = ${value}`)}\n`).join('')}\n`;
    })
    .join('');
}

/** `qstat -q`. */
export function queueLimits(server: Server, queues: readonly Queue[]): string {
  const counts = countsOf(server);
  const head = `\nserver: ${server.name}\n\nQueue            Memory CPU Time Walltime Node  Run Que Lm  State\n---------------- ------ -------- -------- ----  --- --- --  -----\n`;
  let [run, que] = [0, 0];
  const rows = queues.map((queue) => {
    const c = counts.get(queue.name) ?? none();
    const waiting = c.Q + c.H + c.W;
    run += c.R;
    que += waiting;
    const limit = first(queue.attributes, 'max_running') ?? '--';
    const state = `${isTrue(queue.attributes, 'enabled') ? 'E' : 'D'} ${isTrue(queue.attributes, 'started') ? 'R' : 'S'}`;
    return `${queue.name.slice(0, 15).padEnd(16)}   --      --       --      --  ${cell(c.R, 3)} ${cell(waiting, 3)} ${cell(limit, 2)}   ${state}\n`;
  });
  return `${head}${rows.join('')}${' '.repeat(47)}----- -----\n${cell(run, 52)}${cell(que, 6)}\n`;
}

/** `qstat -B`. */
export function serverTable(server: Server): string {
  const c = sum(countsOf(server));
  const numbers = [0, c.total, c.Q, c.R, c.H, c.W, 0, 0, c.C].map((n) => cell(n, 6)).join('');
  const head = `Server             Max   Tot   Que   Run   Hld   Wat   Trn   Ext   Com Status    \n${['----------------', ...Array.from({ length: 9 }, () => '---')].join('   ')} ----------\n`;
  return `${head}${server.name.slice(0, 16)}${numbers} ${'Active'.padEnd(10)}\n`;
}

/** What the server reckons of all its jobs. */
export function queueTotals(server: Server): { readonly total: number; readonly stateCount: string; readonly nodect: number } {
  const c = sum(countsOf(server));
  return { total: c.total, stateCount: stateCount(c), nodect: c.nodect };
}

/** `qstat -Bf`. */
export function serverBlock(server: Server): string {
  const lines = serverAttributes(server, queueTotals(server));
  return `Server: ${server.name}\n${lines.map(([name, value]) => `${folded(`    ${name} = ${value}`)}\n`).join('')}\n`;
}
