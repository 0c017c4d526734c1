import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { Power } from '../../src/drivers/power.js';

/** One host that is off, behind a driver. */
export interface PowerBench {
  readonly driver: Power;
  readonly host: string;
  readonly macs: readonly string[];
  /** What the host itself is, or was told last. */
  isTold(): 'on' | 'off' | 'nothing';
  /** Lets time pass, and what was sent arrive. */
  advance(): Promise<void>;
  close(): Promise<void>;
}

/** What every power driver must do. */
export function powerContract(name: string, open: () => Promise<PowerBench>): void {
  describe(`${name} as a power driver`, () => {
    let bench: PowerBench;
    const signal = new AbortController().signal;
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(async () => {
      await bench.close();
    });

    async function settled<T>(work: Promise<T>): Promise<T> {
      let isOpen = true;
      const end = (): void => {
        isOpen = false;
      };
      work.then(end, end);
      while (isOpen) await bench.advance();
      return work;
    }
    const kindOf = async (work: Promise<unknown>): Promise<FailureKind | 'done'> => {
      try {
        await settled(work);
        return 'done';
      } catch (thrown) {
        if (thrown instanceof Failure) return thrown.kind;
        throw thrown;
      }
    };

    it('tells a host to switch on, and again without harm', async () => {
      expect(bench.isTold()).not.toBe('on');
      expect(await kindOf(bench.driver.on(bench.host, bench.macs, signal))).toBe('done');
      await bench.advance();
      expect(bench.isTold()).toBe('on');
      expect(await kindOf(bench.driver.on(bench.host, bench.macs, signal))).toBe('done');
      expect(bench.isTold()).toBe('on');
    });

    it('reads and cuts where it has controllers, and refuses where it has none', async () => {
      const { driver, host, macs } = bench;
      if (!driver.hasControllers) {
        expect(await kindOf(driver.read(host, signal))).toBe('refused');
        expect(await kindOf(driver.cut(host, signal))).toBe('refused');
        return;
      }
      expect(await settled(driver.read(host, signal))).toEqual({ on: false });
      await settled(driver.on(host, macs, signal));
      await bench.advance();
      expect(await settled(driver.read(host, signal))).toEqual({ on: true });
      expect(await kindOf(driver.cut(host, signal))).toBe('done');
      await bench.advance();
      expect(await settled(driver.read(host, signal))).toEqual({ on: false });
      expect(bench.isTold()).toBe('off');
      expect(await kindOf(driver.cut(host, signal))).toBe('done');
    });

    it('begins nothing for a caller who has gone', async () => {
      const kind = await kindOf(bench.driver.on(bench.host, bench.macs, AbortSignal.abort()));
      expect(['cancelled', 'uncertain']).toContain(kind);
      await bench.advance();
      expect(bench.isTold()).not.toBe('on');
    });

    it('refuses a host that it cannot know', async () => {
      const kind = await kindOf(bench.driver.on('nowhere.invalid', [], signal));
      expect(['refused', 'unreachable']).toContain(kind);
    });
  });
}
