import { escapeXml, fromBytes, toBytes } from './bytes.js';
import { clockText, ctimeText } from './civil.js';
import type { BatchJob, Execution } from './job.js';
import { rangesText } from './print-node.js';
import { parseSeconds } from './resources.js';
import type { Server } from './server.js';

/** A value, or named parts of one (`Resource_List`). */
export type Attribute = readonly [name: string, value: string | readonly (readonly [string, string])[]];

const epoch = (at: number): string => String(Math.floor(at / 1000));
const instants = new Set(['ctime', 'mtime', 'qtime', 'etime', 'start_time', 'comp_time', 'Execution_Time']);

type Maybe = readonly [string, Attribute[1] | undefined];
const maybe = (name: string, value: string | number | undefined): Maybe => [name, value === undefined ? undefined : String(value)];
const instant = (name: string, at: number | undefined): Maybe => [name, at === undefined ? undefined : epoch(at)];
const when = (name: string, condition: boolean, value: string): Maybe => [name, condition ? value : undefined];

/** A job's attributes in the server's order; `privileged`: a manager asks (an operator sees no more than a user, but for substate). */
export function jobAttributes(server: Server, job: BatchJob, privileged: boolean): Attribute[] {
  const six = server.version === '6.1.3';
  const execution = job.execution ?? (job.state === 'C' ? job.lastExecution : undefined);
  const list = [...identity(server, job, execution), ...placing(server, job, execution, privileged), ...history(server, job), ...when6(six, job)];
  return list.filter((item): item is Attribute => item[1] !== undefined);
}

function identity(server: Server, job: BatchJob, execution: Execution | undefined): Maybe[] {
  const six = server.version === '6.1.3';
  return [
    ['Job_Name', job.name],
    ['Job_Owner', `${job.owner}@${server.name}`],
    ['resources_used', usage(server, job)],
    ['job_state', job.state],
    ['queue', job.queue],
    ['server', server.name],
    ['Account_Name', job.account],
    ['Checkpoint', 'u'],
    instant('ctime', job.createdAt),
    ['depend', dependText(job)],
    ['Error_Path', job.errorPath],
    ['exec_host', execution && execHost(execution, six)],
    ['exec_port', six ? undefined : execution?.slots.map(() => '15003').join('+')],
    instant('Execution_Time', job.executionAt),
    ['Hold_Types', holdTypes(job, six)],
    ['Join_Path', job.joinPath],
    ['Keep_Files', 'n'],
    ['Mail_Points', 'a'],
    instant('mtime', job.modifiedAt),
    ['Output_Path', job.outputPath],
    maybe('Priority', job.priority),
    when('qtime', !(six && job.kind === 'array'), epoch(job.queuedAt)),
    ['Rerunable', job.rerunnable ? 'True' : 'False'],
  ];
}

function placing(server: Server, job: BatchJob, execution: Execution | undefined, privileged: boolean): Maybe[] {
  return [
    ['Resource_List', resourceList(job, privileged, server.version === '6.1.3')],
    maybe('session_id', execution?.run && execution.session),
    when('substate', privileged, substate(job)),
    ['Variable_List', job.variables],
    ['euser', job.owner],
    ['egroup', job.owner],
    when('hashname', privileged && execution !== undefined, job.id),
    when('queue_rank', privileged, String(job.rank)),
    ['queue_type', 'E'],
    ['comment', job.comment],
  ];
}

function history(server: Server, job: BatchJob): Maybe[] {
  const ranMs = job.completedAt === undefined ? undefined : job.completedAt - (job.startedAt ?? job.completedAt);
  return [
    instant('etime', job.eligibleAt),
    maybe('exit_status', job.exitStatus),
    ['submit_args', job.submitArgs],
    ['job_array_request', job.kind === 'array' ? job.arrayRequest : undefined],
    maybe('job_array_id', job.arrayIndex),
    instant('start_time', job.startedAt),
    ['Walltime', remaining(server, job)],
    maybe('start_count', job.startCount === 0 ? undefined : job.startCount),
    ['fault_tolerant', 'False'],
    instant('comp_time', job.completedAt),
    ['job_radix', '0'],
    maybe('total_runtime', ranMs && (ranMs / 1000).toFixed(6)),
    ['submit_host', server.name],
    ['x', job.extra],
  ];
}

const when6 = (six: boolean, job: BatchJob): Maybe[] =>
  six
    ? [
        ['init_work_dir', `/home/${job.owner}`],
        ['request_version', '1'],
      ]
    : [];

