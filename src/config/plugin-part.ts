import type { ConfigSchema } from '../drivers/plugin.js';
import type { Problem } from './config.js';
import { nearest } from './nearest.js';
import { shown } from './problem.js';
import type { Path, Place } from './spots.js';

/** Where a plugin's settings are written: `['batch', 'main']`, `['ssh']`, `['xen']`, `['network', 'names']`. */
export type Locate = (path: Path) => Place;

/** What a zod schema tells of an issue, where it is one. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly keys?: readonly string[];
}

const below = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, key) => (typeof part === 'object' && part !== null ? (part as Record<PropertyKey, unknown>)[key] : undefined), value);

/** The keys a schema knows at some depth, where it is a zod object. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const shape: unknown = below(schema, path.flatMap((key) => ['shape', key]).concat('shape'));
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}

/** `Invalid input: expected string, received undefined` says twice what the problem shows anyway. */
const expectation = (message: string): string => /^Invalid input: expected (.+), received .+$/.exec(message)?.[1] ?? message;

/** Settings that the store part of domus.yaml fills in are written there. */
const elsewhere: Readonly<Record<string, Path>> = { imagesDir: ['store', 'images'], overlaysDir: ['store', 'overlays'] };

/** Checks a plugin's settings by the plugin's own schema: everything wrong with them, each with its place. */
export function checkPluginPart(schema: ConfigSchema<unknown>, settings: unknown, where: Path, locate: Locate): readonly Problem[] {
  const result = schema.safeParse(settings);
  if (result.success) return [];
  return result.error.issues.flatMap((issue: Issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    const at = elsewhere[String(path[0])] ?? [...where, ...path];
    if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'a key that the plugin knows';
        const problem = { ...locate([...at, key]), path: [...at, key].join('.'), found: `unknown key ${shown(key)}`, expected };
        return near === undefined ? problem : { ...problem, nearest: near };
      });
    }
    return [{ ...locate(at), path: at.join('.'), found: shown(below(settings, path)), expected: expectation(issue.message) }];
  });
}
