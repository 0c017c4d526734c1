import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './files.js';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const domus = read('domus.example.yaml');
const grid = read('environments/grid.yaml');
const others = { legacy: read('environments/legacy.yaml'), short: read('environments/short.yaml') };

/** A text with some pieces replaced by other pieces of it, or by what YAML gives a meaning to. */
const damaged = (text: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        length: fc.nat(12),
        with: fc.oneof(
          fc.constantFrom(
            '',
            ':',
            '- ',
            '{',
            '}',
            '[',
            ']',
            '&a ',
            '*a',
            '!!map ',
            '|',
            '"',
            '\n',
            '\t',
            '? ',
            '<<: ',
            '~',
            'null',
            '---\n',
            '-1',
            '1e999',
            '.nan',
            '[1-9]',
          ),
          fc.string({ maxLength: 5 }),
          fc.nat(text.length - 20).map((from) => text.slice(from, from + 20)),
        ),
      }),
      { maxLength: 6 },
    )
    .map((edits) => edits.reduce((whole, edit) => whole.slice(0, edit.at) + edit.with + whole.slice(edit.at + edit.length), text));

test('however a file is damaged, it is checked to the end: a frozen configuration, or problems with places in the files', () => {
  fc.assert(
    fc.property(damaged(domus), damaged(grid), (domusText, gridText) => {
      const checked = check(domusText, { grid: gridText, ...others });
      if (checked.ok) expect(Object.isFrozen(checked.config)).toBe(true);
      else expect(checked.problems.length).toBeGreaterThan(0);
      for (const { file, line, column } of checked.ok ? [] : checked.problems) {
        const text = file.endsWith('grid.yaml') ? gridText : file.endsWith('domus.yaml') ? domusText : others.legacy + others.short;
        expect(file).toMatch(/^\/etc\/domus\/(domus|environments\/(grid|legacy|short))\.yaml$/);
        expect(line).toBeLessThanOrEqual(text.split('\n').length + 1);
        expect(column).toBeGreaterThan(0);
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) },
  );
}, 300_000);