export const jobXml = (server: Server, job: BatchJob, privileged: boolean): string =>
  `<Job><Job_Id>${job.id}</Job_Id>${jobAttributes(server, job, privileged)
    .map(
      ([name, value]) =>
        `<${name}>${typeof value === 'string' ? escapeXml(value) : value.map(([part, text]) => `<${part}>${escapeXml(text)}</${part}>`).join('')}</${name}>`,
    )
    .join('')}</Job>`;

/** `qstat -f`: long lines folded at commas. */
export const jobText = (server: Server, job: BatchJob, privileged: boolean): string =>
  `Job Id: ${job.id}\n${jobAttributes(server, job, privileged)
    .flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : value.map(([part, text]) => [`${name}.${part}`, text] as const)))
    .map(([name, value]) => folded(`    ${name} = ${instants.has(name) ? ctimeText(Number(value) * 1000) : value}`))
    .join('\n')}\n\n`;

/** TORQUE breaks after a comma before column 79, counting bytes, and goes on with a tab; without a comma in reach, at the column. */
export function folded(line: string): string {
  let rest = toBytes(line).toString('latin1');
  let from = rest.indexOf(' = ') + 3;
  let text = '';
  for (let width = 79; rest.length >= width; width = 71) {
    const comma = rest.lastIndexOf(',', width - 1);
    const cut = comma > from ? comma + 1 : width - 1;
    text += `${rest.slice(0, cut)}\n\t`;
    rest = rest.slice(cut);
    from = 0;
  }
  return fromBytes(Buffer.from(text + rest, 'latin1'));
}

const substate = (job: BatchJob): string =>
  job.state === 'H' ? (job.holds.has('s') && job.depends.length > 0 ? '22' : '20') : { Q: '10', W: '30', R: '42', C: '59' }[job.state];

export function holdTypes(job: BatchJob, six: boolean): string | undefined {
  const letters = ['u', 'o', 's'].filter((letter) => job.holds.has(letter)).join('');
  if (letters !== '') return letters;
  if (job.holds.has('l')) return six ? 'l' : '';
  return job.kind === 'element' ? undefined : 'n';
}

function dependText(job: BatchJob): string | undefined {
  const byType = new Map<string, string[]>();
  for (const { type, job: id } of [...job.depends, ...job.dependents]) byType.set(type, [...(byType.get(type) ?? []), id]);
  return byType.size === 0 ? undefined : [...byType].map(([type, ids]) => `${type}:${ids.join(':')}`).join(',');
}

/** 4.2: `wn01/0+wn01/1+wn02/0`; 6.1: `wn02/0-1+wn01/0-1`. */
export function execHost(execution: Execution, six: boolean): string {
  if (!six) return execution.slots.map(({ node, slot }) => `${node}/${slot}`).join('+');
  return execution.nodes.map((name) => `${name}/${rangesText(execution.slots.filter((s) => s.node === name).map((s) => s.slot))}`).join('+');
}

/** 4.2 sorts by name; 6.1 keeps the order given. `neednodes` is for managers only. */
function resourceList(job: BatchJob, privileged: boolean, six: boolean): [string, string][] | undefined {
  const shown = [...job.resources].filter(([name]) => privileged || name !== 'neednodes');
  if (!six) shown.sort(([a], [b]) => (a < b ? -1 : 1));
  return shown.length === 0 ? undefined : shown;
}

const elapsedSeconds = (server: Server, job: BatchJob): number =>
  job.startedAt === undefined ? 0 : Math.floor((((job.completedAt ?? server.now) - job.startedAt) / 1000) * (server.options.pace ?? 1));

/** What the mom last said it used: nothing in the first `job_stat_rate`. */
function usage(server: Server, job: BatchJob): [string, string][] | undefined {
  const run = (job.execution ?? job.lastExecution)?.run;
  if (run === undefined || (job.state !== 'R' && job.state !== 'C') || (job.state === 'R' && server.now - run.startedAt < server.statusMs)) return undefined;
  const [memory, wall] = ['0kb', clockText(elapsedSeconds(server, job))];
  return [
    ['cput', '00:00:00'],
    ['mem', memory],
    ['vmem', memory],
    ['walltime', wall],
  ];
}

function remaining(server: Server, job: BatchJob): [string, string][] | undefined {
  const limit = parseSeconds(job.resources.get('walltime') ?? '');
  return job.state !== 'R' || limit === undefined || job.execution?.session === 0 ? undefined : [['Remaining', String(limit - elapsedSeconds(server, job))]];
}
