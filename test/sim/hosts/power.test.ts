import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import { usualDraw } from '../../../src/sim/hosts/power.js';
import { VirtualPower } from '../../../src/sim/hosts/power-driver.js';
import { Random } from '../../../src/sim/random.js';
import { powerContract } from '../../contract/power.js';
import { image, Moms } from './given.js';

/** One host of four cores, and how it is switched. */
function given(draw = {}, hasControllers = false) {
  const clock = new VirtualClock();
  const random = new Random(3);
  const hosts = [{ name: 'post01', cores: 4, memoryMiB: 8192, images: [image], draw: { spread: 0, ...draw } }];
  const centre = new Datacentre({ agenda: clock, random, batch: new Moms(), hosts });
  const host = centre.hosts.get('post01');
  if (host === undefined) throw new Error('no host');
  const pass = async (ms: number): Promise<void> => {
    await clock.run(clock.now() + ms);
  };
  return { clock, host, pass, driver: new VirtualPower({ hosts: centre.hosts, clock, random, hasControllers }) };
}

for (const hasControllers of [false, true]) {
  powerContract(hasControllers ? 'The virtual controllers' : 'The virtual magic packets', async () => {
    const { driver, host, pass } = given({}, hasControllers);
    host.power.cut();
    return {
      driver,
      host: host.name,
      macs: [host.mac],
      isTold: () => (host.power.state === 'off' ? 'off' : 'on'),
      advance: () => pass(200),
      close: () => driver.close(),
    };
  });
}

const { offWatts, idleWatts, busyWatts, risingWatts, fallingWatts, onMs, offMs } = usualDraw;
const kWh = (...parts: readonly (readonly [watts: number, ms: number])[]): number => parts.reduce((sum, [watts, ms]) => sum + (watts * ms) / 3_600_000_000, 0);
const hour = 3_600_000;

describe('what a host draws', () => {
  it('is what Batsim’s tests say of each transition', () => {
    expect((risingWatts * onMs) / 1000).toBeCloseTo(19_030);
    expect((fallingWatts * offMs) / 1000).toBeCloseTo(620);
  });

  it('is counted exactly over a day: busy by cores, down, off, up, idle', async () => {
    const { host, pass } = given();
    await pass(hour);
    host.power.busy(1);
    await pass(hour);
    host.power.busy(4);
    await pass(hour);
    host.power.busy(0);
    host.power.shutDown();
    await pass(offMs + hour);
    expect(host.up).toBe(false);
    host.power.switchOn();
    await pass(onMs + hour);
    expect(host.up).toBe(true);
    const quarter = idleWatts + (busyWatts - idleWatts) / 4;
    const parts = [
      [idleWatts, hour],
      [quarter, hour],
      [busyWatts, hour],
      [fallingWatts, offMs],
      [offWatts, hour],
      [risingWatts, onMs],
      [idleWatts, hour],
    ] as const;
    expect(host.power.used().kWh).toBeCloseTo(kWh(...parts), 9);
    expect(host.power.used()).toMatchObject({ cycles: 1, onHours: 4 + (onMs + offMs) / hour });
  });

  it('does not depend on how often it is asked', async () => {
    const often = given();
    const once = given();
    for (let minute = 0; minute < 60; minute++) {
      await often.pass(60_000);
      often.host.power.used();
    }
    await once.pass(hour);
    expect(often.host.power.used().kWh).toBeCloseTo(once.host.power.used().kWh, 12);
  });
});

describe('a host that is switched', () => {
  it('answers to the end of its shutdown, then forgets what lived in its memory', async () => {
    const { host, pass } = given();
    const boot = host.bootId;
    host.power.shutDown();
    await pass(offMs - 100);
    expect(host.up).toBe(true);
    await pass(200);
    expect([host.up, host.power.state]).toEqual([false, 'off']);
    host.power.switchOn();
    await pass(onMs + 1);
    expect(host.bootId).not.toBe(boot);
  });

  it('comes late, never, or not at all without an armed card', async () => {
    const { host, pass, driver } = given();
    host.power.cut();
    host.power.fate = { kind: 'late', factor: 3 };
    host.power.switchOn();
    await pass(2 * onMs);
    expect(host.up).toBe(false);
    await pass(onMs + 1);
    expect(host.up).toBe(true);
    host.power.cut();
    host.power.fate = { kind: 'never' };
    host.power.switchOn();
    await pass(hour);
    expect(host.power.state).toBe('off');
    host.power.fate = { kind: 'well' };
    host.power.armed = false;
    const sent = driver.on('post01', [host.mac], new AbortController().signal);
    await pass(hour);
    await sent;
    expect(host.power.state).toBe('off');
  });

  it('may have a controller that lies', async () => {
    const { host, pass, driver } = given({}, true);
    host.power.lies = true;
    const said = driver.read('post01', new AbortController().signal);
    await pass(1000);
    expect(await said).toEqual({ on: false });
  });
});
