/** Values by name in a fixed order: where there are thousands and a few change at a time, names and places are shared and only the values are copied. */
export class Placed<V> implements ReadonlyMap<string, V> {
  readonly #values: readonly V[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(values: readonly V[], places: ReadonlyMap<string, number>) {
    this.#values = values;
    this.#places = places;
  }

  /** Of a map that stands still. */
  static of<V>(map: ReadonlyMap<string, V>): Placed<V> {
    if (map instanceof Placed) return map;
    let at = 0;
    const places = new Map<string, number>();
    for (const name of map.keys()) places.set(name, at++);
    return new Placed([...map.values()], places);
  }

  /** The same names with other values for some; a name that is not among them is left out. */
  with(fresh: ReadonlyMap<string, V>): Placed<V> {
    const values = this.#values.slice();
    for (const [name, value] of fresh) {
      const place = this.#places.get(name);
      if (place !== undefined) values[place] = value;
    }
    return new Placed(values, this.#places);
  }

  /** Names whose value is another one than in `before`; undefined where the two do not share their names. */
  differing(before: ReadonlyMap<string, V>): readonly string[] | undefined {
    if (!(before instanceof Placed) || before.#places !== this.#places) return undefined;
    const [old, values] = [before.#values, this.#values];
    const places = new Set<number>();
    for (let at = 0; at < values.length; at++) if (old[at] !== values[at]) places.add(at);
    const names: string[] = [];
    if (places.size > 0) for (const [name, place] of this.#places) if (places.has(place)) names.push(name);
    return names;
  }

  /** The same names in the same order? */
  isNamedAs(names: Iterable<string>): boolean {
    const mine = this.#places.keys();
    let count = 0;
    for (const name of names) {
      if (mine.next().value !== name) return false;
      count++;
    }
    return count === this.#places.size;
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
    return this.#places.keys();
  }
  values(): MapIterator<V> {
    return this.#values.values() as MapIterator<V>;
  }
  *entries(): MapIterator<[string, V]> {
    for (const [name, place] of this.#places) yield [name, this.#values[place] as V];
  }
  forEach(each: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, place] of this.#places) each(this.#values[place] as V, name, this);
  }
  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
