import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkConfig } from '../../src/config/check.js';
import { loadConfig } from '../../src/config/load.js';
import { checkPluginPart } from '../../src/config/plugin-part.js';
import { renderProblem } from '../../src/config/problem.js';
import { loadPlugin, type PluginKind } from '../../src/drivers/plugin.js';

const file = new URL('../../domus.example.yaml', import.meta.url).pathname;

test('the example passes, with its environments and the settings of its plugins', async () => {
  const loaded = await loadConfig(file);
  expect(loaded.ok ? [] : loaded.problems.map(renderProblem)).toEqual([]);
  if (!loaded.ok) return;
  const { config, locate } = loaded;
  const parts: [PluginKind, { driver: string; settings: unknown } | undefined, string[]][] = [
    ['batch', config.batch['main'], ['batch', 'main']],
    ['runner', config.runner, ['ssh']],
    ['hypervisor', config.hypervisor, ['xen']],
    ['names', config.names, ['network', 'names']],
  ];
  for (const [kind, part, where] of parts) {
    const plugin = await loadPlugin(kind, part?.driver ?? '');
    expect(checkPluginPart(plugin.config, part?.settings, where, locate).map(renderProblem)).toEqual([]);
  }
});

test('what the example shows as default is the default', async () => {
  const text = readFileSync(file, 'utf8');
  const written = text.replaceAll(/^# (limits|intervals|state|run|history|strays|guestOverhead)/gm, '$1').replaceAll(/^# {3}/gm, '  ');
  expect(written).not.toBe(text);
  const environments = ['grid', 'legacy', 'short'].map((name) => {
    const path = new URL(`../../environments/${name}.yaml`, import.meta.url).pathname;
    return { path, text: readFileSync(path, 'utf8') };
  });
  const [plain, full] = [text, written].map((domus) => checkConfig([{ path: file, text: domus }, ...environments]));
  expect(full?.ok === false ? full.problems.map(renderProblem) : []).toEqual([]);
  expect(full?.ok && full.config.policy.revision).toBe(plain?.ok && plain.config.policy.revision);
});
