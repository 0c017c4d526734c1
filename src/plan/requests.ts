import type { Machine } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason } from '../model/reason.js';
import type { Change, Request, Rows } from '../model/rows.js';
import { withChanges } from '../model/rows.js';
import type { ServiceMemory } from '../model/service.js';
import type { MachineView, World } from '../model/world.js';
import { askedToEndMaintenance, askedToMaintain } from './maintenance-requests.js';
import { modeOf } from './modes.js';
import { isUnheard } from './mom-silence.js';
import { askedToMove, askedToStay } from './move-requests.js';
import { namesNear } from './near.js';
import { askedToProve, askedToSleep, askedToWake } from './power-requests.js';
import { setShare, unsetShare } from './shares.js';

/** A machine that a person wants gone. */
export interface AskedDrain {
  readonly machine: string;
  readonly reason: Reason;
}

/** A machine that a person wants on another host. */
export interface AskedMove {
  readonly machine: string;
  readonly to: string;
  readonly reason: Reason;
}

export interface Answers {
  readonly changes: readonly Change[];
  readonly drains: readonly AskedDrain[];
  readonly moves: readonly AskedMove[];
}

/** `done` with the rows it writes, or `refused` with a sentence. */
export type Answer =
  | { readonly done: string; readonly changes: readonly Change[]; readonly drain?: AskedDrain; readonly move?: AskedMove }
  | { readonly refused: string };

export interface Asked {
  readonly world: World;
  readonly policy: Policy;
  readonly rows: Rows;
  readonly now: number;
  /** Granted just before. */
  readonly moves: readonly AskedMove[];
}

/**
 * People's wishes, answered in the order they were made, each seeing what the one before has changed. Everything but a
 * drain and a move is a row only, so it works while frozen too. An answer is final: a person asks again rather than wondering
 * whether the wish is still in some list.
 */
export function answerRequests(world: World, policy: Policy, now: number): Answers {
  const open = [...world.rows.requests.values()].filter((r) => r.state === 'open').sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const changes: Change[] = [];
  const drains: AskedDrain[] = [];
  const moves: AskedMove[] = [];
  let rows = world.rows;
  for (const request of open) {
    const answer = request.expiresAt <= now ? undefined : answers[request.kind](request, { world, policy, rows, now, moves });
    const mine: Change[] = [{ table: 'requests', key: request.id, row: answered(request, answer) }];
    if (answer !== undefined && 'done' in answer) {
      mine.push(...answer.changes);
      if (answer.drain !== undefined && !drains.some((d) => d.machine === answer.drain?.machine)) drains.push(answer.drain);
      if (answer.move !== undefined) moves.push(answer.move);
    }
    rows = withChanges(rows, mine);
    changes.push(...mine);
  }
  return { changes, drains, moves };
}

function answered(request: Request, answer: Answer | undefined): Request {
  if (answer === undefined) return { ...request, state: 'expired', answer: because('request-expired') };
  if ('refused' in answer) return { ...request, state: 'refused', answer: because('request-refused', { why: answer.refused }) };
  return { ...request, state: 'done', answer: because('request-done', { what: answer.done }) };
}

const unknown = (what: string, subject: string, known: Iterable<string>): Answer => {
  const near = namesNear(subject, known);
  return { refused: `there is no ${what} "${subject}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}` };
};

/** Why a person's order for a machine cannot be followed now. */
function untouchable(view: MachineView, row: Machine, policy: Policy, rows: Rows): string | undefined {
  if (row.held !== undefined) return `${row.id} is held by ${row.held.by} (${row.held.why}): release it first`;
  const freeze = rows.freeze.get('freeze');
  if (freeze !== undefined) return `frozen by ${freeze.by} (${freeze.why}): thaw first`;
  return modeOf(policy, view) === 'watch' ? `${row.id} is in watch mode: nothing is done to it` : undefined;
}

