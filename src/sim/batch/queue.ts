/** A queue's attributes by name, values as qmgr has them; `resources_default.X` under its whole name. */
export interface Queue {
  readonly name: string;
  readonly attributes: Map<string, string[]>;
}

export const first = (attributes: ReadonlyMap<string, readonly string[]>, name: string): string | undefined => attributes.get(name)?.[0];
export const isTrue = (attributes: ReadonlyMap<string, readonly string[]>, name: string): boolean => first(attributes, name) === 'True';

export const isRoute = (queue: Queue): boolean => first(queue.attributes, 'queue_type')?.toLowerCase().startsWith('r') ?? false;
export const isExecution = (queue: Queue): boolean => first(queue.attributes, 'queue_type')?.toLowerCase().startsWith('e') ?? false;

/** `resources_default.*` as pairs. */
export const defaultsOf = (queue: Queue): [string, string][] =>
  [...queue.attributes]
    .filter(([name]) => name.startsWith('resources_default.'))
    .map(([name, values]) => [name.slice('resources_default.'.length), values.join(',')]);

const order = [
  'queue_type',
  'Priority',
  'max_',
  'acl_',
  'resources_max',
  'resources_min',
  'resources_default',
  'resources_available',
  'keep_completed',
  'route_destinations',
  'enabled',
  'started',
];
const place = (name: string): number => {
  const at = order.findIndex((start) => name.startsWith(start));
  return at < 0 ? 8 : at;
};
/** In the order the server prints them. */
export const orderedAttributes = (queue: Queue): [string, string[]][] => [...queue.attributes].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
