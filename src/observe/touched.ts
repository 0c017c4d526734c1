import type { BatchNode } from '../model/batch.js';
import { isHeard } from '../model/reading.js';
import { differences } from './differences.js';
import type { Inputs, Joined } from './join.js';
import { placesOf } from './nodes.js';

/**
 * Names of the nodes of which something else is said than last time: their record, the jobs that name them, our own note
 * of withholding them. Undefined where anything may be different: at first, and where the configuration is another, a
 * server has fallen silent or speaks again, or other nodes are listed.
 */
export function touchedNodes(previous: Joined | undefined, inputs: Inputs, sources: Joined['sources']): ReadonlySet<string> | undefined {
  if (previous === undefined || !isSameFrame(previous.inputs, inputs)) return undefined;
  const names = new Set<string>();
  const tell = (name: string): void => void names.add(name);
  for (const [source, { value }] of inputs.batch) {
    tellNodes(previous.inputs.batch.get(source)?.value?.nodes ?? [], value?.nodes ?? [], tell);
    const [before, now] = [previous.sources.get(source)?.byNode, sources.get(source)];
    if (now?.nodesChanged !== undefined && now.nodesChanged.before === before) for (const name of now.nodesChanged.names) tell(name);
    else differences(before, now?.byNode, tell);
  }
  differences(previous.inputs.rows.withheld, inputs.rows.withheld, tell);
  return names;
}

function isSameFrame(before: Inputs, now: Inputs): boolean {
  if (before.policy !== now.policy || before.batch.size !== now.batch.size) return false;
  for (const [source, reading] of now.batch) {
    const last = before.batch.get(source);
    if (last === undefined || isHeard(last) !== isHeard(reading)) return false;
    if (last.value !== reading.value && !isSameList(last.value?.nodes, reading.value?.nodes)) return false;
  }
  return true;
}

/** The same names at the same places. */
const isSameList = (before: readonly BatchNode[] | undefined, now: readonly BatchNode[] | undefined): boolean =>
  before === now || (before !== undefined && now !== undefined && placesOf(before) === placesOf(now, before));

function tellNodes(before: readonly BatchNode[], now: readonly BatchNode[], tell: (name: string) => void): void {
  if (before === now) return;
  for (let at = 0; at < now.length; at++) {
    const node = now[at] as BatchNode;
    if (before[at] !== node) tell(node.name);
  }
}
