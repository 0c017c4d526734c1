import type { Life } from '../../src/life.js';
import type { Hours, Window } from '../../src/model/calendar.js';
import type { Environment } from '../../src/model/environment.js';
import type { Policy } from '../../src/model/policy.js';
import type { PowerPolicy } from '../../src/model/power.js';
import { sentence } from '../../src/model/reason.js';
import type { Request } from '../../src/model/rows.js';
import type { ClassroomPolicy } from '../../src/model/tenancy.js';
import { usualClassroom } from '../../src/plan/tenancy-limits.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** When every story begins: Monday 2026-01-05, midnight UTC. */
export const monday = Date.UTC(2026, 0, 5);

export interface RoomWish {
  readonly hosts?: number;
  readonly environment?: Partial<Environment>;
  readonly classroom?: Partial<ClassroomPolicy>;
  readonly power?: Partial<PowerPolicy>;
  readonly windows?: readonly Window[];
  readonly policy?: Partial<Policy>;
  readonly seed?: number;
  /** So many of the hosts, the last ones, are servers: in a pool `rack` that is never anybody else's, with the room's store. */
  readonly servers?: number;
  readonly services?: NonNullable<Parameters<typeof rehearsalPolicy>[0]['services']>;
}

/** Open from 8 to 20 every day, for so many days. */
export const daily = (days: number): readonly Window[] =>
  Array.from({ length: days }, (_, at) => ({ kind: 'open', since: monday + at * day + 8 * hour, until: monday + at * day + 20 * hour, name: '', offsetMs: 0 }));

export const hoursOf = (windows: readonly Window[]): Hours => ({ zone: 'UTC', windows, since: monday - day, until: monday + 4000 * day });

export const classroomWish: ClassroomPolicy = {
  ...usualClassroom,
  ...{ marginMs: 10 * minute, leaveLimitMs: 8 * minute, comeLimitMs: 8 * minute, quietMs: 5 * minute, shortestMs: hour },
};

/** A room of workstations that is the cluster's by night. */
export function room(wish: RoomWish = {}): Rehearsal {
  const policy = rehearsalPolicy({
    environments: { grid: { seats: 12, idleMs: 5 * minute, cores: { min: 1, max: 1, step: 1 }, maxWalltimeMs: 2 * hour, ...wish.environment } },
    hosts: wish.hosts ?? 3,
    hostCores: 2,
    classroom: true,
    ...(wish.services === undefined ? {} : { services: wish.services }),
    ...(wish.power === undefined ? {} : { power: { trusted: true as const, ...wish.power } }),
    policy: { windows: { lab: hoursOf(wish.windows ?? daily(5)) }, classroom: { ...classroomWish, ...wish.classroom }, ...wish.policy },
  });
  const classify = () => ({ environment: 'grid' });
  if (wish.servers === undefined) return new Rehearsal({ policy, classify, seed: wish.seed ?? 1 });
  return new Rehearsal({ policy: withServers(policy, wish.servers), classify, seed: wish.seed ?? 1, sharedStore: true });
}

function withServers(policy: Policy, servers: number): Policy {
  const hosts = Object.entries(policy.hosts).map(([name, { classroom, ...host }], at, all) => [
    name,
    at < all.length - servers ? { ...host, ...(classroom === undefined ? {} : { classroom }) } : { ...host, pool: 'rack' },
  ]);
  const both = <T extends { readonly pools: readonly string[] }>(all: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).map(([name, each]) => [name, { ...each, pools: ['lab', 'rack'] }]));
  return {
    ...policy,
    pools: { ...policy.pools, rack: { mode: 'act' } },
    hosts: Object.fromEntries(hosts),
    environments: both(policy.environments),
    ...(policy.services === undefined ? {} : { services: both(policy.services) }),
  };
}

export const host = (rehearsal: Rehearsal, name: string) => {
  const found = rehearsal.datacentre.hosts.get(name);
  if (found?.classroom === undefined) throw new Error(`no host ${name} with a classroom`);
  return Object.assign(found, { other: found.classroom });
};
export const clock = (rehearsal: Rehearsal, hours: number): number => monday + hours * hour - rehearsal.clock.now();
/** Lets time pass until so many hours after the first midnight. */
export const until = (rehearsal: Rehearsal, hours: number): Promise<void> => rehearsal.pass(clock(rehearsal, hours));

/** What each host is: `dom0`, `classroom` (ready), `booting` or `off`. */
export const lives = (rehearsal: Rehearsal): string =>
  [...rehearsal.datacentre.hosts.values()]
    .map((h) => (h.up ? 'dom0' : h.classroom?.ready === true ? 'classroom' : h.power.state === 'off' ? 'off' : 'booting'))
    .join(' ');

export const said = (life: Life | undefined, subject: string): string => (life?.present?.plan.reasons.get(subject) ?? []).map(sentence).join('; ');

let asked = 0;
/** A person's wish, and the planner's answer to it. */
export async function ask(rehearsal: Rehearsal, life: Life | undefined, wish: Pick<Request, 'kind' | 'subject'> & Partial<Request>): Promise<string> {
  const id = `r-${++asked}`;
  const at = rehearsal.clock.wall();
  await life?.ledger.commit(
    [{ table: 'requests', key: id, row: { id, who: 'ada', why: 'a test', at, expiresAt: at + 5 * minute, state: 'open', ...wish } }],
    [],
    true,
  );
  life?.loop.changed();
  const answered = () => life?.ledger.rows.requests.get(id)?.answer;
  await rehearsal.until('the wish is answered', () => answered() !== undefined, 10 * minute);
  const answer = answered();
  return answer === undefined ? '' : sentence(answer);
}
