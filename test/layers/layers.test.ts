import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches } from './breaches.js';
import { pure, table } from './table.js';

const root = join(import.meta.dirname, '..', '..');

function sources(): ReadonlyMap<string, string> {
  const files = ['src', 'plugins', 'bench', 'xenlab'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(files.map((file) => [relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')]));
}

describe('the layers', () => {
  const all = sources();

  it('hold in every source file', () => {
    expect(breaches(all)).toEqual([]);
  });

  it('have no rule for a part that is not there', () => {
    const parts = [...all.keys()].map((path) => path.split('/'));
    const there = (part: string): boolean =>
      parts.some(([top, second]) => part === top || part === `${top}/${second}` || (top === 'src' && (second === part || second === `${part}.ts`)));
    expect(Object.keys(table).filter((part) => !there(part))).toEqual([]);
  });

  it('name pure files that are there', () => {
    expect(pure.filter((pattern) => ![...all.keys()].some((path) => pattern.test(path)))).toEqual([]);
  });
});
