import type { FakeGuest } from '../hosts/guest.js';
import type { FakeHost } from '../hosts/host.js';
import type { Share } from './scheduler.js';

/** What a worker uses beside its jobs, cores. */
const idleCores = 0.02;

interface Place {
  readonly host: FakeHost;
  readonly guest: FakeGuest;
  busy: number;
}

/** Which guest a node is and on which host: cores of hosts draw more while jobs run there, wherever their guests go. */
export class Places {
  readonly #places = new Map<string, Place>();
  readonly #busyOn = new Map<FakeHost, number>();

  /** The node's guest runs there from now on, with the jobs that are on it. */
  sits(node: string, host: FakeHost, guest: FakeGuest): void {
    const before = this.#places.get(node);
    const busy = before?.guest.plan.uuid === guest.plan.uuid ? before.busy : 0; // another guest than before has nobody's jobs
    if (before !== undefined && busy > 0) this.#draw(before.host, -busy);
    if (busy > 0) this.#draw(host, busy);
    this.#places.set(node, { host, guest, busy });
  }

  /** A job begins (or ends) on the node; false where nobody knows the node. */
  load({ node, slots }: Share, sign: 1 | -1, now: number): boolean {
    const place = this.#places.get(node);
    if (place === undefined) return false;
    place.busy = Math.max(0, place.busy + sign * slots);
    place.guest.spin(place.busy + idleCores, now);
    this.#draw(place.host, sign * slots);
    return true;
  }

  #draw(host: FakeHost, difference: number): void {
    const busy = Math.max(0, (this.#busyOn.get(host) ?? 0) + difference);
    this.#busyOn.set(host, busy);
    host.power.busy(busy);
  }
}