/** A person's word that a permanent machine on a silent host runs no more: it is started elsewhere. */
function buryService({ who, why }: Request, { hostHeard }: MachineView, row: Machine, now: number): Answer {
  if (hostHeard) return { refused: `host ${row.host} answers, and shows what runs on it: "domus drain ${row.seat}" starts it anew` };
  const changes: Change[] = [{ table: 'machines', key: row.id, row: { ...row, buried: { by: who, why, at: now } } }];
  return { done: `${row.id} counts as dead with host ${row.host}: it is started elsewhere`, changes };
}

/** What is remembered of a service's disk is forgotten: where none is on the store, the next start makes a new one. */
function forgetService({ service, disk }: ServiceMemory, { machines }: Rows): Answer {
  const running = [...machines.values()].find(({ seat, kind }) => seat === service && kind === 'service');
  if (running !== undefined) return { refused: `${running.id} is there: what is known of its disk is needed` };
  return {
    done: `disk ${disk} is forgotten: the next start takes what is on the store, or makes a new one`,
    changes: [{ table: 'services', key: service, row: null }],
  };
}

const noHost = ({ subject }: Request, { policy }: Asked): Answer => unknown('host', subject, Object.keys(policy.hosts));

const answers: Readonly<Record<Request['kind'], (request: Request, context: Asked) => Answer>> = {
  drain: (request, { world, policy, rows }) => {
    const view = world.machines.get(request.subject);
    const row = rows.machines.get(request.subject);
    if (view === undefined || row === undefined) return unknown('machine', request.subject, world.machines.keys());
    if (row.goal.kind === 'gone') return { refused: `${row.id} is leaving already` };
    const forbidden = untouchable(view, row, policy, rows);
    if (forbidden !== undefined) return { refused: forbidden };
    const reason = because('drain-asked', { who: request.who, why: request.why }, [`machine:${row.id}`]);
    const done = row.kind === 'service' ? `${row.id} is shut down, and started anew` : `${row.id} takes no new jobs and leaves when its last one has ended`;
    return { done, changes: [], drain: { machine: row.id, reason } };
  },
  move: (request, asked) => {
    const view = asked.world.machines.get(request.subject);
    const row = asked.rows.machines.get(request.subject);
    if (view === undefined || row === undefined) return unknown('machine', request.subject, asked.world.machines.keys());
    if (row.goal.kind === 'gone') return { refused: `${row.id} is leaving already` };
    if (asked.moves.some(({ machine }) => machine === row.id)) return { refused: `somebody asked for a move of ${row.id} just before` };
    const forbidden = untouchable(view, row, asked.policy, asked.rows);
    return forbidden === undefined ? askedToMove(request, asked, { ...view, row }) : { refused: forbidden };
  },
  stay: (request, asked) => {
    const view = asked.world.machines.get(request.subject);
    return view === undefined ? unknown('machine', request.subject, asked.world.machines.keys()) : askedToStay(request, asked, view);
  },
  bury: (request, { world, policy, rows, now }) => {
    const view = world.machines.get(request.subject);
    const row = rows.machines.get(request.subject);
    if (view === undefined || row === undefined) return unknown('machine', request.subject, world.machines.keys());
    if (row.buried !== undefined) return { refused: `${row.id} was buried already by ${row.buried.by} (${row.buried.why})` };
    const forbidden = untouchable(view, row, policy, rows);
    if (forbidden !== undefined) return { refused: forbidden };
    if (row.kind === 'service') return buryService(request, view, row, now);
    if (!view.nodeHeard) return { refused: `nothing current is known of ${row.seat}: the batch server is silent, or does not list it` };
    if (!isUnheard({ world, policy, now }, view)) return { refused: `the worker of ${row.id} is heard: "domus drain" lets its jobs end` };
    const buried = { by: request.who, why: request.why, at: now };
    const changes: Change[] = [{ table: 'machines', key: row.id, row: { ...row, buried } }];
    const jobs = view.jobs.length === 0 ? 'no job is known there' : `${view.jobs.slice(0, 5).join(', ')} there count(s) for nothing`;
    const done = `${row.id} goes: ${jobs} unless its worker is heard again`;
    if (row.goal.kind === 'gone') return { done, changes };
    return { done, changes, drain: { machine: row.id, reason: because('drain-asked', { who: request.who, why: request.why }, [`machine:${row.id}`]) } };
  },
  hold: (request, { rows, now }) => {
    const row = rows.machines.get(request.subject);
    if (row === undefined) return unknown('machine', request.subject, rows.machines.keys());
    if (row.goal.kind === 'gone') return { refused: `${row.id} is leaving already` };
    const held = { by: request.who, why: request.why, at: now };
    return { done: `${row.id} is left alone until it is released`, changes: [{ table: 'machines', key: row.id, row: { ...row, held } }] };
  },
  release: (request, { rows }) => {
    const row = rows.machines.get(request.subject);
    if (row === undefined) return unknown('machine', request.subject, rows.machines.keys());
    if (row.held === undefined) return { refused: `${row.id} is not held` };
    const { held: _, ...free } = row;
    return { done: `${row.id} is released`, changes: [{ table: 'machines', key: row.id, row: free }] };
  },
  cordon: (request, { policy, now }) => {
    const host = request.subject;
    if (policy.hosts[host] === undefined) return unknown('host', host, Object.keys(policy.hosts));
    const row = { host, by: request.who, why: request.why, at: now, drain: request.drain === true };
    const done = `${host} gets no new machines${row.drain ? ', and the ones on it leave when their jobs have ended' : ''}`;
    return { done, changes: [{ table: 'cordons', key: host, row }] };
  },
  uncordon: (request, { rows }) => {
    if (!rows.cordons.has(request.subject)) return { refused: `host "${request.subject}" is not cordoned` };
    return { done: `${request.subject} may get machines again`, changes: [{ table: 'cordons', key: request.subject, row: null }] };
  },
  freeze: (request, { rows, now }) => {
    const before = rows.freeze.get('freeze');
    if (before !== undefined) return { refused: `frozen already by ${before.by} (${before.why})` };
    const row = { by: request.who, why: request.why, at: now };
    return { done: 'nothing is begun any more; machines stay as they are', changes: [{ table: 'freeze', key: 'freeze', row }] };
  },
  thaw: (_, { rows }) =>
    rows.freeze.has('freeze') ? { done: 'deeds are done again', changes: [{ table: 'freeze', key: 'freeze', row: null }] } : { refused: 'not frozen' },
  forget: (request, { world, rows }) => {
    const memory = rows.services.get(request.subject);
    if (memory !== undefined) return forgetService(memory, rows);
    const named = world.strays.filter((s) => s.key === request.subject || s.name === request.subject);
    const [stray] = named;
    if (stray === undefined) return unknown('stray', request.subject, new Set(world.strays.flatMap((s) => [s.key, s.name])));
    if (named.length > 1) return { refused: `"${request.subject}" names several: ${named.map((s) => s.key).join(', ')}` };
    if (rows.forgotten.has(stray.key)) return { refused: `${stray.key} is forgotten already` };
    return { done: `${stray.key} is not spoken of any more`, changes: [{ table: 'forgotten', key: stray.key, row: request.who }] };
  },
  wake: (request, asked) => (asked.policy.hosts[request.subject] === undefined ? noHost(request, asked) : askedToWake(request, asked)),
  sleep: (request, asked) => (asked.policy.hosts[request.subject] === undefined ? noHost(request, asked) : askedToSleep(request, asked)),
  prove: (request, asked) => (asked.policy.hosts[request.subject] === undefined ? noHost(request, asked) : askedToProve(request, asked)),
  share: (request, asked) =>
    asked.policy.environments[request.subject] === undefined
      ? unknown('environment', request.subject, Object.keys(asked.policy.environments))
      : setShare(request, asked),
  unshare: unsetShare,
  maintain: askedToMaintain,
  unmaintain: askedToEndMaintenance,
  approve: (request, { rows }) => {
    const row = rows.proposals.get(request.subject);
    if (row === undefined) return unknown('proposal', request.subject, rows.proposals.keys());
    if (row.approvedBy !== undefined) return { refused: `approved already by ${row.approvedBy}` };
    return { done: `${row.id} is approved`, changes: [{ table: 'proposals', key: row.id, row: { ...row, approvedBy: request.who } }] };
  },
};
