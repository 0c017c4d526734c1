import { usualWatts, type Watts } from '../model/host.js';
import { isHeard } from '../model/reading.js';
import type { HostView } from '../model/world.js';

/** `unknown`: silent, and nobody switched it off. */
export type SeenPower = 'on' | 'off' | 'unknown';

/**
 * Whether a host draws power: its controller's word, else that it answers, else what is remembered of switching it. One that
 * is waking or going to sleep draws already, or still.
 */
export function seenPower({ reading, meter, power }: HostView): SeenPower {
  if (isHeard(reading)) return 'on';
  if (meter !== undefined && isHeard(meter)) return meter.value.on ? 'on' : 'off';
  if (power === undefined || power.state === 'on') return 'unknown';
  return power.state === 'off' ? 'off' : 'on';
}

/** What a host draws, W, what it would draw were it on, and how that is known. */
export interface Draw {
  readonly watts: number;
  readonly alwaysOnWatts: number;
  readonly how: 'measured' | 'configured' | 'assumed';
}

/** Measured where its controller answers with watts while it is on; else estimated. */
export function drawOfHost({ spec, meter }: HostView, state: 'on' | 'off', busyCores: number): Draw {
  const watts = spec.watts ?? usualWatts;
  const estimated = { watts: drawOf(watts, state, busyCores, spec.cores), alwaysOnWatts: drawOf(watts, 'on', busyCores, spec.cores) };
  const measured = state === 'on' && meter !== undefined && isHeard(meter) && meter.value.on ? meter.value.watts : undefined;
  if (measured !== undefined) return { watts: measured, alwaysOnWatts: measured, how: 'measured' };
  return { ...estimated, how: spec.watts === undefined ? 'assumed' : 'configured' };
}

/** Estimated draw, W: linear between idle and busy in the cores that hold jobs. */
export function drawOf(watts: Watts, state: 'on' | 'off', busyCores: number, cores: number): number {
  if (state === 'off') return watts.off;
  return watts.idle + (watts.busy - watts.idle) * Math.min(1, busyCores / Math.max(1, cores));
}

/** What of the draw one machine stands for, W: its share of the idle host by its cores, and what its busy cores add. */
export const shareOfMachine = (watts: Watts, cores: number, busyCores: number, hostCores: number): number =>
  (watts.idle * Math.min(cores, hostCores) + (watts.busy - watts.idle) * Math.min(busyCores, hostCores)) / Math.max(1, hostCores);
