import { describe, expect, it } from 'vitest';
import { because } from '../../../src/model/reason.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { MemoryJournal, Remembered } from '../../../src/sim/replay/journal.js';
import { journalContract } from '../../contract/journal.js';

journalContract('in memory, for replays', () => {
  const kept = new Remembered();
  return { open: async (clock) => new MemoryJournal(clock, kept), again: async (clock) => new MemoryJournal(clock, kept) };
});

describe('A journal in memory', () => {
  it('keeps the newest events of very many', async () => {
    const journal = new MemoryJournal(new VirtualClock());
    const { fence } = await journal.lease('lab', 'life-1');
    const tell = (at: number) => ({ at, subject: 'domus', kind: 'daemon' as const, reason: because('daemon-stopped', { why: String(at) }) });
    for (let at = 0; at < 30_000; at++) await journal.commit({ changes: [], events: [tell(at)], durable: false }, fence);
    const newest = await journal.history({ limit: 1_000 });
    expect(newest.map(({ at }) => at)).toEqual(Array.from({ length: 1_000 }, (_, back) => 29_999 - back));
    expect(await journal.trim(30_000)).toBeLessThan(10_001);
  });
});
