import type { BatchJob } from './job.js';
import type { LiveMom, Report } from './mom.js';

/** A listed node. Whether it is down follows from what was heard of its mom, so nothing here needs a timer. */
export interface WorkerNode {
  readonly name: string;
  np: number;
  properties: string[];
  note: string;
  offline: boolean;
  /** 6.1 only: `down,offline,MOM-list-not-sent` until then. */
  readonly listSentAt: number;
  /** Slot number -> who holds it. */
  readonly slots: Map<number, BatchJob>;
  /** The mom that reports, from its first accepted report on. */
  mom: LiveMom | undefined;
  firstReportAt: number;
  /** The last report of a mom that is silent now. */
  last: Report | undefined;
  /** When the server will have noticed the silence. */
  downAt: number;
  /** Down within this span although its mom is well (once after it was cleared). */
  flap: { readonly from: number; readonly until: number } | undefined;
  flapped: boolean;
  /** Moms that start from then on are told of it as a sister (4.2: it has reported, or was listed when the server started). */
  sisterlyFrom: number;
  /** 4.2: its offline comes from its creation and is written nowhere, so a server restart clears it. */
  offlineUnsaved: boolean;
}

export const freeSlots = (node: WorkerNode): number => Math.max(0, node.np - node.slots.size);

/** Has a word, as property or as its own name. */
export const hasProperty = (node: WorkerNode, word: string): boolean => node.name === word || node.properties.includes(word);

export function isDownAt(node: WorkerNode, now: number): boolean {
  if (node.flap !== undefined && now >= node.flap.from && now < node.flap.until) return true;
  if (node.mom !== undefined) return now < node.firstReportAt;
  return now >= node.downAt;
}

/** The scheduler may put something there. */
export const isUsable = (node: WorkerNode, now: number): boolean => !node.offline && now >= node.listSentAt && !isDownAt(node, now);

/** Words of `state`, in TORQUE's order. */
export function statesOf(node: WorkerNode, now: number): string[] {
  const words: string[] = [];
  const unsent = now < node.listSentAt;
  if (isDownAt(node, now) || unsent) words.push('down');
  if (node.offline || unsent) words.push('offline');
  if (unsent) words.push('MOM-list-not-sent');
  if (freeSlots(node) === 0 && node.slots.size > 0) words.push('job-exclusive');
  return words.length === 0 ? ['free'] : words;
}
