import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/sim/clock.js';

it('a script happens before everything else of the same instant, equal ones in the order given, between what is entered later', async () => {
  const clock = new VirtualClock(0);
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(`${clock.now()} ${what}`);
  clock.at(10, tell('entered first'));
  clock.script([
    { instant: 20, act: tell('b') },
    { instant: 10, act: tell('a') },
    { instant: 20, act: tell('c') },
    { instant: 90, act: tell('too late') },
  ]);
  clock.at(15, () => clock.at(20, tell('entered on the way')));
  await clock.run(50);
  expect(told).toEqual(['10 a', '10 entered first', '20 b', '20 c', '20 entered on the way']);
  expect(clock.now()).toBe(50);
});

it('every promise settles before the next entry', async () => {
  const clock = new VirtualClock(0);
  const told: string[] = [];
  for (const instant of [10, 20, 30]) {
    clock.at(instant, () => {
      told.push(`${instant}`);
      void Promise.resolve()
        .then(() => undefined)
        .then(() => clock.sleep(0))
        .then(() => told.push(`after ${instant}`));
    });
  }
  expect(await clock.run(100, () => told.length === 5)).toBe(true);
  expect(told).toEqual(['10', 'after 10', '20', 'after 20', '30']);
  expect(clock.now()).toBe(30);
});

it('what an entry raises ends the run', async () => {
  const clock = new VirtualClock(0);
  clock.at(5, () => {
    throw new Error('broken');
  });
  await expect(clock.run(10)).rejects.toThrow('broken');
});
