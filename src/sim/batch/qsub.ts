import type { Answer } from './answer.js';
import { clockText, instantOf } from './civil.js';
import { type Command, type Context, failed, getopt, hasOption, optionOf, said } from './command.js';
import { fateOf, parseDepend } from './dependencies.js';
import { jobId } from './job-ids.js';
import { isFeasible } from './placement.js';
import { first, isExecution, isRoute, isTrue, type Queue } from './queue.js';
import { isResource, parseNodes, parsePairs, parseSeconds } from './resources.js';
import { readScript } from './script.js';
import type { Server } from './server.js';
import { completed, submit } from './submit.js';
import { variableList } from './variables.js';

const letters = 'a:A:b:c:C:d:D:e:fF:hIj:k:l:m:M:nN:o:p:P:q:r:S:t:T:u:v:Vw:W:Xz';

/** A refusal, thrown inside this file only. */
class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(answer.stderr);
    this.answer = answer;
  }
}
const refuse = (exit: number, text: string): never => {
  throw new Refusal(failed(exit, `qsub: submit error (${text})`));
};

/** `qsub [options] [script]`; the script's content comes on standard input. */
export const qsub: Command = (args, context) => {
  if (context.io.user === 'root') return failed(1, '', 'qsub can not be run as root\n');
  try {
    return accept(args, context);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    context.server.refusals += 1;
    return thrown.answer;
  }
};

