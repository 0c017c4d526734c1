import type { Deed } from '../model/action.js';
import { altered } from '../model/altered.js';
import { isAlive } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { Breaker, Change } from '../model/rows.js';
import type { MachineView, World } from '../model/world.js';
import { isBuried } from './mom-silence.js';

/** The next missing step of one machine: at most one deed, the rows that what was seen has confirmed, and why. */
export interface Step {
  readonly reason: Reason;
  readonly deed?: Deed;
  readonly changes?: readonly Change[];
}

export interface Context {
  readonly world: World;
  readonly policy: Policy;
  readonly now: number;
  /** Machines held back for a wide job, with the reason: not admitted, and withheld where they are online. */
  readonly holds?: ReadonlyMap<string, Reason>;
}

export const rowChange = (row: Machine): Change => ({ table: 'machines', key: row.id, row });
export const machineRef = oncePer((row: Machine): readonly [string] => [`machine:${row.id}`]);

/** Why a machine with jobs stays as it is. */
export const isBusy = oncePer(({ row, jobs }: MachineView): Reason => because('keep-busy', { jobs: jobs.slice(0, 5).join(', ') }, machineRef(row)));

/** A batch reading of the machine's source was asked after `instant`. */
export function batchAskedAfter({ world }: Context, machine: MachineView, instant: number): boolean {
  const reading = world.sources.get(machine.seat?.source ?? '')?.reading;
  return machine.nodeHeard && reading !== undefined && reading.askedAt > instant;
}

/** The host's reading was asked after `instant`. */
export function hostAskedAfter({ world }: Context, machine: MachineView, instant: number): boolean {
  const reading = world.hosts.get(machine.row.host)?.reading;
  return reading !== undefined && reading.silentSince === undefined && reading.askedAt > instant;
}

/** Why no deed may be done on the machine's host now; a cordon forbids only new machines. */
export function hostWaits({ world, now }: Context, machine: MachineView): Reason | undefined {
  const host = world.hosts.get(machine.row.host);
  if (host === undefined) return because('wait-unread', { source: machine.row.host }, [`host:${machine.row.host}`]);
  const { reading } = host;
  if (reading.silentSince !== undefined) return silent(machine.row.host, reading.silentSince, reading.cause, now, `host:${machine.row.host}`);
  return host.blocked?.code === 'host-cordoned' ? undefined : host.blocked;
}

/** Why nothing may be concluded from the machine's node now. */
export function nodeWaits({ world, now }: Context, machine: MachineView): Reason | undefined {
  const source = machine.seat?.source ?? '?';
  const reading = world.sources.get(source)?.reading;
  if (reading?.silentSince !== undefined) return silent(source, reading.silentSince, reading.cause, now, `source:${source}`);
  if (!machine.nodeHeard && reading?.value === undefined) return because('wait-unread', { source }, [`source:${source}`]);
  return machine.node === undefined ? because('wait-seat-unlisted', { seat: machine.row.seat }, [`seat:${machine.row.seat}`]) : undefined;
}

const silent = (source: string, since: number, cause: string | undefined, now: number, ref: string): Reason =>
  because('wait-silent', { source, sinceMs: now - since, cause: cause ?? 'no answer' }, [ref]);

/** A failure in a row of one subject: below the limit only counted, then paused for a growing while. */
export function failedOnce({ world, policy, now }: Context, subject: string, why: string): Change {
  const before = world.rows.breakers.get(subject);
  const failures = (before?.failures ?? 0) + 1;
  const over = failures - policy.limits.breakerFailures;
  const pauseMs = over < 0 ? 0 : Math.min(policy.limits.breakerPauseMaxMs, policy.limits.breakerPauseMs * 2 ** Math.min(over, 20));
  const row: Breaker = { subject, failures, lastAt: now, openUntil: over < 0 ? 0 : now + pauseMs, why };
  return { table: 'breakers', key: subject, row };
}

/** Whose failures say that a version of an image may be bad. */
export const imageSubject = ({ name, version }: Machine['image']): string => `image:${name} ${version}`;

/** Marks a machine failed: withheld, kept for inspection for the environment's time, counted against environment and host. */
export function fail(context: Context, machine: MachineView, reason: Reason): Step {
  const { now } = context;
  const { row, guest } = machine;
  const keepMs = guest === undefined ? 0 : (machine.environment?.keepFailedMs ?? 0);
  const why = sentence(reason);
  const written = row.readyAt === undefined && guest?.console !== undefined ? { console: guest.console } : {};
  return {
    reason,
    changes: [
      rowChange(altered(row, { failing: { reason, at: now, keepUntil: now + keepMs, ...written } })),
      failedOnce(context, `environment:${row.environment}`, why),
      failedOnce(context, `host:${row.host}`, why),
      ...(row.readyAt === undefined ? [failedOnce(context, imageSubject(row.image), why)] : []),
    ],
  };
}

/** The first readiness of a machine proves its environment, its host and its image: their breakers close. */
export const provedWell = (row: Machine, world: World): readonly Change[] =>
  [`environment:${row.environment}`, `host:${row.host}`, imageSubject(row.image)].flatMap((key): Change[] =>
    world.rows.breakers.has(key) ? [{ table: 'breakers', key, row: null }] : [],
  );

/** The safety read's subject: only where the guest could be running jobs at all. */
export function safetyOf(context: Context, machine: MachineView): { safe?: { source: string; node: string; unheardSince?: number } } {
  const { seat, guest, row, node } = machine;
  if (seat === undefined || guest === undefined || !isAlive(guest) || row.readyAt === undefined) return {};
  return { safe: { source: seat.source, node: row.seat, ...(isBuried(context, machine) ? { unheardSince: node?.reportedAt ?? 0 } : {}) } };
}
