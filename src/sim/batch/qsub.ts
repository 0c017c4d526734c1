import type { Answer } from './answer.js';
import { clockText, instantOf } from './civil.js';
import { type Command, type Context, failed, getopt, hasOption, optionOf, said } from './command.js';
import { fateOf, parseDepend } from './dependencies.js';
import type { Dependency } from './job.js';
import { jobId } from './job-ids.js';
import { queueNamed, queueTaking } from './qsub-queue.js';
import { fault, Refusal, refuse } from './qsub-refusal.js';
import { isResource, parseNodes, parsePairs, parseSeconds } from './resources.js';
import { readScript } from './script.js';
import type { Server } from './server.js';
import { type Submission, submit } from './submit.js';
import { variableList } from './variables.js';

const letters = 'a:A:b:c:C:d:D:e:fF:hIj:k:l:m:M:nN:o:p:P:q:r:S:t:T:u:v:Vw:W:Xz';
const usage = 'usage: qsub [-a date_time] [-A account_string] [-l resource_list] [-N name] [-q queue] [script]';

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
  if (typed.illegal !== undefined) throw new Refusal(failed(2, `qsub: invalid option -- '${typed.illegal}'\n${usage}`));
  const script = readScript(io.stdin ?? '');
  const inScript = getopt(script.directives, letters);
  const option = (letter: string): string | undefined => optionOf(typed, letter) ?? optionOf(inScript, letter);
  const has = (letter: string): boolean => hasOption(typed, letter) || hasOption(inScript, letter);
  const resources = resourcesOf([...inScript.options, ...typed.options]);
  const named = queueNamed(server, option('q'));
  const extras = extrasOf(option('W') ?? '');
  const depends = dependsOf(server, extras.get('depend'));
  const queue = queueTaking(server, named, resources);
  const submission: Submission = {
    user: io.user,
    queue,
    originalQueue: named.name,
    name: nameOf(option('N') ?? typed.operands[0]?.replace(/^.*\//, '') ?? 'STDIN'),
    resources,
    holds: has('h') ? ['u'] : [],
    executionAt: dateOf(option('a'), server.now),
    depends,
    account: option('A'),
    rerunnable: option('r') !== 'n',
    joinPath: option('j') ?? 'n',
    errorPath: pathOf(server, option('e')),
    outputPath: pathOf(server, option('o')),
    variables: variableList(server, io.user, named.name, option('v'), has('V')),
    submitArgs: args.join(' '),
    extra: extras.get('x'),
    priority: Number(option('p') ?? 0),
    array: arrayOf(option('t'), server),
    script: io.stdin ?? '',
    runSeconds: script.runSeconds,
    scriptExit: script.exit,
  };
  const id = submit(server, submission);
  return said(has('z') ? '' : `${id}\n`);
}

const nameOf = (name: string): string => (name.length > 255 || /\s/.test(name) ? fault('qsub: illegal -N value') : name);
const dateOf = (text: string | undefined, now: number): number | undefined =>
  text === undefined ? undefined : (instantOf(text, now) ?? fault('qsub: illegal -a value'));
const pathOf = (server: Server, path: string | undefined): string | undefined => (path === undefined || path.includes(':') ? path : `${server.name}:${path}`);

/** All `-l`, later ones win. */
function resourcesOf(options: readonly (readonly [string, string])[]): Map<string, string> {
  const lists = options.filter(([letter]) => letter === 'l').map(([, value]) => value);
  return new Map(lists.flatMap(parsePairs).map(([name, value]) => [name, resourceValue(name, value)]));
}

/** As the server stores it: walltime as hours, minutes and seconds. */
function resourceValue(name: string, value: string): string {
  if (!isResource(name)) refuse(189, `Unknown resource type  Resource_List.${name}`);
  if (value === '') fault('qsub: illegal -l value');
  const seconds = name === 'walltime' ? parseSeconds(value) : undefined;
  const wrong =
    (name === 'walltime' && seconds === undefined) || (name === 'nodes' && parseNodes(value) === undefined) || (name === 'procs' && !/^[1-9]\d*$/.test(value));
  if (wrong) refuse(164, `Illegal attribute or resource value for Resource_List.${name}`);
  return seconds === undefined ? value : clockText(seconds);
}

/** What it waits for; a job that is not there, or over in the wrong way, cannot be waited for. */
function dependsOf(server: Server, text: string | undefined): Dependency[] {
  if (text === undefined) return [];
  const parsed = parseDepend(text) ?? refuse(168, 'Illegal attribute or resource value for depend');
  return parsed.map(({ type, job }) => {
    const id = jobId(server, job);
    const target = server.jobs.get(id);
    if (target === undefined || (target.state === 'C' && fateOf(type, target.exitStatus) === 'die')) refuse(208, 'Invalid Job Dependency');
    return { type, job: id };
  });
}

/** `-W a=b,depend=afterok:1,afterany:2`: a piece without a known name belongs to the one before. */
function extrasOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let last: string | undefined;
  for (const piece of text.split(',')) {
    const match = /^\s*([a-z_]+)=(.*)$/s.exec(piece);
    last = match?.[1] ?? last;
    if (match !== null) found.set(match[1]!, match[2]!);
    else if (last !== undefined) found.set(last, `${found.get(last)},${piece}`);
  }
  return found;
}

/** `1-5%2`, `0,3,7`; at most 10,000 elements. 4.2 forgets the limit in what it shows. */
function arrayOf(text: string | undefined, server: Server): Submission['array'] {
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
