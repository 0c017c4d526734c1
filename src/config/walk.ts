import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { z } from 'zod';
import { resolved, type Sheet } from './document.js';
import { nearest } from './nearest.js';
import { type Problems, shown } from './problem.js';
import type { Path, Spots } from './spots.js';

/** What could be read of a `T`: broken parts are absent, everything else is there. */
export type Partly<T> = T extends readonly (infer E)[] ? readonly Partly<E>[] : T extends object ? { readonly [K in keyof T]?: Partly<T[K]> } : T;

/** A plugin's settings of more values than this are refused (aliases multiply). */
const mostRaw = 10_000;

type Schema = z.core.$ZodType;
type NodeLike = Node | null | undefined;

const isEmpty = (node: NodeLike): boolean => node === undefined || node === null || (isScalar(node) && node.value === null);
const expectedOf = (schema: Schema): string => String(z.globalRegistry.get(schema)?.['expected'] ?? 'another value');

/** The schema below optional and default. */
export function coreOf(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return coreOf(schema.unwrap());
  return schema;
}

/** Walks YAML nodes by a zod schema: every problem with its place, and everything that could be read. */
export class Walk {
  readonly #sheet: Sheet;
  readonly #spots: Spots;
  readonly #problems: Problems;
  #rawCount = 0;

  constructor(sheet: Sheet, spots: Spots, problems: Problems) {
    this.#sheet = sheet;
    this.#spots = spots;
    this.#problems = problems;
  }

  /** The whole file. */
  read<S extends z.ZodType>(schema: S): Partly<z.output<S>> | undefined {
    const { root, prefix } = this.#sheet;
    const top = isEmpty(root) ? undefined : root;
    return (top === undefined && schema instanceof z.ZodObject ? this.#object(schema, undefined, prefix) : this.#value(schema, top, prefix)) as
      | Partly<z.output<S>>
      | undefined;
  }

  #value(schema: Schema, written: NodeLike, path: Path): unknown {
    const node = resolved(written, this.#sheet.document);
    const core = coreOf(schema);
    if (isEmpty(node)) return this.#absent(schema, core, node, path);
    if (core instanceof z.ZodUnion) return this.#value(this.#choose(core, node), node, path);
    if (core instanceof z.ZodObject) return isMap(node) ? this.#object(core, node, path) : this.#wrong(path, node, 'a group of keys');
    if (core instanceof z.ZodRecord) return isMap(node) ? this.#record(core, node, path) : this.#wrong(path, node, 'a group of keys');
    if (core instanceof z.ZodArray) return isSeq(node) ? this.#list(core, node, path) : this.#wrong(path, node, 'a list, such as [a, b]');
    return this.#leaf(core, node, path);
  }

  #absent(schema: Schema, core: Schema, node: NodeLike, path: Path): unknown {
    if (schema instanceof z.ZodOptional) return undefined;
    if (core instanceof z.ZodObject && schema !== core) return this.#object(core, undefined, path);
    const result = z.safeParse(schema, undefined);
    if (result.success) return result.data;
    if (core instanceof z.ZodObject && node !== undefined) return this.#object(core, undefined, path);
    if (core instanceof z.ZodRecord && node !== undefined) return {};
    if (!this.#problems.has(path)) this.#problems.add(path, { found: 'nothing', expected: this.#expectation(core) });
    return core instanceof z.ZodObject ? this.#silent(core) : undefined;
  }

  /** A missing group: nothing more is said of its keys. */
  #silent(schema: z.ZodObject): unknown {
    return Object.fromEntries(Object.keys(schema.shape).map((key) => [key, undefined]));
  }

  #expectation(core: Schema): string {
    if (core instanceof z.ZodObject) return `a group with ${Object.keys(core.shape).join(', ')}`;
    if (core instanceof z.ZodRecord) return String(z.globalRegistry.get(core)?.['expected'] ?? 'a group of keys');
    if (core instanceof z.ZodArray) return 'a list';
    if (core instanceof z.ZodEnum) return `one of ${core.options.join(', ')}`;
    if (core instanceof z.ZodUnion) return core.options.map((option) => this.#expectation(coreOf(option))).join(', or ');
    return expectedOf(core);
  }

