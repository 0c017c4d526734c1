import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Classroom } from '../../src/drivers/classroom.js';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';

/** One workstation that runs its classroom's system, behind a driver. */
export interface ClassroomBench {
  readonly driver: Classroom;
  readonly host: string;
  /** Who is logged in there from now on; undefined: nobody can tell. */
  people(who: readonly string[] | undefined): void;
  /** Its services are up, or not yet. */
  ready(is: boolean): void;
  /** What it was told to do, in order. */
  told(): readonly ('reboot' | 'off')[];
  /** It runs another system, or none. */
  leave(): Promise<void>;
  /** Lets time pass, and what was sent arrive. */
  advance(): Promise<void>;
  close(): Promise<void>;
}

/** What every classroom driver that asks its hosts must do. */
export function classroomContract(name: string, open: () => Promise<ClassroomBench>): void {
  describe(`${name} as a classroom driver`, () => {
    let bench: ClassroomBench;
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
    const read = () => settled(bench.driver.read(bench.host, signal));

    it('tells who is logged in, whether people can log in, and which boot it is', async () => {
      bench.ready(true);
      bench.people([]);
      const first = await read();
      expect(first).toMatchObject({ ready: true, people: [] });
      expect(first.bootId).toMatch(/./);
      bench.people(['eve', 'mallory']);
      bench.ready(false);
      expect(await read()).toEqual({ ...first, ready: false, people: ['eve', 'mallory'] });
    });

    it('says nothing of people where nobody can tell', async () => {
      bench.people(undefined);
      expect(await read()).not.toHaveProperty('people');
    });

    it('boots and switches off a host that nobody uses', async () => {
      bench.people([]);
      expect(await kindOf(bench.driver.reboot(bench.host, 'dom0', signal))).toBe('done');
      expect(bench.told()).toEqual(['reboot']);
    });

    it('switches one off that nobody uses', async () => {
      bench.people([]);
      expect(await kindOf(bench.driver.off(bench.host, signal))).toBe('done');
      expect(bench.told()).toEqual(['off']);
    });

    it('does nothing under somebody who is logged in, nor where nobody knows', async () => {
      for (const who of [['eve'], undefined]) {
        bench.people(who);
        expect(await kindOf(bench.driver.reboot(bench.host, 'dom0', signal))).toBe('busy');
        expect(await kindOf(bench.driver.off(bench.host, signal))).toBe('busy');
      }
      expect(bench.told()).toEqual([]);
    });

    it('is unreachable while the host runs another system', async () => {
      await bench.leave();
      expect(await kindOf(bench.driver.read(bench.host, signal))).toBe('unreachable');
      expect(await kindOf(bench.driver.reboot(bench.host, 'dom0', signal))).toBe('unreachable');
      expect(bench.told()).toEqual([]);
    });

    it('sends nothing any more when its caller has given up, and knows no other host', async () => {
      bench.people([]);
      expect(await kindOf(bench.driver.reboot(bench.host, 'dom0', AbortSignal.abort()))).toBe('cancelled');
      expect(await kindOf(bench.driver.read('nobody', signal))).toBe('refused');
      expect(bench.told()).toEqual([]);
    });
  });
}
