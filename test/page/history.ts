import { plottedPhases, type Series, type SeriesQuery, type Values } from '../../src/history/contract.js';

const stepMs = 600_000;

/** A day of two environments whose demand comes in waves; before `beganAt` nothing is known. */
export function givenSeries({ since, until }: SeriesQuery): Series {
  const at = Array.from({ length: Math.floor((until - since) / stepMs) }, (_, step) => since + step * stepMs);
  const known = (value: (step: number) => number): Values => at.map((_, step) => (step < 12 ? null : value(step)));
  const wave = (height: number, shift: number): Values => known((step) => Math.max(0, Math.round(height * Math.sin((step + shift) / 17) + height / 2)));
  const flat = (value: number): Values => known(() => value);
  const environment = (height: number, shift: number): Series['environments'][string] => ({
    waitingJobs: wave(height / 2, shift),
    waitingSlots: wave(height, shift),
    runningJobs: wave(height, shift - 4),
    runningSlots: wave(height, shift - 4),
    machines: Object.fromEntries(plottedPhases.map((phase) => [phase, flat(1)])) as Series['environments'][string]['machines'],
    slots: wave(height * 1.2, shift - 3),
    busySlots: wave(height, shift - 4),
    utilisation: flat(0.8),
    started: flat(3),
    ended: flat(3),
    waitMeanMs: wave(240_000, shift),
    waitP95Ms: wave(700_000, shift),
    powerW: flat(400),
  });
  const site = {
    hostsOn: wave(6, 0),
    hostsOff: wave(3, 30),
    hostsUnknown: flat(1),
    coresOn: wave(60, 0),
    utilisation: known((step) => 0.5 + 0.4 * Math.sin(step / 17)),
    powerW: wave(1800, 0),
    energyKWh: flat(0.3),
    alwaysOnKWh: flat(0.5),
    measured: flat(0.4),
    wakeWaitHours: wave(0.02, 9),
  };
  return { stepMs, at, environments: { grid: environment(40, 0), bio: environment(12, 25) }, pools: { workstations: site }, site };
}
