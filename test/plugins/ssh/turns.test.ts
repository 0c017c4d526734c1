import { expect, it } from 'vitest';
import { Turns } from '../../../plugins/ssh/turns.js';

const never = new AbortController().signal;
/** Work that ends when it is told to. */
function given(): { readonly work: () => Promise<void>; readonly ends: (() => void)[] } {
  const ends: (() => void)[] = [];
  return { ends, work: () => new Promise<void>((resolve) => ends.push(resolve)) };
}
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets so many work at once, the others in order', async () => {
  const turns = new Turns(2, 10);
  const { work, ends } = given();
  const order: number[] = [];
  const all = [1, 2, 3, 4].map((n) => turns.run('x', never, work).then(() => order.push(n)));
  await tick();
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await tick();
  expect(ends).toHaveLength(3);
  for (let n = 0; n < 4; n++) {
    ends[n]?.();
    await tick();
  }
  await Promise.all(all);
  expect(order).toEqual([2, 1, 3, 4]);
});

it('says busy when too many wait', async () => {
  const turns = new Turns(1, 1);
  const { work, ends } = given();
  const first = turns.run('x', never, work);
  const second = turns.run('x', never, work);
  await expect(turns.run('x', never, work)).rejects.toMatchObject({ kind: 'busy' });
  ends[0]?.();
  await first;
  await tick();
  ends[1]?.();
  await second;
});

it('gives the turn of one who left or failed to the next', async () => {
  const turns = new Turns(1, 10);
  const { work, ends } = given();
  const first = turns.run('x', never, work);
  const leaver = new AbortController();
  const second = turns.run('x', leaver.signal, work);
  const third = turns.run('x', never, () => Promise.reject(new Error('bad')));
  const fourth = turns.run('x', never, async () => 'done');
  leaver.abort();
  await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
  ends[0]?.();
  await first;
  await expect(third).rejects.toThrow('bad');
  expect(await fourth).toBe('done');
  expect(ends).toHaveLength(1);
});