  #choose(union: z.ZodUnion, node: NodeLike): Schema {
    const wants = (option: Schema): boolean => {
      const core = coreOf(option);
      return (isMap(node) && core instanceof z.ZodObject) || (isSeq(node) && core instanceof z.ZodArray);
    };
    return union.options.find(wants) ?? union.options[0]!;
  }

  #object(schema: z.ZodObject, node: YAMLMap | undefined, path: Path): unknown {
    const loose = schema.def.catchall !== undefined && schema.def.catchall._zod.def.type !== 'never';
    const known = Object.keys(schema.shape);
    const values: Record<string, unknown> = {};
    const pairs = this.#pairs(node, path);
    for (const [key, pair] of pairs) {
      if (known.includes(key)) continue;
      if (loose) values[key] = this.#raw(pair.value as NodeLike, [...path, key]);
      else this.#unknown(key, known, path);
    }
    for (const key of known) {
      const value = this.#value(schema.shape[key]!, pairs.get(key)?.value as NodeLike, [...path, key]);
      if (value !== undefined) values[key] = value;
    }
    return values;
  }

  #unknown(key: string, known: readonly string[], path: Path): void {
    const near = nearest(key, known);
    if (near !== undefined) this.#problems.excuse([...path, near]);
    this.#problems.add([...path, key], { found: `unknown key ${shown(key)}`, expected: `one of ${known.join(', ')}`, nearest: near }, 'key');
  }

  #record(schema: z.ZodRecord, node: YAMLMap, path: Path): unknown {
    const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, pair] of this.#pairs(node, path)) {
      const name = z.safeParse(schema.keyType, key);
      if (!name.success)
        this.#problems.add([...path, key], { found: shown(key), expected: name.error.issues[0]?.message ?? expectedOf(schema.keyType) }, 'key');
      values[key] = this.#value(schema.valueType, pair.value === undefined ? null : (pair.value as NodeLike), [...path, key]) ?? {};
    }
    return values;
  }

  #list(schema: z.ZodArray, node: YAMLSeq, path: Path): unknown {
    let whole = true;
    const values = node.items.map((item, at) => {
      const below = [...path, at];
      this.#mark(below, item as Node, item as Node);
      const value = this.#value(schema.element, item as Node, below);
      if (value === undefined) whole = false;
      return value;
    });
    return whole ? values : undefined;
  }

  #leaf(schema: Schema, node: NodeLike, path: Path): unknown {
    if (!isScalar(node)) return this.#wrong(path, node, this.#expectation(schema));
    const text = typeof node.value === 'number' && node.source !== undefined ? node.source : node.value;
    const wantsNumber = schema instanceof z.ZodNumber;
    const result = z.safeParse(schema, wantsNumber ? node.value : text);
    if (result.success) return result.data;
    const options = schema instanceof z.ZodEnum ? schema.options.map(String) : [];
    const said = result.error.issues.find((issue) => issue.code === 'custom')?.message;
    this.#problems.add(path, {
      found: shown(wantsNumber ? node.value : text),
      expected: said ?? this.#expectation(schema),
      nearest: typeof text === 'string' ? nearest(text, options) : undefined,
    });
    return undefined;
  }

  #wrong(path: Path, node: NodeLike, expected: string): undefined {
    const found = isMap(node) ? 'a group of keys' : isSeq(node) ? 'a list' : shown(isScalar(node) ? node.value : undefined);
    this.#problems.add(path, { found, expected });
    return undefined;
  }

  /** The keys of a map with their places; a key written twice is a problem, the first one counts. */
  #pairs(node: YAMLMap | undefined, path: Path): ReadonlyMap<string, Pair> {
    const pairs = new Map<string, Pair>();
    for (const pair of node?.items ?? []) {
      const keyNode = pair.key as Node;
      const key = isScalar(keyNode) ? String(keyNode.source ?? keyNode.value) : undefined;
      if (key === undefined) {
        this.#problems.addAt(this.#sheet.place(keyNode?.range?.[0] ?? 0), { found: 'a list or group as a key', expected: 'a word' });
      } else if (pairs.has(key)) {
        this.#problems.addAt(this.#sheet.place(keyNode.range?.[0] ?? 0), { found: `key ${shown(key)} a second time`, expected: 'each key once' });
      } else {
        pairs.set(key, pair);
        this.#mark([...path, key], keyNode, (pair.value as NodeLike) ?? keyNode);
      }
    }
    return pairs;
  }

  /** A plugin's settings: plain data, checked by the plugin; the places are kept. */
  #raw(written: NodeLike, path: Path): unknown {
    const node = resolved(written, this.#sheet.document);
    if (++this.#rawCount > mostRaw) {
      if (this.#rawCount === mostRaw + 1) this.#problems.add(path, { found: `more than ${mostRaw} values`, expected: 'fewer settings' });
      return null;
    }
    if (isMap(node)) return Object.fromEntries([...this.#pairs(node, path)].map(([key, pair]) => [key, this.#raw(pair.value as NodeLike, [...path, key])]));
    if (isSeq(node)) {
      return node.items.map((item, at) => {
        this.#mark([...path, at], item as Node, item as Node);
        return this.#raw(item as Node, [...path, at]);
      });
    }
    return isScalar(node) ? node.value : null;
  }

  #mark(path: Path, key: Node, value: Node): void {
    const at = this.#sheet.place(key.range?.[0] ?? 0);
    this.#spots.record(path, { key: at, value: value.range == null ? at : this.#sheet.place(value.range[0]), depth: this.#sheet.prefix.length });
  }
}
