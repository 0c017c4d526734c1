/** A job's own elements by name. */
export interface Elements {
  get(name: string): string | undefined;
  has(name: string): boolean;
}

const asPattern = (name: string): string => name.replace(/[.-]/g, '\\$&');

/**
 * One order of elements, as one regular expression: TORQUE prints the jobs of a kind (queued, running, held) all alike,
 * and this reads such a job five times faster than going from element to element.
 */
export class Shape {
  readonly #pattern: RegExp;
  /** Wanted element -> its group in the pattern. */
  readonly #places = new Map<string, number>();
  readonly #resources: number;

  /** `names` in the order they stand, each once; `groupName` is the element whose inside is given out whole. */
  constructor(names: readonly string[], wanted: ReadonlySet<string>, groupName: string) {
    let groups = 0;
    let resources = 0;
    // a text with anything that must be resolved or taken out is for the walker
    const text = '[^<&\\u0000-\\u001f\\ufffe\\uffff]*';
    const parts = names.map((name) => {
      const tag = asPattern(name);
      if (name === groupName) {
        resources = ++groups;
        return `<${tag}>([^]*?)</${tag}>`;
      }
      if (!wanted.has(name)) return `<${tag}>${text}</${tag}>`;
      this.#places.set(name, ++groups);
      return `<${tag}>(${text})</${tag}>`;
    });
    this.#resources = resources;
    this.#pattern = new RegExp(`^<Job>${parts.join('')}</Job>$`);
  }

  /** The texts of a job of this shape, as `finish` gives them out; the group is not looked into. Undefined for any other job. */
  read(text: string, finish: (raw: string, name: string) => string): { readonly own: Elements; readonly group: string | undefined } | undefined {
    const found = this.#pattern.exec(text);
    if (found === null) return undefined;
    const places = this.#places;
    const own: Elements = {
      get: (name) => {
        const raw = found[places.get(name) ?? -1];
        return raw === undefined ? undefined : finish(raw, name);
      },
      has: (name) => places.has(name),
    };
    return { own, group: found[this.#resources === 0 ? -1 : this.#resources] };
  }
}
