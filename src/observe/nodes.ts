import type { BatchNode } from '../model/batch.js';
import { isHeard } from '../model/reading.js';
import type { Inputs } from './join.js';

export interface NodeSeen {
  readonly source: string;
  readonly node: BatchNode;
  readonly heard: boolean;
}

/** Nodes of all batch servers by name; of two with one name the later server's. */
export interface NodeFinder {
  node(name: string): BatchNode | undefined;
  seen(name: string): NodeSeen | undefined;
}

/** Where each node stands in a server's list; lists with the same names at the same places share it. */
export type Places = ReadonlyMap<string, number>;

const known = new WeakMap<readonly BatchNode[], Places>();

/** The places of a list; made again only where its names are not those of the list `before`. */
export function placesOf(nodes: readonly BatchNode[], before?: readonly BatchNode[]): Places {
  const found = known.get(nodes) ?? (before !== undefined && isNamedAlike(before, nodes) ? known.get(before) : undefined);
  const places = found ?? new Map(nodes.map(({ name }, at) => [name, at]));
  known.set(nodes, places);
  return places;
}

function isNamedAlike(before: readonly BatchNode[], now: readonly BatchNode[]): boolean {
  if (before.length !== now.length) return false;
  for (let at = 0; at < now.length; at++) if (before[at] !== now[at] && before[at]?.name !== now[at]?.name) return false;
  return true;
}

/** `previous`: what was found in last time. */
export function nodeFinder({ batch }: Inputs, previous: Inputs | undefined): NodeFinder {
  const servers = [...batch].reverse().flatMap(([source, reading]) => {
    const nodes = reading.value?.nodes;
    return nodes === undefined ? [] : [{ source, heard: isHeard(reading), nodes, places: placesOf(nodes, previous?.batch.get(source)?.value?.nodes) }];
  });
  return {
    node: (name) => {
      for (const { nodes, places } of servers) {
        const place = places.get(name);
        if (place !== undefined) return nodes[place];
      }
      return undefined;
    },
    seen: (name) => {
      for (const { source, heard, nodes, places } of servers) {
        const node = nodes[places.get(name) ?? -1];
        if (node !== undefined) return { source, node, heard };
      }
      return undefined;
    },
  };
}
