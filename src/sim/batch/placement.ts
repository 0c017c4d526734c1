import type { BatchJob, Slot } from './job.js';
import { freeSlots, hasProperty, isUsable, type WorkerNode } from './node.js';
import type { NodeNeed } from './resources.js';
import type { Server } from './server.js';

interface Need {
  readonly ppn: number;
  readonly properties: readonly string[];
}

/** A distinct node for each need, by augmenting paths; undefined when there are not enough. First listed, first taken. */
function match(needs: readonly Need[], nodes: readonly WorkerNode[], room: (node: WorkerNode) => number): WorkerNode[] | undefined {
  const taken = new Map<WorkerNode, number>();
  const fits = (node: WorkerNode, need: Need): boolean => room(node) >= need.ppn && need.properties.every((p) => hasProperty(node, p));
  const seat = (at: number, seen: Set<WorkerNode>): boolean => {
    const need = needs[at]!;
    for (const node of nodes) {
      if (taken.has(node) || !fits(node, need)) continue;
      taken.set(node, at);
      return true;
    }
    for (const node of nodes) {
      const holder = taken.get(node);
      if (holder === undefined || seen.has(node) || !fits(node, need)) continue;
      seen.add(node);
      if (!seat(holder, seen)) continue;
      taken.set(node, at);
      return true;
    }
    return false;
  };
  // One kind of need has nothing to gain from moving others about.
  const alike = needs.every((n) => n === needs[0] || (n.ppn === needs[0]!.ppn && n.properties.join() === needs[0]!.properties.join()));
  for (let at = 0; at < needs.length; at++) if (!seat(at, alike ? new Set(nodes) : new Set())) return undefined;
  const found: WorkerNode[] = [];
  for (const [node, at] of taken) found[at] = node;
  return found;
}

const expanded = (needs: readonly NodeNeed[]): Need[] => needs.flatMap((need) => Array.from({ length: need.count }, () => need));

/** Would an empty cluster of all listed nodes, down ones too, carry it? What `qsub` asks. */
export function isFeasible(server: Server, nodes: readonly NodeNeed[] | undefined, procs: number | undefined, nodectLimit: number | undefined): boolean {
  const listed = [...server.nodes.values()];
  const total = listed.reduce((sum, node) => sum + node.np, 0);
  if (procs !== undefined && procs > total) return false;
  if (nodes === undefined) return true;
  if (nodes.some((need) => need.extras.length > 0)) return false;
  const slots = nodes.reduce((sum, need) => sum + need.count * need.ppn, 0);
  const nodect = nodes.reduce((sum, need) => sum + need.count, 0);
  if (slots > total) return false;
  if (nodectLimit !== undefined && nodect <= nodectLimit) return true;
  return nodect <= listed.length && match(expanded(nodes), listed, (node) => node.np) !== undefined;
}

/** Slots for a job on usable nodes now; undefined when it does not fit. */
export function place(server: Pick<Server, 'now' | 'nodes' | 'version'>, job: BatchJob): readonly Slot[] | undefined {
  const now = server.now;
  const usable = [...server.nodes.values()].filter((node) => freeSlots(node) > 0 && isUsable(node, now));
  if (job.nodes === undefined && job.procs !== undefined) return placeProcs(usable, job.procs, job.defaultNeeds);
  const needs = job.nodes === undefined ? [{ ppn: 1, properties: job.defaultNeeds }] : expanded(job.nodes);
  const found = match(needs, usable, freeSlots);
  if (found === undefined) return undefined;
  const slots = found.map((node, at) => freeNumbers(node, needs[at]!.ppn).map((slot) => ({ node: node.name, slot })));
  return (server.version === '6.1.3' ? slots.reverse() : slots).flat();
}

function placeProcs(usable: readonly WorkerNode[], procs: number, properties: readonly string[]): readonly Slot[] | undefined {
  const slots: Slot[] = [];
  for (const node of usable) {
    if (!properties.every((p) => hasProperty(node, p))) continue;
    for (const slot of freeNumbers(node, Math.min(freeSlots(node), procs - slots.length))) slots.push({ node: node.name, slot });
    if (slots.length === procs) return slots;
  }
  return undefined;
}

function freeNumbers(node: WorkerNode, count: number): number[] {
  const numbers: number[] = [];
  for (let slot = 0; numbers.length < count; slot++) if (!node.slots.has(slot)) numbers.push(slot);
  return numbers;
}
