/** Values by name in a fixed order: where there are thousands and a few change at a time, names and places are shared and only the values are copied. */
export class Placed<V> implements ReadonlyMap<string, V> {
  readonly #values: readonly V[];
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(values: readonly V[], names: readonly string[], places: ReadonlyMap<string, number>) {
    this.#values = values;
    this.#names = names;
    this.#places = places;
  }

  /** Of a map that stands still. */
  static of<V>(map: ReadonlyMap<string, V>): Placed<V> {
    if (map instanceof Placed) return map;
    const names = [...map.keys()];
    const places = new Map<string, number>();
    for (const [at, name] of names.entries()) places.set(name, at);
    return new Placed([...map.values()], names, places);
  }

  /** The same names with other values for some; a name that is not among them is left out. */
  with(fresh: ReadonlyMap<string, V>): Placed<V> {
    const values = this.#values.slice();
    for (const [name, value] of fresh) {
      const place = this.#places.get(name);
      if (place !== undefined) values[place] = value;
    }
    return new Placed(values, this.#names, this.#places);
  }

  /** Names whose value is another one than in `before`; undefined where the two do not share their names. */
  differing(before: ReadonlyMap<string, V>): readonly string[] | undefined {
    if (!(before instanceof Placed) || before.#places !== this.#places) return undefined;
    const [old, values] = [before.#values, this.#values];
    const names: string[] = [];
    for (let at = 0; at < values.length; at++) if (old[at] !== values[at]) names.push(this.#names[at] as string);
    return names;
  }

  /** The same names in the same order? */
  isNamedAs(names: Iterable<string>): boolean {
    let at = 0;
    for (const name of names) if (this.#names[at++] !== name) return false;
    return at === this.#names.length;
  }

  get size(): number {
    return this.#values.length;
  }
  get(name: string): V | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#values[place];
  }
  has(name: string): boolean {
    return this.#places.has(name);
  }
  keys(): MapIterator<string> {
    return this.#names.values() as MapIterator<string>;
  }
  values(): MapIterator<V> {
    return this.#values.values() as MapIterator<V>;
  }
  *entries(): MapIterator<[string, V]> {
    for (let at = 0; at < this.#names.length; at++) yield [this.#names[at] as string, this.#values[at] as V];
  }
  forEach(each: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (let at = 0; at < this.#names.length; at++) each(this.#values[at] as V, this.#names[at] as string, this);
  }
  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
