import type { BatchServer } from '../../src/model/batch.js';
import { type Listed, parseListed } from './parse-qmgr.js';
import { count, garbled } from './parse-text.js';

/** TORQUE's own default, where `scheduler_iteration` was never set. */
const defaultIterationS = 600;

/** `qmgr -c 'list server'` (or `qstat -Bf`). Raises Failure `garbled`. */
export function parseServer(text: string): BatchServer {
  return serverOf(listedServer(text));
}

/** The server's attributes, among them `managers` and `operators`. Raises Failure `garbled`. */
export function listedServer(text: string): Listed {
  const server = parseListed(text).find((object) => object.kind === 'server');
  if (server === undefined) garbled('the server should be listed', text);
  return server;
}

/** A server from its attributes. Scheduling that is not shown counts as off: it is never switched on by us. */
export function serverOf({ name, attributes }: Listed): BatchServer {
  return {
    name,
    version: attributes.get('pbs_version') ?? 'unknown',
    scheduling: attributes.get('scheduling') === 'True',
    iterationMs: (count(attributes.get('scheduler_iteration')) ?? defaultIterationS) * 1000,
    autoNodeNp: attributes.get('auto_node_np') === 'True',
  };
}

/** `root@*,alice@torque.example.org` as one pattern each. */
export const rightsOf = (server: Listed, list: 'managers' | 'operators'): readonly string[] =>
  (server.attributes.get(list) ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
