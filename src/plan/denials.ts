import { because } from '../model/reason.js';
import type { Breaker } from '../model/rows.js';
import type { World } from '../model/world.js';
import type { Reasons } from './decision.js';

/** Deeds that the host is asked for; the others are the batch server's, or its scheduler's. */
const onHosts: ReadonlySet<string> = new Set(['create-overlay', 'create-guest', 'resize-guest', 'shutdown-guest', 'destroy-guest', 'remove-overlay']);

/**
 * Says of a batch server or host that denies a right what it denies and why, as long as it does: whoever asks why the
 * source does nothing is told there, not only at each machine.
 */
export function denials(world: World, reasons: Reasons): void {
  for (const { row, seat } of world.machines.values()) {
    const { trouble } = row;
    if (trouble?.denied !== true) continue;
    const isHosts = onHosts.has(trouble.verb);
    const by = isHosts ? row.host : (seat?.source ?? '?');
    say(reasons, { subject: `${isHosts ? 'host' : 'source'}:${by}`, by, what: trouble.verb, why: plainly(trouble.why, row.seat) });
  }
  for (const breaker of world.rows.breakers.values()) {
    const denial = breaker.denied === true ? denialOf(world, breaker) : undefined;
    if (denial !== undefined) say(reasons, denial);
  }
}

interface Denial {
  readonly subject: string;
  readonly by: string;
  readonly what: string;
  readonly why: string;
}

const say = (reasons: Reasons, { subject, ...args }: Denial): void => reasons.say(subject, because('denied', { ...args }, [subject]));

/** Verbs of deeds that are no machine's, by what their pauses are named after. */
const verbOf: Readonly<Record<string, string>> = { scheduler: 'release-job', order: 'advance-job', source: 'cycle' };

/** A deed of no machine. */
function denialOf({ seats }: World, { subject, why }: Breaker): Denial | undefined {
  const at = subject.indexOf(':');
  const [kind, name] = [subject.slice(0, at), subject.slice(at + 1)];
  const seat = kind === 'node' ? seats.get(name)?.seat : undefined;
  if (seat !== undefined) return { subject: `source:${seat.source}`, by: seat.source, what: 'withhold-node', why: plainly(why, name) };
  const what = verbOf[kind];
  return what === undefined ? undefined : { subject: `source:${name}`, by: name, what, why };
}

/** The same trouble of many seats is said once. */
const plainly = (why: string, seat: string): string => why.replaceAll(seat, '...');
