import { harmless, type Paint, painted, type Screen } from './screen.js';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | undefined;
  readonly align?: 'right';
  readonly paint?: (row: T) => Paint | undefined;
}

const gap = '  ';
const lengthOf = (text: string): number => [...text].length;
const cut = (text: string, width: number): string => (lengthOf(text) <= width ? text : `${[...text].slice(0, Math.max(1, width - 1)).join('')}…`);
const padded = (text: string, width: number, right: boolean): string => {
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return right ? blanks + text : text + blanks;
};

/** Aligned columns under titles; the last one takes the room that is left and is cut there. Ends with a line break; no rows give the words of `none`. */
export function table<T>(screen: Pick<Screen, 'colour' | 'width'>, columns: readonly Column<T>[], rows: readonly T[], none: string): string {
  if (rows.length === 0) return `${none}\n`;
  const cells = rows.map((row) => columns.map((column) => harmless(String(column.value(row) ?? '-'))));
  const widths = columns.map((column, at) => Math.max(lengthOf(column.title), ...cells.map((line) => lengthOf(line[at] ?? ''))));
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + gap.length, 0);
  const room = Math.max(12, screen.width() - before);
  const line = (texts: readonly string[], paint: (at: number) => Paint | undefined): string =>
    texts
      .map((text, at) => {
        const fitted = at === last ? cut(text, room) : padded(text, widths[at] ?? 0, columns[at]?.align === 'right');
        return painted(screen, paint(at), fitted);
      })
      .join(gap)
      .trimEnd();
  const head = line(
    columns.map((column) => column.title),
    () => 'dim',
  );
  const body = cells.map((texts, row) => line(texts, (at) => columns[at]?.paint?.(rows[row] as T)));
  return `${[head, ...body].join('\n')}\n`;
}
