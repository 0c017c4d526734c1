import type { Range } from '../model/size.js';
import type { Problems } from './problem.js';
import type { Path } from './spots.js';

type Written = number | { readonly min?: number; readonly max?: number; readonly step?: number };

/** One number is a fixed size. A range must rise, and its steps must end at its maximum. */
export function makeRange(written: Written | undefined, path: Path, show: (n: number) => string, problems: Problems): Range | undefined {
  if (written === undefined) return undefined;
  if (typeof written === 'number') return { min: written, max: written, step: 1 };
  const { min, max, step } = written;
  if (min === undefined || max === undefined || step === undefined) return undefined;
  if (min > max) {
    problems.add([...path, 'min'], { found: show(min), expected: `at most the max ${show(max)}` });
    return undefined;
  }
  if ((max - min) % step !== 0) {
    const below = max - ((max - min) % step);
    problems.add([...path, 'max'], { found: show(max), expected: `${show(below)} or ${show(below + step)}: steps of ${show(step)} from ${show(min)}` });
  }
  return { min, max, step };
}
