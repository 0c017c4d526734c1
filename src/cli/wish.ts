import type { Command } from 'commander';
import type { RequestRecord, Wish } from '../api/schema/requests.js';
import type { Client } from './client.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { type Exit, exits } from './exits.js';
import { harmless } from './screen.js';

/** How long a command waits for the planner's answer, and how often it looks, ms. */
const answerMs = 10_000;
const lookMs = 200;

/** Posts the wish and waits for its answer; the request as it then stands. */
async function wished(context: Context, client: Client, wish: Wish): Promise<RequestRecord> {
  let request = await client.act('POST /requests', { body: wish });
  const until = context.clock.mono() + answerMs;
  while (request.state === 'open' && context.clock.mono() < until && !context.screen.ended.aborted) {
    await context.clock.sleep(lookMs, context.screen.ended);
    request = await client.read('GET /requests/:id', { params: { id: request.id } });
  }
  return request;
}

const exitOf: Readonly<Record<RequestRecord['state'], Exit>> = { done: exits.ok, refused: exits.refused, expired: exits.no, open: exits.no };

function answerText(request: RequestRecord): string {
  if (request.state === 'open') return `no answer within ${answerMs / 1000} s; the request stands until it expires (${request.id})\n`;
  return `${harmless(request.text ?? request.state)}\n`;
}

interface Kind {
  readonly kind: Wish['kind'];
  readonly argument?: readonly [name: string, description: string];
  readonly description: string;
  /** A command that is explained takes `--why`. */
  readonly why: boolean;
}

const kinds: readonly Kind[] = [
  { kind: 'drain', argument: ['<machine>', 'machine or seat'], description: 'let a machine finish its jobs and go', why: true },
  {
    kind: 'bury',
    argument: ['<machine>', 'machine or seat'],
    description: 'stop a machine whose worker is silent, whatever runs there by the batch server',
    why: true,
  },
  { kind: 'hold', argument: ['<machine>', 'machine or seat'], description: 'leave a machine alone until it is released', why: true },
  { kind: 'release', argument: ['<machine>', 'machine or seat'], description: 'take a hold back', why: true },
  { kind: 'stay', argument: ['<machine>', 'machine or seat'], description: 'take a move back that has not begun: the machine stays where it is', why: true },
  { kind: 'cordon', argument: ['<host>', 'host'], description: 'place no new machines on a host', why: true },
  { kind: 'uncordon', argument: ['<host>', 'host'], description: 'take a cordon back', why: true },
  { kind: 'unshare', argument: ['<environment>', 'environment'], description: 'let its configured share count again', why: true },
  { kind: 'freeze', description: 'stop all deeds at once; machines and jobs stay', why: true },
  { kind: 'thaw', description: 'take a freeze back', why: true },
  { kind: 'forget', argument: ['<stray>', 'stray, as "domus show strays" names it'], description: 'stop reporting a stray', why: true },
  {
    kind: 'approve',
    argument: ['<id...>', 'proposals, as "domus show proposals" names them'],
    description: 'let decisions of advise mode be carried out',
    why: false,
  },
];

interface Options {
  readonly why?: string;
  readonly drain?: boolean;
  readonly share?: number;
  readonly forMs?: number;
  readonly dueAt?: number;
  readonly untilAt?: number;
  readonly to?: string;
}

/** One wish after the other, each with its answer; the exit of the last that was not fulfilled. */
export async function wishAll(context: Context, kind: Wish['kind'], subjects: string | readonly string[], options: Options, its: Command): Promise<Exit> {
  let worst: Exit = exits.ok;
  for (const subject of typeof subjects === 'string' ? [subjects] : subjects) {
    const common = commonOf(its, context);
    const { drain, ...extras } = options;
    const named = Object.fromEntries(Object.entries(extras).filter(([, value]) => value !== undefined)) as Omit<Options, 'drain'>;
    const wish: Wish = { kind, subject, ...named, ...(drain ? { drain } : {}) };
    const request = await wished(context, await clientOf(common), wish);
    show(context, common, request, () => answerText(request));
    if (exitOf[request.state] !== exits.ok) worst = exitOf[request.state];
  }
  return worst;
}

/** `domus drain`, `hold`, ... : each wish is a request that the planner answers. */
export function addWishes(program: Command, context: Context): void {
  for (const { kind, argument, description, why } of kinds) {
    const command = program.command(kind).description(description);
    if (argument !== undefined) command.argument(...argument);
    if (why) command.option('--why <words>', 'the reason, shown wherever this has an effect');
    if (kind === 'cordon') command.option('--drain', 'let the machines on it finish their jobs and go, too');
    const work = (subjects: string | readonly string[], options: Options, its: Command): Promise<Exit> => wishAll(context, kind, subjects, options, its);
    const bare = (options: Options, its: Command): Promise<Exit> => work('', options, its);
    command.action(argument === undefined ? ends(context, bare) : ends(context, work));
  }
  program
    .command('move')
    .description('move a machine to another host, while it runs where both hosts can do that')
    .argument('<machine>', 'machine or seat')
    .argument('[host]', 'where to; without: the fullest host that has room for it')
    .option('--why <words>', 'the reason, shown wherever this has an effect')
    .action(
      ends(context, (machine: string, to: string | undefined, { why }: { why?: string }, its: Command) =>
        wishAll(context, 'move', machine, { ...(to === undefined ? {} : { to }), ...(why === undefined ? {} : { why }) }, its),
      ),
    );
}
