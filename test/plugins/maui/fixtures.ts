import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/maui/', import.meta.url);
const used = new Set<string>();

/** All recorded outputs. */
export const fixtureNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort();

/** One recorded output, looked at in passing. */
export const glance = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** One recorded output; who reads it has used it. */
export function textOf(name: string): string {
  used.add(name);
  return glance(name);
}

export const unused = (): readonly string[] => fixtureNames.filter((name) => !used.has(name));
