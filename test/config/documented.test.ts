import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { factTypes } from '../../src/classify/expression.js';
import { environmentSchema } from '../../src/config/environment-schema.js';
import { plainSettings } from '../../src/config/plugin-part.js';
import { domusSchema } from '../../src/config/schema.js';
import { serviceSchema } from '../../src/config/service-schema.js';
import { loadPlugin, type PluginKind } from '../../src/drivers/plugin.js';
import { keysOf } from './schema-keys.js';

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
const bare = (cell: string): string => cell.replaceAll('`', '').trim();

/** Rows of the tables with this first heading, as cells. */
function rowsOf(text: string, heading: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|') ? line.replaceAll('\\|', '\u0001').split('|').slice(1, -1) : undefined;
    if (cells === undefined) inside = false;
    else if (cells[0]?.trim() === heading) inside = true;
    else if (inside && !/^-+$/.test(cells[0] ?? '')) rows.push(cells.map((cell) => bare(cell.replaceAll('\u0001', '|').replaceAll('||', '||'))));
  }
  return rows;
}

describe.each([
  ['configuration', domusSchema],
  ['environments', environmentSchema],
  ['services', serviceSchema],
] as const)('docs/%s.md', (name, schema) => {
  const keys = keysOf(schema);
  const rows = rowsOf(page(name), 'key');

  test('has every key of the schema, and no other', () => {
    expect(rows.map(([key]) => key).sort()).toEqual(keys.map((key) => key.path).sort());
  });

  test.each(keys.map((key) => [key.path, key] as const))('tells the truth about %s', (path, key) => {
    const [, means = '', unit = '', fallback = '', example = ''] = rows.find(([written]) => written === path) ?? [];
    expect(fallback).toBe(key.fallback);
    expect(means.length).toBeGreaterThan(5);
    expect(unit).not.toBe('');
    const value: unknown = parse(example);
    const text = typeof value === 'number' && !z.safeParse(key.schema, value).success ? example : value;
    expect(z.safeParse(key.schema, text).error?.issues).toBeUndefined();
  });
});

describe('the settings of plugins', () => {
  const text = page('configuration');
  test.each([
    ['batch', 'torque', []],
    ['scheduler', 'maui', []],
    ['runner', 'ssh', []],
    ['hypervisor', 'xen', ['imagesDir', 'overlaysDir']],
    ['names', 'dnsmasq', ['deployment']],
    ['power', 'wol', []],
    ['power', 'ipmi', []],
    ['classroom', 'classroom', []],
  ] as [PluginKind, string, string[]][])('of the %s plugin %s are documented as its schema has them', async (kind, name, filledIn) => {
    const { config } = await loadPlugin(kind, name);
    const shape = config instanceof z.ZodObject ? config.shape : {};
    const known = Object.keys(shape).filter((key) => !filledIn.includes(key));
    const sections = text.split(/^## /m).flatMap((section) => section.split(/^Other keys|^Of /m));
    const tables = sections.map((section) => rowsOf(section, 'plugin key'));
    const rows = tables.find(
      (table) =>
        table.length === known.length && table.every(([key = '']) => known.some((full) => full === key || full === `${key}Ms` || full === `${key}MiB`)),
    );
    expect(rows?.map(([key]) => key)).toBeDefined();
    for (const [key = '', , fallback = ''] of rows ?? []) {
      const full = known.find((candidate) => candidate === key || candidate === `${key}Ms` || candidate === `${key}MiB`) ?? '';
      const part: unknown = shape[full];
      if (!(part instanceof z.ZodDefault) || typeof part.def.defaultValue === 'object') continue;
      const plain = plainSettings(config, { [key]: fallback }) as Record<string, unknown>;
      expect(String(plain[full])).toBe(String(part.def.defaultValue));
    }
  });
});

test('docs/environments.md names every fact an expression may use', () => {
  const names = rowsOf(page('environments'), 'name').flatMap(([cell = '']) => cell.split(/\s+/));
  expect(names.sort()).toEqual(Object.keys(factTypes).sort());
});

test('every environment and domus.yaml shown in the pages is YAML', () => {
  for (const name of ['configuration', 'environments', 'services'])
    for (const [, text = ''] of page(name).matchAll(/```yaml\n([\s\S]*?)```/g)) expect(() => parse(text)).not.toThrow();
});
