import type { Deed } from '../model/action.js';
import { because } from '../model/reason.js';
import type { SourceView } from '../model/world.js';
import type { Draft } from './draft.js';
import type { Context } from './step.js';

const longestPauseMs = 600_000;

/**
 * Clearing a node starts no scheduling cycle in TORQUE: one is asked for after nodes were admitted, and again, ever
 * more seldom, while a job waits that the free slots of a ready machine would take. Never where scheduling is off.
 */
export function cycles(context: Context, draft: Draft, mayAct: boolean): readonly Deed[] {
  if (!mayAct) return [];
  return [...context.world.sources.values()].flatMap((view) => cycleOf(context, view, draft) ?? []);
}

function cycleOf(context: Context, { name: source, server, reading }: SourceView, draft: Draft): Deed | undefined {
  const { world, policy, now } = context;
  if (server?.scheduling !== true || reading.silentSince !== undefined) return undefined;
  if ([...world.rows.intents.values()].some(({ deed }) => deed.verb === 'cycle' && deed.source === source)) return undefined;
  const shortestMs = policy.intervals.cyclePauseMs;
  const memory = world.rows.cycles.get(source) ?? { source, lastAt: 0, pauseMs: shortestMs };
  if (now < memory.lastAt + shortestMs) return undefined;
  const admitted = newlyAdmitted(context, source, memory.lastAt);
  const released = newlyReleased(context, source, memory.lastAt);
  const news = admitted + released > 0;
  const pauseMs = news ? shortestMs : memory.pauseMs;
  if (now < memory.lastAt + pauseMs) return undefined;
  const why = admitted > 0 ? `${admitted} node(s) came online` : released > 0 ? `${released} job(s) were released` : waitingForSlots(context, source);
  if (why === undefined) return undefined;
  draft.put({ table: 'cycles', key: source, row: { source, lastAt: now, pauseMs: news ? shortestMs : Math.min(longestPauseMs, pauseMs * 2) } });
  return { verb: 'cycle', source, reason: because('step-cycle', { source, why }, [`source:${source}`]) };
}

function newlyAdmitted({ world }: Context, source: string, since: number): number {
  let count = 0;
  for (const { row, seat } of world.machines.values()) if (row.admittedAt !== undefined && row.admittedAt > since && seat?.source === source) count++;
  return count;
}

/** Jobs that the scheduler was asked to consider again, and no answer is awaited any more. */
function newlyReleased({ world }: Context, source: string, since: number): number {
  if ([...world.rows.intents.values()].some(({ deed }) => deed.verb === 'release-job' && deed.source === source)) return 0;
  return [...world.rows.releases.values()].filter((release) => release.source === source && release.at > since).length;
}

function waitingForSlots({ world }: Context, source: string): string | undefined {
  if (world.groups.length === 0) return undefined;
  /** The most slots that one ready machine has free, by environment. */
  const free = new Map<string, number>();
  for (const { row, seat, slotsFree } of world.machines.values()) {
    if (slotsFree > 0 && seat?.source === source) free.set(row.environment, Math.max(slotsFree, free.get(row.environment) ?? 0));
  }
  if (free.size === 0) return undefined;
  const group = world.groups.find((g) => g.source === source && g.places.every((place) => place.count === 0 || (free.get(g.environment) ?? 0) >= place.slots));
  return group === undefined ? undefined : `job ${group.sample[0] ?? '?'} waits while slots are free`;
}
