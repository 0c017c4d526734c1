import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { renderProblem } from '../../src/config/problem.js';

const root = new URL('../fixtures/config/', import.meta.url).pathname;
const broken = readdirSync(root).filter((name) => /^\d\d-/.test(name));

async function problemsOf(folder: string): Promise<string> {
  const result = await loadConfig(join(folder, 'domus.yaml'));
  if (result.ok) return '';
  return `${result.problems.map(renderProblem).join('\n')}\n`.replaceAll(`${folder}/`, '');
}

describe('a broken configuration gets all its problems at once, each with its place', () => {
  test('there are at least twenty of them', () => {
    expect(broken.length).toBeGreaterThanOrEqual(20);
  });

  test.each(broken)('%s', async (name) => {
    const folder = join(root, name);
    const golden = join(folder, 'expected.txt');
    const found = await problemsOf(folder);
    expect(found).not.toBe('');
    if (process.env['WRITE_EXPECTED'] === '1') writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
  });
});
