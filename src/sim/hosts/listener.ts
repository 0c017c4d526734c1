import type { FakeGuest } from './guest.js';
import type { FakeHost } from './host.js';

/** Told what happens to guests. `ordered`: somebody commanded it through the hypervisor. */
export interface HostListener {
  guestMade(host: FakeHost, guest: FakeGuest): void;
  guestUp(host: FakeHost, guest: FakeGuest): void;
  /** It stops running now: its jobs die here. */
  guestDown(host: FakeHost, guest: FakeGuest, ordered: boolean): void;
  guestResized(host: FakeHost, guest: FakeGuest): void;
  guestMoved(from: FakeHost, to: FakeHost, guest: FakeGuest): void;
}
