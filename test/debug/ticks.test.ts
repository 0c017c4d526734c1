import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadBundle } from '../../src/debug/bundle.js';
import { replayTick } from '../../src/debug/replay.js';

/** Ticks in which a planner once broke a law, as `domus replay` keeps them: put the file there, and it is a test. */
const folder = fileURLToPath(new URL('../fixtures/ticks', import.meta.url));

it.each(readdirSync(folder))('%s: the planner breaks no law', async (file) => {
  const { record } = await loadBundle(`${folder}/${file}`);
  expect(replayTick(record).breaches).toEqual([]);
});