function accept(args: readonly string[], { server, io }: Context): Answer {
  const typed = getopt(args, letters);
  const script = readScript(io.stdin ?? '');
  const inScript = getopt(script.directives, letters);
  if (typed.illegal !== undefined)
    throw new Refusal(
      failed(2, `qsub: invalid option -- '${typed.illegal}'\nusage: qsub [-a date_time] [-A account_string] [-l resource_list] [-N name] [-q queue] [script]`),
    );
  const option = (letter: string): string | undefined => optionOf(typed, letter) ?? optionOf(inScript, letter);
  const has = (letter: string): boolean => hasOption(typed, letter) || hasOption(inScript, letter);
  const asked = resourcesOf([...inScript.options, ...typed.options]);
  const named = queueOf(server, option('q'));
  const extras = extrasOf(option('W') ?? '');
  const depends = (extras.depend === undefined ? [] : (parseDepend(extras.depend) ?? refuse(168, `Illegal attribute or resource value for depend`))).map(
    ({ type, job }) => ({
      type,
      job: jobId(server, job),
    }),
  );
  const queue = isRoute(named) ? routed(server, named, asked) : admissible(server, named, asked);
  for (const { type, job } of depends) {
    const target = server.jobs.get(job);
    if (target === undefined || (target.state === 'C' && fateOf(type, target.exitStatus) === 'die')) refuse(208, `Invalid Job Dependency`);
  }
  const base = typed.operands[0]?.replace(/^.*\//, '') ?? 'STDIN';
  const name = option('N') ?? base;
  if (name.length > 255 || /\s/.test(name)) throw new Refusal(failed(1, 'qsub: illegal -N value'));
  const dated = option('a');
  const id = submit(server, {
    user: io.user,
    queue,
    originalQueue: named.name,
    name,
    resources: asked,
    holds: has('h') ? ['u'] : [],
    executionAt: dated === undefined ? undefined : (instantOf(dated, server.now) ?? fault(`qsub: illegal -a value`)),
    depends,
    account: option('A'),
    rerunnable: option('r') !== 'n',
    joinPath: option('j') ?? 'n',
    errorPath: pathOf(server, option('e')),
    outputPath: pathOf(server, option('o')),
    variables: variableList(server, io.user, named.name, option('v'), has('V')),
    submitArgs: args.join(' '),
    extra: extras.x,
    priority: Number(option('p') ?? 0),
    array: arrayOf(option('t'), server),
    runSeconds: script.runSeconds,
    scriptExit: script.exit,
  });
  return said(has('z') ? '' : `${id}\n`);
}

const fault = (text: string): never => {
  throw new Refusal(failed(1, text));
};
const pathOf = (server: Server, path: string | undefined): string | undefined => (path === undefined || path.includes(':') ? path : `${server.name}:${path}`);

/** All `-l`, later ones win; walltime as hours, minutes and seconds. */
function resourcesOf(options: readonly (readonly [string, string])[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const [letter, value] of options) {
    if (letter !== 'l') continue;
    for (const [name, wanted] of parsePairs(value)) {
      if (!isResource(name)) refuse(189, `Unknown resource type  Resource_List.${name}`);
      if (wanted === '') fault('qsub: illegal -l value');
      const seconds = name === 'walltime' ? parseSeconds(wanted) : undefined;
      if (name === 'walltime' && seconds === undefined) refuse(164, `Illegal attribute or resource value for Resource_List.walltime`);
      if (name === 'nodes' && parseNodes(wanted) === undefined) refuse(164, `Illegal attribute or resource value for Resource_List.nodes`);
      if (name === 'procs' && !/^[1-9]\d*$/.test(wanted)) refuse(164, `Illegal attribute or resource value for Resource_List.procs`);
      all.set(name, seconds === undefined ? wanted : clockText(seconds));
    }
  }
  return all;
}

function queueOf(server: Server, asked: string | undefined): Queue {
  const name = (asked ?? first(server.attributes, 'default_queue'))?.replace(/@.*$/, '');
  if (name === undefined) return refuse(187, 'No default queue specified MSG=requested queue not found');
  return server.queues.get(name) ?? refuse(172, 'Unknown queue MSG=requested queue not found');
}

/** The queue, when it takes jobs and the listed nodes could carry this one. */
function admissible(server: Server, queue: Queue, asked: ReadonlyMap<string, string>): Queue {
  if (!isExecution(queue) || !isTrue(queue.attributes, 'enabled')) refuse(180, `Queue is not enabled MSG=queue is disabled: user = , queue ${queue.name}`);
  const all = completed(asked, queue);
  const nodes = all.get('nodes');
  const procs = all.get('procs');
  const limit = first(server.attributes, 'resources_available.nodect') ?? first(queue.attributes, 'resources_available.nodect');
  const needs = nodes === undefined ? undefined : parseNodes(nodes);
  if (!isFeasible(server, needs, procs === undefined ? undefined : Number(procs), limit === undefined ? undefined : Number(limit)))
    refuse(
      190,
      'Job exceeds queue resource limits MSG=cannot locate feasible nodes (nodes file is empty, all systems are busy, or no nodes have the requested feature)',
    );
  return queue;
}

/** The first destination that takes it. */
function routed(server: Server, route: Queue, asked: ReadonlyMap<string, string>): Queue {
  if (!isTrue(route.attributes, 'enabled')) refuse(180, `Queue is not enabled MSG=queue is disabled: user = , queue ${route.name}`);
  for (const name of route.attributes.get('route_destinations') ?? []) {
    const queue = server.queues.get(name);
    try {
      if (queue !== undefined) return admissible(server, queue, asked);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown; // a destination's refusal only means: the next one
    }
  }
  return refuse(193, 'Route job rejected: all possible destinations rejected');
}

/** `-W a=b,depend=afterok:1,afterany:2`: a piece without a known name belongs to the one before. */
function extrasOf(text: string): { readonly depend?: string; readonly x?: string } {
  const found: Record<string, string> = {};
  let last: string | undefined;
  for (const piece of text.split(',')) {
    const match = /^\s*([a-z_]+)=(.*)$/s.exec(piece);
    if (match !== null) {
      last = match[1]!;
      found[last] = match[2]!;
    } else if (last !== undefined) found[last] += `,${piece}`;
  }
  const { depend, x } = found as { depend?: string; x?: string };
  return { ...(depend === undefined ? {} : { depend }), ...(x === undefined ? {} : { x }) };
}

/** `1-5%2`, `0,3,7`; at most 10,000 elements. 4.2 forgets the limit in what it shows. */
function arrayOf(text: string | undefined, server: Server): { request: string; indices: readonly number[]; limit: number | undefined } | undefined {
  if (text === undefined) return undefined;
  const match = /^([\d,-]+)(?:%(\d+))?$/.exec(text) ?? fault('qsub: illegal -t value');
  const indices = new Set<number>();
  for (const part of match[1]!.split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part) ?? fault('qsub: illegal -t value');
    const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (to < from || to - from + indices.size >= 10_000) fault('qsub: illegal -t value');
    for (let index = from; index <= to; index++) indices.add(index);
  }
  return { request: server.version === '6.1.3' ? text : match[1]!, indices: [...indices], limit: match[2] === undefined ? undefined : Number(match[2]) };
}
