import type { Thinned } from './thin.js';

/** Every plot is drawn in a box so wide and so high, y downwards; the page stretches it (strokes keep their width). */
export const box = { width: 720, height: 200 } as const;

/** Height in the box of a value, in whole units: `top` is the value at its upper edge. */
export const heightOf = (value: number, top: number): number => Math.round(box.height * (1 - Math.min(1, Math.max(0, top > 0 ? value / top : 0))));

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Writes steps: level runs become one stroke, and a height that stays is not said again. */
class Pen {
  #text = '';
  #height = Number.NaN;
  #across: string | undefined;
  start(x: number, height: number): this {
    this.#flush();
    this.#text += `M${short(x)} ${height}`;
    this.#height = height;
    return this;
  }
  climb(height: number): this {
    if (height === this.#height) return this;
    this.#flush();
    this.#text += `V${height}`;
    this.#height = height;
    return this;
  }
  go(x: number): this {
    this.#across = `H${short(x)}`;
    return this;
  }
  close(): this {
    this.#flush();
    this.#text += 'Z';
    return this;
  }
  text(): string {
    this.#flush();
    return this.#text;
  }
  #flush(): void {
    this.#text += this.#across ?? '';
    this.#across = undefined;
  }
}

/** Columns without a gap between them: [from, to). */
function stretches(values: Float64Array): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let from: number | undefined;
  for (let column = 0; column <= values.length; column++) {
    const known = column < values.length && !Number.isNaN(values[column]!);
    if (known) from ??= column;
    else if (from !== undefined) {
      found.push([from, column]);
      from = undefined;
    }
  }
  return found;
}

/** A step line; in a column where the value moved it goes to the highest and to the lowest there was. */
export function linePath({ low, high, mean, columns }: Thinned, top: number): string {
  const pen = new Pen();
  const x = (column: number): number => (column * box.width) / columns;
  for (const [from, to] of stretches(mean)) {
    pen.start(x(from), heightOf(mean[from]!, top));
    for (let column = from; column < to; column++) {
      pen.climb(heightOf(high[column]!, top)).climb(heightOf(low[column]!, top)).climb(heightOf(mean[column]!, top));
      pen.go(x(column + 1));
    }
  }
  return pen.text();
}

/** A filled shape between two rows of values of one length; `lower` alone may be left out for the floor. Gaps stay empty. */
export function areaPath(upper: Float64Array, top: number, lower?: Float64Array): string {
  const pen = new Pen();
  const x = (column: number): number => (column * box.width) / upper.length;
  const floor = (column: number): number => heightOf(lower?.[column] ?? 0, top);
  for (const [from, to] of stretches(upper)) {
    pen.start(x(from), floor(from));
    for (let column = from; column < to; column++) pen.climb(heightOf(upper[column]!, top)).go(x(column + 1));
    for (let column = to - 1; column >= from; column--) pen.climb(floor(column)).go(x(column));
    pen.close();
  }
  return pen.text();
}

/** Steps through points given as fractions of the box, y from its floor: the value holds until the next point. */
export function stepsPath(points: readonly (readonly [x: number, y: number])[]): string {
  const pen = new Pen();
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) pen.start(x * box.width, heightOf(y, 1));
    else pen.go(x * box.width).climb(heightOf(y, 1));
  }
  return pen.text();
}

/** Straight lines through points given as fractions of the box, y from its floor. */
export const pointsPath = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${short(x * box.width)} ${short(box.height * (1 - y))}`).join('');
