import { because } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import { modeOf } from './modes.js';
import { isUnwanted } from './only-idle.js';
import type { Bin, Supply } from './supply.js';

/** Slots of an environment that stay open for the next jobs, at least: more than come between two looks, mostly. */
const open = 2;

/**
 * The batch scheduler puts a job on whichever free node it finds first. Put on a host that is on for idle machines alone,
 * it keeps that host on, and beside another job it would have kept none. So machines on such hosts take no new jobs while
 * the environment has enough free slots on hosts that are on anyway; when these are fewer, first those on the fullest of
 * such hosts go online again. What a waiting job counts on is never held.
 */
export function steer(sheet: Sheet, supply: Supply, alone: ReadonlySet<string>): void {
  if (alone.size === 0) return;
  for (const room of sheet.environments.values()) {
    const bins = (supply.own.get(room.environment.name) ?? []).filter(({ slots }) => slots > 0);
    const idle = bins.filter(({ host = '', machine }) => alone.has(host) && machine !== undefined && mayWait(sheet, supply, machine));
    if (idle.length > 0) hold(sheet, room, idle, slotsElsewhere(bins, alone));
  }
}

/** Whoever sits on it, Domus decides about it. */
const mayWait = (sheet: Sheet, supply: Supply, machine: MachineView): boolean => modeOf(sheet.policy, machine) === 'act' && isUnwanted(sheet, supply, machine);

/** Free now, on hosts that are on anyway, and no waiting job counts on them. */
const slotsElsewhere = (bins: readonly Bin[], alone: ReadonlySet<string>): number =>
  bins.reduce((sum, { host = '', ready, slots }) => sum + (ready && !alone.has(host) ? slots : 0), 0);

function hold(sheet: Sheet, { environment }: EnvironmentRoom, idle: readonly Bin[], elsewhere: number): void {
  const empty = ({ host = '' }: Bin): number => sheet.hosts.get(host)?.cores ?? 0;
  const order = [...idle].sort((a, b) => empty(a) - empty(b) || ((a.host ?? '') < (b.host ?? '') ? -1 : a.host === b.host ? (a.id < b.id ? -1 : 1) : 1));
  let slots = elsewhere;
  for (const { id, host = '', slots: own } of order) {
    if (slots >= Math.max(open, environment.spare)) {
      sheet.holds.set(id, because('hold-empty', { host, environment: environment.name }, [`machine:${id}`, `host:${host}`]));
    }
    slots += own;
  }
}
