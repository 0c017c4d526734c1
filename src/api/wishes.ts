import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import type { Request, RequestKind } from '../model/rows.js';
import { ApiError } from './errors.js';
import { type FindKind, find } from './find.js';
import type { Place } from './identity/who.js';
import { when } from './said.js';
import type { RequestRecord, wishSchema } from './schema/requests.js';

/** A wish is answered within this time or expires, ms. */
const wishMs = 300_000;

export const requestRecord = (request: Request): RequestRecord => ({
  ...request,
  ...when('text', request.answer === undefined ? undefined : sentence(request.answer)),
});

/** What a kind of wish is about: the kinds of things its subject may be, none where it concerns the whole deployment. */
const subjects: Readonly<Record<RequestKind, readonly FindKind[]>> = {
  drain: ['machine'],
  bury: ['machine'],
  hold: ['machine'],
  release: ['machine'],
  move: ['machine'],
  stay: ['machine'],
  cordon: ['host'],
  uncordon: ['host'],
  forget: ['stray', 'service'],
  approve: ['proposal'],
  wake: ['host'],
  sleep: ['host'],
  prove: ['host'],
  share: ['environment'],
  unshare: ['environment'],
  maintain: ['host', 'pool'],
  unmaintain: ['maintenance'],
  freeze: [],
  thaw: [],
};

/** What belongs to some kinds of wishes only. */
function checkExtras({ kind, drain, share, forMs, dueAt, untilAt, to }: z.output<typeof wishSchema>): void {
  if (drain && kind !== 'cordon') throw new ApiError('invalid', 'only a cordon empties its host');
  if ((kind === 'share') !== (share !== undefined)) throw new ApiError('invalid', kind === 'share' ? 'share: how much, 0 to 1?' : `${kind} takes no share`);
  if ((kind === 'maintain') !== (dueAt !== undefined && untilAt !== undefined))
    throw new ApiError('invalid', kind === 'maintain' ? 'maintain: dueAt and untilAt, from when and until when?' : `${kind} takes no dueAt and no untilAt`);
  if (to !== undefined && kind !== 'move') throw new ApiError('invalid', `${kind} takes no "to"`);
  if (forMs !== undefined && kind !== 'share') throw new ApiError('invalid', 'only a share is set for a time');
}

/** A wish of `who`, with its subject's full name. Raises ApiError `invalid`, `unknown` or `ambiguous`. */
export function requestOf(wish: z.output<typeof wishSchema>, present: Present, who: string, now: number): Request {
  const { kind, subject, why, drain, share, forMs, dueAt, untilAt, to } = wish;
  const kinds = subjects[kind];
  if (kinds.length === 0 && subject !== '') throw new ApiError('invalid', `${kind} concerns the whole deployment and takes no name`);
  if (kinds.length > 0 && subject === '') throw new ApiError('invalid', `${kind} needs the name of a ${kinds.join(' or ')}`);
  checkExtras(wish);
  return {
    id: `r-${randomBytes(6).toString('hex')}`,
    kind,
    subject: kinds.length === 0 ? '' : find(present, kinds, subject).key,
    who,
    why: why === '' ? 'no reason given' : why,
    ...(drain ? { drain: true as const } : {}),
    ...when('share', share),
    ...when('forMs', forMs),
    ...when('dueAt', dueAt),
    ...when('untilAt', untilAt),
    ...when('to', to === undefined ? undefined : find(present, ['host'], to).key),
    at: now,
    expiresAt: now + wishMs,
    state: 'open',
  };
}

const placeOfMachine = (present: Present, id: string): Place => {
  const row = present.world.machines.get(id)?.row;
  return row === undefined ? {} : { environment: row.environment, pool: present.policy.hosts[row.host]?.pool };
};

/** Of a proposal that starts something, the pool is where it would start. */
function placeOfProposal(present: Present, id: string): Place {
  const subject = present.world.rows.proposals.get(id)?.subject ?? '';
  const [kind, name = ''] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)];
  if (kind === 'machine') return placeOfMachine(present, name);
  if (kind === 'environment') return { environment: name };
  return kind === 'seat' ? { environment: present.policy.seats[name]?.environment } : {};
}

/** A host, a pool, or a maintenance that stands. */
function poolOfMaintenance({ policy, world }: Present, subject: string): string | undefined {
  const host = world.rows.maintenances.get(subject)?.hosts[0] ?? subject;
  return policy.hosts[host]?.pool ?? (policy.pools[host] === undefined ? undefined : host);
}

/** Whose business a wish is: the pool and environment of what it is about. */
export function placeOf(present: Present, { kind, subject }: Pick<Request, 'kind' | 'subject'>): Place {
  if (kind === 'maintain' || kind === 'unmaintain') return { pool: poolOfMaintenance(present, subject) };
  const [of] = subjects[kind];
  if (of === 'machine') return placeOfMachine(present, subject);
  if (of === 'environment') return { environment: subject };
  if (of === 'host') return { pool: present.policy.hosts[subject]?.pool };
  if (of === 'proposal') return placeOfProposal(present, subject);
  if (of === 'stray') return { pool: present.policy.hosts[present.world.strays.find(({ key }) => key === subject)?.host ?? '']?.pool };
  return {};
}
