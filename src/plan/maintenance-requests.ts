import { clockText } from '../model/calendar.js';
import type { Request } from '../model/rows.js';
import type { Maintenance } from '../model/tenancy.js';
import { forecastOf } from './maintenance-forecast.js';
import type { Answer, Asked } from './requests.js';

/** At most so long, ms: what lasts longer is a host that is taken out of the configuration. */
const longestMs = 90 * 86_400_000;
/** Hosts that an answer names one by one. */
const mostNamed = 4;

/** The hosts that a name stands for: one, or all of a pool. */
const hostsOf = (subject: string, { policy }: Asked): readonly string[] =>
  policy.hosts[subject] !== undefined
    ? [subject]
    : Object.values(policy.hosts)
        .filter(({ pool }) => pool === subject)
        .map(({ name }) => name);

/** Hosts are to be empty from an instant on, for a time. */
export function askedToMaintain({ id, subject, who, why, dueAt, untilAt }: Request, asked: Asked): Answer {
  const { now, world, policy, rows } = asked;
  const hosts = hostsOf(subject, asked);
  if (hosts.length === 0) return { refused: `there is no host or pool "${subject}"` };
  if (dueAt === undefined || untilAt === undefined) return { refused: 'from when and until when?' };
  if (untilAt <= Math.max(now, dueAt)) return { refused: 'it would be over before it began' };
  if (untilAt - now > longestMs) return { refused: 'it would last for more than 90 days: take the host out of the configuration instead' };
  const row: Maintenance = { id: `m-${id.replace(/^r-/, '')}`, of: subject, hosts, who, why, at: now, due: dueAt, until: untilAt };
  const forecast = hosts.map((host) => ({ host, ...forecastOf(world, policy, rows, host, now) }));
  const offsetMs = offsetOf(asked, hosts[0]);
  const late = forecast.filter(({ freeAt }) => freeAt === undefined || freeAt > dueAt);
  const shown = late
    .slice(0, mostNamed)
    .map(({ host, freeAt, why: because }) => `${host} ${freeAt === undefined ? 'nobody knows when' : clockText(freeAt, offsetMs)} (${because})`);
  const rest = late.length > mostNamed ? `, and ${late.length - mostNamed} more` : '';
  const told = late.length === 0 ? 'all of it will be free by then' : `not free by then: ${shown.join('; ')}${rest}. No job is ended for it`;
  const done = `${row.id}: ${subject} (${hosts.length} host(s)) is to be empty from ${clockText(dueAt, offsetMs)} until ${clockText(untilAt, offsetMs)}; ${told}`;
  return { done, changes: [{ table: 'maintenances', key: row.id, row }] };
}

export function askedToEndMaintenance({ subject }: Request, { rows }: Asked): Answer {
  const row = rows.maintenances.get(subject);
  if (row === undefined) return { refused: `there is no maintenance "${subject}"` };
  return { done: `${row.id} is over: ${row.of} is the cluster's again`, changes: [{ table: 'maintenances', key: row.id, row: null }] };
}

/** Clocks where the host stands are ahead of UTC by so much, as far as its calendar tells. */
const offsetOf = ({ policy, now }: Asked, host: string | undefined): number => {
  const windows = policy.windows?.[policy.hosts[host ?? '']?.pool ?? '']?.windows ?? [];
  return (windows.find(({ until }) => until > now) ?? windows.at(-1))?.offsetMs ?? 0;
};
