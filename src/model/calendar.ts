/** `open`: people may come and go; `reserved`: booked for somebody by name (an exam, a course). In both the hosts are the classroom's. */
export const windowKinds = ['open', 'reserved'] as const;
export type WindowKind = (typeof windowKinds)[number];

/** A time in which a pool's hosts are not the cluster's. */
export interface Window {
  readonly kind: WindowKind;
  /** Epoch ms; `until` is the first instant after it. */
  readonly since: number;
  readonly until: number;
  /** What for, as the calendar says; empty where it says nothing. */
  readonly name: string;
  /** Clocks in the calendar's zone are ahead of UTC by so much when it begins, ms. */
  readonly offsetMs: number;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** An instant as a clock shows it that is ahead of UTC by so much: `Mon 2026-07-06 08:00`. */
export function clockText(at: number, offsetMs: number): string {
  const shown = new Date(at + offsetMs);
  return `${weekdays[shown.getUTCDay()]} ${shown.toISOString().slice(0, 16).replace('T', ' ')}${offsetMs === 0 ? ' UTC' : ''}`;
}

/** A pool's time, as plain numbers. What lies between two windows is `closed`: the cluster's. */
export interface Hours {
  /** The time zone that its administrator thinks in, for the screen. */
  readonly zone: string;
  /** In order, and none overlaps another; two may touch. */
  readonly windows: readonly Window[];
  /** They were worked out for this time; nothing is known outside of it, epoch ms. */
  readonly since: number;
  readonly until: number;
}

/** The first window that ends after the instant, by its place in the list. */
function firstEndingAfter({ windows }: Hours, at: number): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle]?.until ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The window that the instant lies in; undefined while the pool is the cluster's. */
export function windowAt(hours: Hours, at: number): Window | undefined {
  const found = hours.windows[firstEndingAfter(hours, at)];
  return found !== undefined && found.since <= at ? found : undefined;
}

/** The next window that begins after the instant. */
export function nextWindow(hours: Hours, at: number): Window | undefined {
  const place = firstEndingAfter(hours, at);
  const found = hours.windows[place];
  return found !== undefined && found.since <= at ? hours.windows[place + 1] : found;
}

/** When the window that the instant lies in ends, windows that touch it included; undefined while the pool is the cluster's. */
export function closesAt(hours: Hours, at: number): number | undefined {
  const place = firstEndingAfter(hours, at);
  const first = hours.windows[place];
  if (first === undefined || first.since > at) return undefined;
  let { until } = first;
  for (let next = place + 1; hours.windows[next]?.since === until; next++) until = hours.windows[next]?.until ?? until;
  return until;
}
