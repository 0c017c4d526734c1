import { expect, test } from 'vitest';
import { plugin } from '../../plugins/maui/index.js';
import { differencesOf } from '../../src/config/differences.js';
import { checkPluginPart } from '../../src/config/plugin-part.js';
import { renderProblem } from '../../src/config/problem.js';
import { check, domusText, gridText } from './files.js';

const withScheduler = (scheduler: string) => {
  const checked = check(domusText().replace('server: pbs.example.org', `server: pbs.example.org, scheduler: ${scheduler}`), { grid: gridText() });
  if (!checked.ok) throw new Error('the rest is right');
  return checked;
};

test('a scheduler beside a batch server is a part of its own, not a setting of the batch server', () => {
  const { config } = withScheduler('{bin: /opt/maui/bin}');
  expect(config.schedulers).toEqual({ main: { driver: 'maui', settings: { bin: '/opt/maui/bin' } } });
  expect(config.batch['main']?.settings).toEqual({ server: 'pbs.example.org' });
});

test('its settings are checked by its plugin, at their place', () => {
  const { config, locate } = withScheduler('{bin: maui, bni: 1}');
  const problems = checkPluginPart(plugin.config, config.schedulers?.['main']?.settings, ['batch', 'main', 'scheduler'], locate).map(renderProblem);
  expect(problems).toEqual([
    expect.stringMatching(/batch\.main\.scheduler\.bin: found "maui", expected an absolute path/),
    expect.stringMatching(/batch\.main\.scheduler\.bni: found unknown key "bni", expected one of bin, reasonsAtOnce, maxOutput/),
  ]);
});

test('without one there is none, and adding one is a difference', () => {
  const before = check(domusText(), { grid: gridText() });
  if (!before.ok) throw new Error('the rest is right');
  expect(before.config.schedulers).toBeUndefined();
  expect(differencesOf(before.config, withScheduler('{}').config)).toEqual(['the scheduler of main added']);
});
