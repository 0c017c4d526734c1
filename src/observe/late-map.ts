/** A map that is made when it is first read. */
export class LateMap<K, V> implements ReadonlyMap<K, V> {
  readonly #make: () => Iterable<readonly [K, V]>;
  #made: ReadonlyMap<K, V> | undefined;

  constructor(make: () => Iterable<readonly [K, V]>) {
    this.#make = make;
  }

  get #map(): ReadonlyMap<K, V> {
    this.#made ??= new Map(this.#make());
    return this.#made;
  }

  get size(): number {
    return this.#map.size;
  }
  get(key: K): V | undefined {
    return this.#map.get(key);
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
