import { mayWake } from '../model/host.js';
import { awake, type HostPower } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { sentence } from '../model/reason.js';
import type { Request } from '../model/rows.js';
import { hostMode } from './modes.js';
import { usedBy } from './power-use.js';
import type { Answer, Asked } from './requests.js';

/** A host's row as it stands, or as it begins with a person's first wish; a sentence where nothing can be done. */
function rowFor(host: string, { world, policy, rows, now }: Asked): HostPower | string {
  const view = world.hosts.get(host);
  if (view === undefined) return `nothing is known of ${host} yet: ask again in a moment`;
  if (policy.power === undefined || view.spec.power === undefined)
    return `no power driver is configured for pool ${view.spec.pool}: nobody could switch ${host} on again`;
  if (hostMode(policy, host) === 'watch') return `${host} is in watch mode: nothing is done to it`;
  const freeze = rows.freeze.get('freeze');
  if (freeze !== undefined) return `frozen by ${freeze.by} (${freeze.why}): thaw first`;
  const bootId = isHeard(view.reading) ? view.reading.value.bootId : undefined;
  // one that was never switched and does not answer is off, for all we know
  const fresh: HostPower = bootId === undefined ? { ...awake(host, now), state: 'off' } : { ...awake(host, now), bootId };
  return rows.powers.get(host) ?? fresh;
}

const write = (done: string, row: HostPower): Answer => ({ done, changes: [{ table: 'powers', key: row.host, row }] });

/** Wakes it, and leaves it on for a while: it is that person's. */
export function askedToWake({ subject, who }: Request, asked: Asked): Answer {
  const row = rowFor(subject, asked);
  if (typeof row === 'string') return { refused: row };
  const { wishedOff: _, notBefore: __, proving: ___, orderedAt: ____, ...rest } = row;
  const { now } = asked;
  if (row.state === 'on') return write(`${subject} is on, and stays on for now`, { ...rest, by: 'person', since: now });
  if (row.state === 'sleeping') return { refused: `${subject} is being switched off: ask again when it is off` };
  if (row.state === 'waking') return write(`${subject} is being woken already`, { ...row, by: 'person' });
  void who;
  return write(`${subject} is being woken`, { ...rest, state: 'waking', since: now, by: 'person' });
}

/** Off as soon as nothing is on it, and off until somebody wakes it. */
export function askedToSleep({ subject, who, why }: Request, asked: Asked): Answer {
  const row = rowFor(subject, asked);
  if (typeof row === 'string') return { refused: row };
  const { proving: _, ...rest } = row;
  const wished: HostPower = { ...rest, wishedOff: { by: who, why, at: asked.now } };
  if (row.state === 'off') return write(`${subject} stays off until somebody wakes it`, wished);
  const unable = row.state === 'on' ? cannotReturn(subject, asked) : undefined;
  if (unable !== undefined) return { refused: unable };
  const machines = asked.world.hosts.get(subject)?.machines.length ?? 0;
  return write(
    machines === 0 ? `${subject} is being switched off` : `${subject} gets no new machines, and is switched off when its ${machines} have gone`,
    wished,
  );
}

/** One supervised off and on. */
export function askedToProve({ subject, who }: Request, asked: Asked): Answer {
  const row = rowFor(subject, asked);
  if (typeof row === 'string') return { refused: row };
  if (row.state !== 'on') return { refused: `${subject} is not on: wake it first (domus hosts on ${subject})` };
  const view = asked.world.hosts.get(subject);
  const used = view === undefined ? undefined : usedBy(asked.world, asked.rows)(view);
  if (used !== undefined) return { refused: `${subject} ${sentence(used)}: cordon it with --drain first` };
  const unable = cannotReturn(subject, asked);
  if (unable !== undefined) return { refused: unable };
  const { notBefore: _, ...rest } = row;
  return write(`${subject} is switched off, and on again`, { ...rest, proving: { by: who, at: asked.now } });
}

function cannotReturn(host: string, { world }: Asked): string | undefined {
  const view = world.hosts.get(host);
  const people = view?.reading.value?.people ?? [];
  if (people.length > 0) return `${people.join(', ')} is logged in at the console of ${host}`;
  return mayWake(view?.reading.value, view?.meter)
    ? undefined
    : `no card of ${host} is armed to wake it, and it has no controller that answers: it would not come back`;
}
