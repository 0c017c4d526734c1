import type { Event } from '../model/event.js';
import type { Condition, Moment, MomentKind } from '../model/notice.js';
import { isAsleep } from '../model/power.js';
import type { Present } from '../model/present.js';
import { type ReasonCode, sentence, span } from '../model/reason.js';
import { isElsewhere } from '../model/tenancy.js';
import type { HostView, MachineView, SourceView } from '../model/world.js';

const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const longest = 300;
/** On one line, of bounded length, with nothing that a terminal or a mail header would obey. */
export const plainLine = (text: string): string => {
  const line = text.replace(unsafe, '?');
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
};

const condition = (kind: Condition['kind'], subject: string, since: number, text: string): Condition => ({ kind, subject, since, text: plainLine(text) });

function ofSource({ name, reading }: SourceView): readonly Condition[] {
  const { silentSince, cause = 'no answer' } = reading;
  return silentSince === undefined ? [] : [condition('batch-silent', `source:${name}`, silentSince, `batch server ${name} is silent: ${cause}`)];
}

const hostKinds: Partial<Record<ReasonCode, Condition['kind']>> = { 'host-fenced': 'host-fenced', 'host-store-hung': 'store-hung' };

function ofHost({ spec, reading, blocked, power, tenancy }: HostView, at: number): readonly Condition[] {
  const subject = `host:${spec.name}`;
  if (power?.failing !== undefined) return [condition('power-failed', subject, power.since, `${spec.name}: ${power.failing}`)];
  if (isAsleep(power) || isElsewhere(tenancy)) return []; // its silence is what was wanted
  if (reading.silentSince !== undefined) return [condition('host-silent', subject, reading.silentSince, `${spec.name} is silent: ${reading.cause ?? ''}`)];
  const kind = blocked === undefined ? undefined : hostKinds[blocked.code];
  return kind === undefined || blocked === undefined ? [] : [condition(kind, subject, at, `${spec.name}: ${sentence(blocked)}`)];
}

/** Hosts that are not, or will not be, whose they must be. */
function ofRooms({ at, world, plan }: Present): readonly Condition[] {
  return [...world.hosts.keys()].flatMap((host) => {
    const late = plan.reasons.get(`host:${host}`)?.find(({ code }) => code === 'room-late' || code === 'room-missed');
    return late === undefined ? [] : [condition('room-late', `host:${host}`, at, `${host} ${sentence(late)}`)];
  });
}

function ofMachine({ row, phase }: MachineView): readonly Condition[] {
  if (phase !== 'failed' && phase !== 'lost') return [];
  const why = row.failing === undefined ? phase : sentence(row.failing.reason);
  return [condition('machine-failed', `machine:${row.id}`, row.failing?.at ?? row.wantedAt, `${row.id} on ${row.host}: ${why}`)];
}

/** Not seen to be up for longer than it may be. */
function ofServices({ at, world, policy, plan }: Present): readonly Condition[] {
  const services = Object.values(policy.services ?? {});
  if (services.length === 0) return [];
  const views = new Map([...world.machines.values()].map((view) => [view.row.seat, view]));
  return services.flatMap(({ name, restartWithinMs }) => {
    const view = views.get(name);
    const since = world.rows.services.get(name)?.downSince ?? (view === undefined ? undefined : world.hosts.get(view.row.host)?.reading.silentSince);
    if (since === undefined || at - since <= restartWithinMs) return [];
    const [reason] = plan.reasons.get(view === undefined ? `service:${name}` : `machine:${view.row.id}`) ?? [];
    const why = reason === undefined ? '' : `: ${sentence(reason)}`;
    return [condition('service-down', `service:${name}`, since + restartWithinMs, `service ${name} is not up${why}`)];
  });
}

function ofBreakers({ at, world }: Present): readonly Condition[] {
  return [...world.rows.breakers.values()].flatMap(({ subject, openUntil, lastAt, failures, why }) => {
    const [kind, name = ''] = subject.split(':');
    if (openUntil <= at || (kind !== 'environment' && kind !== 'host')) return [];
    return [condition(kind === 'host' ? 'host-paused' : 'environment-paused', subject, lastAt, `${name} is paused after ${failures} failure(s): ${why}`)];
  });
}

function ofQueues({ at, world }: Present, waitsLongMs: number): readonly Condition[] {
  const oldest = new Map<string, { since: number; count: number; job: string }>();
  for (const { environment, since, count, sample } of world.groups) {
    if (at - since < waitsLongMs) continue;
    const known = oldest.get(environment) ?? { since, count: 0, job: sample[0] ?? '?' };
    oldest.set(environment, { ...(since < known.since ? { since, job: sample[0] ?? '?' } : known), count: known.count + count });
  }
  return [...oldest].map(([name, { since, count, job }]) =>
    condition(
      'jobs-wait-long',
      `environment:${name}`,
      since + waitsLongMs,
      `${name}: up to ${count} job(s) wait for more than ${span(waitsLongMs)}, the oldest is ${job}`,
    ),
  );
}

/** Everything in the Present that somebody may want to be told of. Pure. */
export function conditionsOf(present: Present, waitsLongMs: number): readonly Condition[] {
  const { at, world } = present;
  const { rows } = world;
  return [
    ...[...world.sources.values()].flatMap(ofSource),
    ...[...world.hosts.values()].flatMap((host) => ofHost(host, at)),
    ...ofRooms(present),
    ...ofBreakers(present),
    ...[...world.machines.values()].flatMap(ofMachine),
    ...ofServices(present),
    ...ofQueues(present, waitsLongMs),
    ...[...rows.proposals.values()].flatMap(({ id, since, approvedBy, reason }) =>
      approvedBy === undefined ? [condition('approval-wanted', `proposal:${id}`, since, `${id}: ${sentence(reason)} (domus approve ${id})`)] : [],
    ),
    ...world.strays.map(({ kind, key, host, name }) => condition('stray', `stray:${key}`, at, `${kind} ${name} on ${host} belongs to nobody here`)),
    ...[...rows.freeze.values()].map((freeze) => condition('frozen', 'domus', freeze.at, `frozen by ${freeze.by}: ${freeze.why}`)),
  ];
}

const moments: Partial<Record<ReasonCode, MomentKind>> = {
  denied: 'right-missing',
  'config-refused': 'config-refused',
  'config-reloaded': 'config-reloaded',
  'daemon-started': 'daemon-started',
  'daemon-stopped': 'daemon-stopped',
};

/** The moment that an event is, where it is one. */
export function momentOf({ at, kind, reason }: Event): Moment | undefined {
  const moment = moments[reason.code];
  if (moment === undefined || (kind !== 'daemon' && kind !== 'deed')) return undefined;
  return { kind: moment, at, text: plainLine(sentence(reason)) };
}
