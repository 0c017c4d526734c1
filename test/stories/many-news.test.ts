import { expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

it('news of a large installation are written down bit by bit, and all of them once', async () => {
  const policy = rehearsalPolicy({ environments: { grid: { seats: 1 } }, hosts: 1 });
  const rehearsal = new Rehearsal({ policy, classify: () => ({ unserved: because('unserved-none', { queue: 'grid' }) }) });
  for (let number = 0; number < 1_300; number++) rehearsal.submit(['-q', 'grid']);
  const life = await rehearsal.begin();
  await rehearsal.pass(120_000);
  const told = rehearsal.database.prepare("SELECT subject, count(*) AS times FROM events WHERE subject LIKE 'job:%' GROUP BY subject").all();
  expect(told.length).toBe(1_300);
  expect(told.every((each) => (each as { readonly times: number }).times === 1)).toBe(true);
  life?.stop();
  await rehearsal.pass(60_000);
});
