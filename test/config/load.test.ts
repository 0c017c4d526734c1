import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig, stateFolderOf } from '../../src/config/load.js';
import { renderProblem } from '../../src/config/problem.js';
import { domusText, gridText } from './files.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'domus-config-'));
  mkdirSync(join(dir, 'environments'));
});
afterEach(() => rmSync(dir, { recursive: true }));
const put = (name: string, text: string | Uint8Array): void => writeFileSync(join(dir, name), text);
async function lines(): Promise<readonly string[]> {
  const result = await loadConfig(join(dir, 'domus.yaml'));
  return result.ok ? [] : result.problems.map((problem) => renderProblem(problem).replaceAll(`${dir}/`, ''));
}

test('every yaml file beside domus.yaml is an environment, what editors leave is none', async () => {
  put('domus.yaml', domusText());
  put('environments/grid.yaml', gridText());
  for (const left of ['.grid.yaml.swp', '.#grid.yaml', '#grid.yaml#', 'grid.yaml~', 'grid.yaml.bak', 'README.md']) put(`environments/${left}`, 'nonsense: [');
  const result = await loadConfig(join(dir, 'domus.yaml'));
  expect(result.ok && result.config.files).toEqual([join(dir, 'domus.yaml'), join(dir, 'environments/grid.yaml')]);
});

test('the folder of the environments may be another one', async () => {
  mkdirSync(join(dir, 'worlds'));
  put('domus.yaml', domusText('environments: worlds\n'));
  put('worlds/grid.yaml', gridText());
  expect(await lines()).toEqual([]);
  put('domus.yaml', domusText(`environments: ${dir}/worlds\n`));
  expect(await lines()).toEqual([]);
});

test('files and folders that are not there, or are no text, are problems like others', async () => {
  expect(await lines()).toEqual(['domus.yaml:1:1: found no such file or folder, expected it to exist']);
  put('domus.yaml', domusText('environments: nowhere\n'));
  expect(await lines()).toContain('nowhere:1:1: found no such file or folder, expected it to exist');
  put('domus.yaml', domusText());
  put('environments/grid.yaml', new Uint8Array([0x61, 0xff, 0xfe]));
  mkdirSync(join(dir, 'environments/sl5.yaml'));
  const found = await lines();
  expect(found).toContain('environments/grid.yaml:1:1: found bytes that are not UTF-8, expected a readable text file');
  expect(found).toContain('environments/sl5.yaml:1:1: found EISDIR, expected a readable text file');
});

test('the state folder is known before the rest is checked', async () => {
  put('domus.yaml', 'state: journal\nnonsense: [\n');
  expect(await stateFolderOf(join(dir, 'domus.yaml'))).toBe(join(dir, 'journal'));
  put('domus.yaml', 'mode: act\n');
  expect(await stateFolderOf(join(dir, 'domus.yaml'))).toBe('/var/lib/domus');
  put('domus.yaml', 'state: [a]\n');
  expect(await stateFolderOf(join(dir, 'domus.yaml'))).toBeUndefined();
  expect(await stateFolderOf(join(dir, 'other.yaml'))).toBeUndefined();
});
