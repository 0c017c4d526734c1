/** A map that is made when it is first read. What `known` gives of it is asked for first: for that it need not be made. */
export class LateMap<K, V> implements ReadonlyMap<K, V> {
  readonly #make: () => Iterable<readonly [K, V]>;
  readonly #known: (key: K) => V | undefined;
  #made: ReadonlyMap<K, V> | undefined;

  constructor(make: () => Iterable<readonly [K, V]>, known: (key: K) => V | undefined = () => undefined) {
    this.#make = make;
    this.#known = known;
  }

  get #map(): ReadonlyMap<K, V> {
    this.#made ??= new Map(this.#make());
    return this.#made;
  }

  get size(): number {
    return this.#map.size;
  }
  get(key: K): V | undefined {
    if (this.#made !== undefined) return this.#made.get(key);
    return this.#known(key) ?? this.#map.get(key);
  }
  has(key: K): boolean {
    return this.#map.has(key);
  }
  keys(): MapIterator<K> {
    return this.#map.keys();
  }
  values(): MapIterator<V> {
    return this.#map.values();
  }
  entries(): MapIterator<[K, V]> {
    return this.#map.entries();
  }
  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#map) each(value, key, this);
  }
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map[Symbol.iterator]();
  }
}
