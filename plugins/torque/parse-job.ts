import { type ExecSlots, holdsNodes, type Job, type JobState } from '../../src/model/job.js';
import { type IsHost, parseRequest } from './parse-request.js';
import type { Elements } from './parse-shape.js';
import { parseExecHosts } from './parse-slots.js';
import { count, instant } from './parse-text.js';

/** The parts of one `<Job>` that we look at: never what users put into the environment or the command line. */
export interface JobFields {
  /** Elements of the job itself, by name. */
  readonly own: Elements;
  /** `Resource_List`. */
  readonly resources: ReadonlyMap<string, string>;
  /** Why its bytes could not be taken as they were. */
  readonly damaged?: string;
}

const states: Readonly<Record<string, JobState>> = {
  Q: 'queued',
  H: 'held',
  W: 'waiting',
  R: 'running',
  E: 'exiting',
  S: 'suspended',
  T: 'transit',
  C: 'complete',
};

/** `1234.server`, `1234[].server`, `1234[7].server`. */
export const jobIdPattern = /^\d+(\[\d*\])?(\.[A-Za-z0-9_.-]+)?$/;

/** Waits for other jobs (`before...` is the other side of it). */
const waitsForOthers = /(^|,)\s*(after|on:|syncwith)/;

/** One job from its fields; `damaged` says what is missing or unreadable. The id must be there. */
export function parseJob(source: string, id: string, fields: JobFields, isHost: IsHost, requestOf: typeof parseRequest = parseRequest): Job {
  const { own, resources } = fields;
  const flaws: string[] = fields.damaged === undefined ? [] : [fields.damaged];
  const execHosts = readExecHosts(own.get('exec_host'), flaws);
  const state = readState(own.get('job_state'), flaws);
  const submittedAt = instant(own.get('ctime')) ?? instant(own.get('qtime'));
  if (submittedAt === undefined) flaws.push('it has no time of submission');
  const queue = own.get('queue') ?? '';
  if (queue === '') flaws.push('it names no queue');
  const held = state === 'held' || state === 'waiting';
  const eligibleAt = held ? undefined : (instant(own.get('etime')) ?? instant(own.get('qtime')) ?? submittedAt);
  return {
    source,
    id,
    name: own.get('Job_Name') ?? '',
    owner: ownerOf(own),
    queue,
    state,
    request: requestOf(resources, isHost, unservedExtras(own)),
    submittedAt: submittedAt ?? 0,
    execHosts,
    // 4.2 leaves the `s` hold and the dependency on a job that it has released: the state is what counts
    dependent: held && waitsForOthers.test(own.get('depend') ?? ''),
    holds: held ? (own.get('Hold_Types') ?? '').replace('n', '') : '',
    rerunnable: own.get('Rerunable') === 'True',
    ...maybe('group', own.get('egroup')),
    ...maybe('account', own.get('Account_Name')),
    ...maybe('comment', own.get('comment')),
    ...maybe('startedAt', instant(own.get('start_time'))),
    ...maybe('eligibleAt', eligibleAt),
    ...maybe('exitStatus', exitStatus(own.get('exit_status'))),
    ...maybe('damaged', flaws.length === 0 ? undefined : flaws.join('; ')),
  };
}

/** An optional field: there, or not there at all. */
const maybe = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });

/** A job whose state cannot be read is taken for running: it is no demand, and nobody may be sure that a node is free of it. */
function readState(letter: string | undefined, flaws: string[]): JobState {
  const state = letter === undefined ? undefined : states[letter];
  if (state !== undefined) return state;
  flaws.push(letter === undefined ? 'it shows no state' : `its state ${JSON.stringify(letter)} is unknown`);
  return 'running';
}

function readExecHosts(text: string | undefined, flaws: string[]): readonly ExecSlots[] {
  if (text === undefined || text === '') return [];
  try {
    return parseExecHosts(text);
  } catch (thrown) {
    flaws.push(thrown instanceof Error ? thrown.message : String(thrown));
    return [];
  }
}

/** `alice@torque.example.org` without the host; the effective user where the owner is missing. */
const ownerOf = (own: Elements): string => (own.get('Job_Owner') ?? own.get('euser') ?? '').replace(/@.*$/s, '');

function exitStatus(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = count(text.replace(/^-/, ''));
  return value === undefined ? undefined : text.startsWith('-') ? -value : value;
}

/** Requests that stand outside `Resource_List`. */
function unservedExtras(own: Elements): readonly string[] {
  const found: string[] = [];
  const extension = own.get('x');
  if (extension !== undefined && extension !== '') found.push(`-W x=${extension}`);
  if (own.has('req_information') || Number(own.get('request_version') ?? 1) > 1) found.push('-L');
  return found;
}

/** It may be on any node: it holds slots, and nobody can read where. */
export const isAnywhere = (job: Job): boolean => holdsNodes(job) && job.execHosts.length === 0;
