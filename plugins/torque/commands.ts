import { Failure } from '../../src/drivers/failure.js';

/** Where the commands are and whom they speak to. */
export interface Place {
  /** Name of the batch server; absent = this machine's default. */
  readonly server?: string | undefined;
  /** Folder of TORQUE's commands; absent = PATH. */
  readonly bin?: string | undefined;
}

/** A word that is safe in a line of qmgr. */
const plainWord = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/;
/** A value of a queue's attribute: a node expression at most. */
const plainValue = /^[A-Za-z0-9_][A-Za-z0-9_.:+=-]{0,254}$/;
const jobId = /^\d{1,15}(\[\d*\])?(\.[A-Za-z0-9_.-]{1,254})?$/;
const longestNote = 200;

/** Raises Failure `refused` for what would mean something else to TORQUE. */
function word(kind: string, text: string): string {
  if (!plainWord.test(text)) throw new Failure('refused', `${JSON.stringify(text)} is no name of a ${kind}`);
  return text;
}
const slots = (np: number): string => {
  if (!Number.isInteger(np) || np < 1 || np > 100_000) throw new Failure('refused', `np ${np} is no number of slots`);
  return String(np);
};

/** A note as TORQUE keeps it: one line of bounded length. */
export const tidyNote = (note: string): string =>
  note
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, longestNote)
    .trimEnd();

const at = ({ server, bin }: Place, command: string, ...args: readonly string[]): readonly string[] => [
  ...(server === undefined ? [] : ['env', `PBS_DEFAULT=${server}`]),
  bin === undefined ? command : `${bin}/${command}`,
  ...args,
];
const qmgr = (place: Place, directive: string): readonly string[] => at(place, 'qmgr', '-c', directive);

export const listJobs = (place: Place): readonly string[] => at(place, 'qstat', '-t', '-x');
export const listJob = (place: Place, id: string): readonly string[] => {
  if (!jobId.test(id)) throw new Failure('refused', `${JSON.stringify(id)} is no job id`);
  return at(place, 'qstat', '-x', id);
};
/** All nodes, or those named. */
export const listNodes = (place: Place, nodes: readonly string[] = []): readonly string[] =>
  at(place, 'pbsnodes', '-x', ...nodes.map((node) => word('node', node)));
export const listQueues = (place: Place): readonly string[] => at(place, 'qstat', '-Qf');
export const listServer = (place: Place): readonly string[] => qmgr(place, 'list server');
export const listScheduling = (place: Place): readonly string[] => qmgr(place, 'list server scheduling');

export const setOffline = (place: Place, node: string, note: string): readonly string[] =>
  at(place, 'pbsnodes', '-o', '-N', tidyNote(note), word('node', node));
export const clearOffline = (place: Place, nodes: readonly string[]): readonly string[] =>
  at(place, 'pbsnodes', '-c', '-N', '', ...nodes.map((node) => word('node', node)));

/** One qmgr for many nodes; the lines go to its stdin. */
export const manyDirectives = (place: Place): readonly string[] => at(place, 'qmgr');
export const npDirective = (node: string, np: number): string => `set node ${word('node', node)} np = ${slots(np)}`;
export const setNp = (place: Place, node: string, np: number): readonly string[] => qmgr(place, npDirective(node, np));

/** Asks for a cycle by saying what is already so: only where scheduling is on. */
export const triggerCycle = (place: Place): readonly string[] => qmgr(place, 'set server scheduling = True');
/** With -f: without it a dead mom blocks the command for five minutes. */
export const requeueJob = (place: Place, id: string): readonly string[] => {
  if (!jobId.test(id)) throw new Failure('refused', `${JSON.stringify(id)} is no job id`);
  return at(place, 'qrerun', '-f', id);
};

/** Two waiting jobs change places in their queue; an operator may move anybody's. */
export const swapPlaces = (place: Place, one: string, other: string): readonly string[] => {
  for (const id of [one, other]) if (!jobId.test(id)) throw new Failure('refused', `${JSON.stringify(id)} is no job id`);
  return at(place, 'qorder', one, other);
};

export const createNode = (place: Place, node: string, np: number): readonly string[] => qmgr(place, `create node ${word('node', node)} np=${slots(np)}`);
export const addProperty = (place: Place, node: string, property: string): readonly string[] =>
  qmgr(place, `set node ${word('node', node)} properties += ${word('property', property)}`);
export const createQueue = (place: Place, queue: string): readonly string[] => qmgr(place, `create queue ${word('queue', queue)}`);
export const setQueue = (place: Place, queue: string, attribute: string, value: string): readonly string[] => {
  if (!plainValue.test(value)) throw new Failure('refused', `${JSON.stringify(value)} is no value of a queue's ${attribute}`);
  return qmgr(place, `set queue ${word('queue', queue)} ${attribute} = ${value}`);
};
export const keepNp = (place: Place): readonly string[] => qmgr(place, 'set server auto_node_np = False');

/** Looks a name up as the batch server would. A `getent` beside TORQUE's commands comes before the machine's own. */
export const resolveName = (node: string, { bin }: Place = {}): readonly string[] => [
  ...(bin === undefined ? [] : ['env', `PATH=${bin}:/usr/sbin:/usr/bin:/sbin:/bin`]),
  ...['getent', 'hosts', word('node', node)],
];
export const whoAmI: readonly string[] = ['id', '-un'];
/** Typed by a person on the batch server's own machine, never run by us. */
/** For whoever types the commands; setup itself looks until it is so. */
export const pauseForList: readonly string[] = ['sleep', '20'];
export const restartServer: readonly string[] = ['systemctl', 'restart', 'pbs_server'];
