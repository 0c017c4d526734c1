import type { Deed, Intent, Verb } from '../../src/model/action.js';
import type { Machine } from '../../src/model/machine.js';
import type { Plan } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import type { Change } from '../../src/model/rows.js';
import type { MachineView, World } from '../../src/model/world.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import type { MachineWish } from '../given-machine.js';

export const leaving = because('drain-asked', { who: 'bob', why: 'x' });
export const id = 'grid-01#1';
/** Readings of the built world were asked then. */
export const askedAt = now - 1_000;
export const before = askedAt - 1;

/** A scheduling cycle was asked for a moment ago: none is due. */
export const calm: Change = { table: 'cycles', key: 'torque', row: { source: 'torque', lastAt: now, pauseMs: 10 * minute } };
export const lab = (): Given => given().env('grid', { keepFailedMs: minute }).host('post1').host('post2').seats('grid', 4).change(calm);

export interface Wish extends MachineWish {
  readonly view?: Partial<MachineView>;
  readonly world?: Partial<World>;
}

export const withheld = (confirmedAt: number): Partial<MachineView> => ({ withheld: { node: 'grid-01', reason: leaving, since: 1, confirmedAt } });

export function planned(
  phase: 'draining' | 'joining' | 'ready' | 'wanted' | 'booting' | 'resizing',
  { view = {}, world = {}, ...wish }: Wish = {},
  g = lab(),
): Plan {
  g.machine('grid-01', phase, { host: 'post1', ...wish });
  const made = g.machines.get(id);
  if (made !== undefined) g.machines.set(id, { ...made, ...(made.node === undefined ? {} : { node: { ...made.node, reportedAt: 5 } }), ...view });
  return plan({ ...g.world(), ...world }, g.policy, now);
}

/** What the plan does with the machine: its deed, what it writes in its row, or else why nothing. */
export function said(p: Plan): string {
  const deed = p.deeds.find((d) => 'machine' in d && d.machine === id);
  if (deed !== undefined) return `${deed.verb}${'safe' in deed && deed.safe !== undefined ? ' after the safety read' : ''}`;
  const change = p.changes.find((c) => c.table === 'machines' && c.key === id);
  if (change?.table === 'machines' && change.row === null) return 'closes its row';
  if (change?.table === 'machines' && change.row?.failing !== undefined) return 'writes failing';
  const written = change?.table === 'machines' ? Object.entries(change.row ?? {}).find(([, value]) => value === now) : undefined;
  return written === undefined ? (p.reasons.get(`machine:${id}`)?.at(-1)?.code ?? 'nothing') : `writes ${written[0]}`;
}

export const gone = (wish: Wish = {}): Wish => ({ leaving, view: withheld(before), ...wish });
export const row = (fields: Partial<Machine>): { readonly row: Partial<Machine> } => ({ row: fields });
export const noGuest = { guest: false } as const;

export const safe = { source: 'torque', node: 'grid-01' };
export const deedOf = (verb: Verb): Deed =>
  verb === 'shutdown-guest'
    ? { verb, host: 'post1', machine: id, uuid: 'u', guestName: 'g', safe, reason: leaving }
    : { verb: 'withhold-node', source: 'torque', node: 'grid-01', machine: id, note: 'domus: x', reason: leaving };
export const intent = (verb: Verb, wish: Partial<Intent> = {}): Intent => ({
  id: 'op1',
  deed: deedOf(verb),
  life: 'life',
  openedAt: now - 5 * minute,
  deadlineAt: before,
  ...wish,
});
export const uncertain = { uncertainSince: before };
