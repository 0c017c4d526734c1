import type { Answer } from './answer.js';
import { type Command, type Context, failed, getopt, hasOption, said } from './command.js';
import { assign, create, type Fault, remove, unset } from './qmgr-change.js';
import { type Directive, parseDirective } from './qmgr-directive.js';
import { list, print } from './qmgr-print.js';

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  readonly quit?: boolean;
}

/** `qmgr -c DIRECTIVE`, or directives on standard input, echoed: the exit status is that of the last one only. */
export const qmgr: Command = (args, context) => {
  const words = getopt(args, 'ac:enz');
  if (words.illegal !== undefined) return failed(1, `qmgr: invalid option -- '${words.illegal}'\nusage: qmgr [-a] [-c command] [-e] [-n] [-z] [server...]`);
  const given = words.options.filter(([letter]) => letter === 'c').map(([, text]) => text);
  if (given.length > 0) return inTurn(given, hasOption(words, 'a'), false, context);
  const lines = (context.io.stdin ?? '').split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return inTurn(lines, hasOption(words, 'a'), true, context);
};

function inTurn(lines: readonly string[], abort: boolean, echo: boolean, context: Context): Answer {
  let stdout = echo ? 'Max open servers: 9\n' : '';
  let stderr = '';
  let exit = 0;
  for (const line of lines) {
    if (echo) stdout += `${line}\n`;
    const done = obey(line, context);
    stdout += done.stdout;
    stderr += done.stderr;
    exit = done.exit;
    if (done.quit === true || (abort && exit !== 0)) break;
  }
  return { stdout, stderr, exit };
}

function obey(line: string, context: Context): Outcome {
  const directive = parseDirective(line);
  if (typeof directive === 'string') return failed(2, directive);
  if (directive.verb === 'quit') return { stdout: '', stderr: '', exit: 0, quit: true };
  if (directive.verb === 'active') return said('');
  if (directive.verb === 'list' || directive.verb === 'print') return shown(directive, context);
  const needed = directive.verb === 'create' || directive.verb === 'delete' ? 'PERM_MANAGER' : 'PERM_OPorMGR';
  const allowed = needed === 'PERM_MANAGER' ? context.server.isManager(context.io.user) : context.server.isOperator(context.io.user);
  const names = directive.object === 'server' ? [''] : targets(directive, context);
  const complaints: string[] = [];
  for (const name of names) {
    const fault: Fault = allowed ? change(directive, name, context) : `Unauthorized Request  MSG=error in permissions (${needed})`;
    if (fault !== undefined) complaints.push(`qmgr obj=${name} svr=default: ${fault}\n`);
  }
  return { stdout: '', stderr: complaints.join(''), exit: complaints.length > 0 ? 2 : 0 };
}

/** Nothing named means all of that kind (qmgr's active objects). */
const targets = (directive: Directive, { server }: Context): readonly string[] => {
  if (directive.names.length > 0) return directive.names;
  return [...(directive.object === 'node' ? server.nodes : server.queues).keys()];
};

function change(directive: Directive, name: string, context: Context): Fault {
  if (directive.verb === 'create') return create(directive, name, context);
  if (directive.verb === 'delete') return remove(directive, name, context);
  return directive.verb === 'set' ? assign(directive, name, context) : unset(directive, name, context);
}

function shown(directive: Directive, context: Context): Outcome {
  const names = directive.object === 'server' ? [''] : targets(directive, context);
  const all = directive.object === 'node' ? context.server.nodes : context.server.queues;
  const missing = directive.object === 'server' ? [] : names.filter((name) => !all.has(name));
  const stderr = missing.map((name) => `qmgr obj=${name} svr=default: Unknown ${directive.object} \n`).join('');
  const there = names.filter((name) => !missing.includes(name));
  const stdout = directive.verb === 'list' ? list(directive, there, context) : print(directive, there, context);
  return { stdout, stderr, exit: missing.length > 0 ? 2 : 0 };
}
