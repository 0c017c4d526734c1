import type { ForecastPolicy } from './forecast.js';

/** What we believe of a host's power. `waking` and `sleeping`: told to, and not seen to be there yet. */
export const powerStates = ['on', 'off', 'waking', 'sleeping'] as const;
export type PowerState = (typeof powerStates)[number];

/** A network card of a host, as its runner reports it. */
export interface Nic {
  /** `aa:bb:cc:dd:ee:ff`, lower case. */
  readonly mac: string;
  /** It is set to wake the host on a magic packet. */
  readonly armed: boolean;
}

/** What a host's own controller says (IPMI); a driver without one tells nothing. */
export interface PowerReading {
  readonly on: boolean;
  /** What the host draws now, W, where its controller can tell. */
  readonly watts?: number;
}

/** What is remembered of one host's power. */
export interface HostPower {
  readonly host: string;
  readonly state: PowerState;
  /** When that state began, epoch ms. */
  readonly since: number;
  /** Who brought it there last; `nobody`: it was so when first seen. A host that `person` switched is left alone for a while. */
  readonly by: 'domus' | 'person' | 'nobody';
  /** Came back from an off and on that was supervised; absent = never proved. */
  readonly provenAt?: number;
  /** When the deed of this state was done last; absent = not yet. */
  readonly orderedAt?: number;
  /** Wakes (or switch-offs) in a row that were not obeyed. */
  readonly tries: number;
  /** Nothing is tried again before. */
  readonly notBefore?: number;
  /** Its last boot that we know: one that answers with the same never was off. */
  readonly bootId?: string;
  /** Since when nothing has been on it; absent while something is. */
  readonly emptySince?: number;
  /** Its cards when last seen. */
  readonly nics: readonly Nic[];
  /** When we ordered it off, within the last days. */
  readonly cycles: readonly number[];
  /** How long its last wakes and switch-offs took, ms, the newest last. */
  readonly wakesMs: readonly number[];
  readonly sleepsMs: readonly number[];
  /** A person wants it off, and it stays so until one wants it on. */
  readonly wishedOff?: { readonly by: string; readonly why: string; readonly at: number };
  /** A person asked for a supervised off and on. */
  readonly proving?: { readonly by: string; readonly at: number };
  /** Why it was given up, for the cordon that stands then. */
  readonly failing?: string;
}

/** How hosts are switched. Durations ms. */
export interface PowerPolicy {
  /** Off: no host is ever switched unless a person asks. */
  readonly manage: boolean;
  /** A host that has been empty so long may go. */
  readonly idleMs: number;
  /** A machine that has been idle so long goes, where only idle machines keep its host on; absent: only after its environment's own time. */
  readonly machineIdleMs?: number;
  /** The same where jobs have at most a quarter of its host's cores. */
  readonly sparseIdleMs?: number;
  /** A host stays on, and off, at least so long. */
  readonly minOnMs: number;
  readonly minOffMs: number;
  /** A host that a person switched is left alone so long. */
  readonly leaveAloneMs: number;
  /** At most so many waking and going to sleep. */
  readonly switchesAtOnce: number;
  /** Times a day that one host may be switched off, on average over three days. */
  readonly cyclesPerDay: number;
  /** Empty hosts kept on in each pool. */
  readonly warmHosts: number;
  /** Cores that are free for the next jobs, at least, while any host of a pool is in use: else one more is on; absent: 0. */
  readonly headroomCores?: number;
  /** Enough stays on in each pool that what the fullest host carries fits on the others. */
  readonly surviveOne: boolean;
  /** A host with no history of its own answers within this, and is silent within this. */
  readonly wakeLimitMs: number;
  readonly sleepLimitMs: number;
  /** Wakes in a row without an answer before the host is cordoned; then it is tried again after `retryMs`. */
  readonly wakeTries: number;
  readonly retryMs: number;
  /** Empty hosts are kept on, and woken, by what was usual at this time of the week; absent: not. */
  readonly forecast?: ForecastPolicy;
  /** Hosts need no proof that they come back: the simulator's only, never written in a configuration. */
  readonly trusted?: true;
}

export const dayMs = 86_400_000;

/** A host that was never switched and answers. */
export const awake = (host: string, at: number): HostPower => ({
  ...{ host, state: 'on', since: at, by: 'nobody', tries: 0 },
  ...{ nics: [], cycles: [], wakesMs: [], sleepsMs: [] },
});

/** Neither on nor expected to be: its silence is no news. */
export const isAsleep = (power: HostPower | undefined): boolean => power !== undefined && power.state !== 'on';
