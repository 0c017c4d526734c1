import type { BatchNode } from '../model/batch.js';
import { oncePer } from '../model/once.js';
import { isHeard } from '../model/reading.js';
import type { Inputs } from './join.js';

export interface NodeSeen {
  readonly source: string;
  readonly node: BatchNode;
  readonly heard: boolean;
}
export type NodeFinder = (name: string) => NodeSeen | undefined;

export const nodesByName = oncePer((nodes: readonly BatchNode[]): ReadonlyMap<string, BatchNode> => new Map(nodes.map((node) => [node.name, node])));

/** Nodes of all batch servers by name; of two with one name the later server's. */
export function nodeFinder({ batch }: Inputs): NodeFinder {
  const servers = [...batch].reverse().flatMap(([source, reading]) => {
    const nodes = reading.value?.nodes;
    return nodes === undefined ? [] : [{ source, heard: isHeard(reading), nodes: nodesByName(nodes) }];
  });
  return (name) => {
    for (const { source, heard, nodes } of servers) {
      const node = nodes.get(name);
      if (node !== undefined) return { source, node, heard };
    }
    return undefined;
  };
}
