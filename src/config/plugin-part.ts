import { z } from 'zod';
import type { ConfigSchema } from '../drivers/plugin.js';
import type { Problem } from './config.js';
import { readDuration, type Written } from './duration.js';
import { readMebibytes } from './memory.js';
import { nearest } from './nearest.js';
import { shown } from './problem.js';
import type { Path, Place } from './spots.js';
import { coreOf } from './walk.js';

/** Where a plugin's settings are written: `['batch', 'main']`, `['ssh']`, `['xen']`, `['network', 'names']`. */
export type Locate = (path: Path, at?: 'key' | 'value') => Place;

/** What a zod schema tells of an issue, where it is one. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly keys?: readonly string[];
}

type Parts = Readonly<Record<PropertyKey, unknown>>;
const isParts = (value: unknown): value is Parts => typeof value === 'object' && value !== null;
const below = (value: unknown, path: readonly PropertyKey[]): unknown => path.reduce<unknown>((part, key) => (isParts(part) ? part[key] : undefined), value);

/** The keys a schema knows at some depth, where it is a zod object. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const core = schema instanceof z.core.$ZodType ? coreOf(schema) : undefined;
  if (!(core instanceof z.ZodObject)) return [];
  const [first, ...rest] = path;
  return first === undefined ? Object.keys(core.shape) : keysAt(core.shape[String(first)], rest);
}

/** A setting `keepAliveMs` or `maxOutputMiB` is written `keepAlive: 10s`, `maxOutput: 1GiB`. */
const readers: readonly { readonly suffix: string; readonly read: (text: string) => Written }[] = [
  { suffix: 'Ms', read: readDuration },
  { suffix: 'MiB', read: readMebibytes },
];
const readerOf = (key: string) => readers.find(({ suffix }) => key.endsWith(suffix));
const asWritten = (key: string): string => key.slice(0, key.length - (readerOf(key)?.suffix.length ?? 0));

/** A plugin's settings as its schema wants them: durations and sizes as people write them become numbers. */
export function plainSettings(schema: ConfigSchema<unknown>, settings: unknown): unknown {
  if (!isParts(settings)) return settings;
  const plain: Record<string, unknown> = { ...settings };
  for (const key of keysAt(schema, [])) {
    const reader = readerOf(key);
    const bare = asWritten(key);
    if (reader === undefined || !(bare in plain) || key in plain) continue;
    const value = plain[bare];
    delete plain[bare];
    const written = reader.read(String(value));
    plain[key] = 'value' in written ? written.value : String(value); // a number without unit stays refused
  }
  return plain;
}

/** zod's `Invalid input: expected string, received undefined` says twice what the problem shows anyway. */
function expectation(message: string): string {
  const bound = /^Too (?:big|small): expected \w+ to (?:be|have) (<=|>=|<|>)(.+)$/.exec(message);
  const words: Readonly<Record<string, string>> = { '<=': 'at most', '>=': 'at least', '<': 'less than', '>': 'more than' };
  if (bound !== null) return `${words[bound[1] ?? ''] ?? ''} ${bound[2]}`;
  return /^Invalid input: expected (.+), received .+$/.exec(message)?.[1] ?? message;
}

/** Settings that the store part of domus.yaml fills in are written there. */
const elsewhere: Readonly<Record<string, Path>> = { imagesDir: ['store', 'images'], overlaysDir: ['store', 'overlays'] };

/** Checks a plugin's settings by the plugin's own schema: everything wrong with them, each with its place. */
export function checkPluginPart(schema: ConfigSchema<unknown>, settings: unknown, where: Path, locate: Locate): readonly Problem[] {
  const result = schema.safeParse(plainSettings(schema, settings));
  if (result.success) return [];
  const problems = result.error.issues.flatMap((issue: Issue) =>
    issue.code === 'unrecognized_keys' ? unknownKeys(issue, schema, where, locate) : [wrongValue(issue, settings, where, locate)],
  );
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

const pathOf = (path: readonly PropertyKey[]): Path => path.map((key) => (typeof key === 'number' ? key : String(key)));

function unknownKeys(issue: Issue, schema: unknown, where: Path, locate: Locate): readonly Problem[] {
  const known = keysAt(schema, issue.path).map((key) => (issue.path.length === 0 ? asWritten(key) : key));
  return (issue.keys ?? []).map((key) => {
    const at = [...where, ...pathOf(issue.path), key];
    const near = nearest(key, known);
    const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'a key that the plugin knows';
    const problem = { ...locate(at, 'key'), path: at.join('.'), found: `unknown key ${shown(key)}`, expected };
    return near === undefined ? problem : { ...problem, nearest: near };
  });
}

function wrongValue(issue: Issue, settings: unknown, where: Path, locate: Locate): Problem {
  const [first = '', ...rest] = pathOf(issue.path);
  const bare = asWritten(String(first));
  const written = isParts(settings) && bare in settings ? [bare, ...rest] : pathOf(issue.path);
  const at = elsewhere[String(first)] ?? [...where, ...written];
  const value = below(settings, written);
  const read = typeof value === 'string' || typeof value === 'number' ? readerOf(String(first))?.read(String(value)) : undefined;
  const expected = read !== undefined && 'expected' in read ? read.expected : expectation(issue.message);
  return { ...locate(at), path: at.join('.'), found: shown(value), expected };
}
