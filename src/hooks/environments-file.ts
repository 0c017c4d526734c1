import { type Environment, largestSize, npOf } from '../model/environment.js';
import type { Policy } from '../model/policy.js';
import type { Seat } from '../model/seat.js';

/** What of a node that is not ours matters to a job that looks for its place. */
export interface StaticNode {
  readonly np: number;
  readonly properties: readonly string[];
}

/** Words that the hooks' blanks and commas cannot misread; others come from outside and are left out. */
const plain = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const listed = (words: Iterable<string>): string => [...new Set(words)].filter((word) => plain.test(word)).join(',') || '-';

/** A property that leads to this environment, and that no other one's node has. */
function ownProperty({ serves, name }: Environment, seats: readonly Seat[], others: readonly Environment[]): string | undefined {
  const taken = new Set([
    ...seats.filter((seat) => seat.environment !== name).flatMap((seat) => seat.properties),
    ...others.flatMap((other) => other.serves.properties),
  ]);
  return serves.properties.find((property) => !taken.has(property));
}

function environmentLine(environment: Environment, policy: Policy): string {
  const { name, serves } = environment;
  const size = largestSize(environment);
  const seats = Object.values(policy.seats);
  const others = Object.values(policy.environments).filter((other) => other.name !== name);
  const carries = seats.filter((seat) => seat.environment === name).flatMap((seat) => seat.properties);
  const own = ownProperty(environment, seats, others) ?? '-';
  return [
    'environment',
    name,
    own,
    listed(serves.queues),
    listed(serves.properties),
    listed(carries),
    npOf(environment, size),
    size.memoryMiB,
    environment.max,
  ].join(' ');
}

/**
 * The public file that the hooks read: what environments there are and what is the most that each can serve; and the nodes
 * that are not Domus's, which may serve what Domus cannot. Same text for the same facts, whatever their order.
 */
export function environmentsFile(policy: Policy, statics: readonly StaticNode[]): string {
  const environments = Object.values(policy.environments).sort((a, b) => (a.name < b.name ? -1 : 1));
  const others = statics.filter((node) => node.np > 0).map((node) => `static ${node.np} ${listed([...node.properties].sort())}`);
  return [
    '# Written by Domus for its hooks: environment NAME OWN QUEUES PROPERTIES CARRIES SLOTS MIB NODES; static SLOTS PROPERTIES',
    ...environments.map((environment) => environmentLine(environment, policy)),
    ...[...new Set(others)].sort(),
    '',
  ].join('\n');
}
