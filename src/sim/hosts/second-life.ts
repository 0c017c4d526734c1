import type { Clock } from '../../clock.js';
import type { Tenant } from '../../model/tenancy.js';
import type { Agenda } from '../clock.js';
import type { FakeGuest } from './guest.js';
import type { FakeHost } from './host.js';

/** Its services are up so long after its classroom's system answers, ms. */
const readyAfterMs = 20_000;

/** A workstation's life in its classroom, and the menu that it boots by. */
export class SecondLife {
  up = false;
  ready = false;
  /** Who is logged in. */
  people: readonly string[] = [];
  /** What its menu gives it once; then it is the classroom again. */
  once: 'dom0' | undefined;
  /** The boot server is down: whatever was chosen there, it boots from its own disk. */
  menuLost = false;
  /** When its Dom0 goes back by itself, epoch ms, as it was told in this boot. */
  returns: { readonly at: number; readonly force: boolean } | undefined;
  /** Asked before it goes back by itself: does this guest say that it has no jobs, and takes none? */
  saysJobless: (guest: FakeGuest) => boolean = () => false;
  /** When somebody who may act there last spoke to its Dom0, epoch ms. */
  heardAt = Number.NEGATIVE_INFINITY;
  #boots = 0;

  /** What this boot comes up with. */
  next(): Tenant {
    const system = this.once === 'dom0' && !this.menuLost ? 'dom0' : 'classroom';
    this.once = undefined;
    return system;
  }

  /** The classroom's system comes up: that is one boot. */
  begin(agenda: Agenda): number {
    this.up = true;
    const boot = ++this.#boots;
    agenda.at(agenda.now() + readyAfterMs, () => {
      if (this.up && this.#boots === boot) this.ready = true;
    });
    return 1;
  }

  end(): void {
    this.up = false;
    this.ready = false;
    this.people = [];
    this.returns = undefined;
  }
}

/** A host that may go back but for its guests looks again after this, ms. */
const lookAgainMs = 60_000;

/** It goes down now and comes up with whatever its menu gives it; late, or never, as its power supply is told. */
export function rebootNow(host: FakeHost): void {
  const { fate } = host.power;
  host.crash(fate.kind !== 'never', fate.kind === 'late' ? fate.factor : 1);
}

/** With `force` guests that are busy are ended only when nobody who may act there has spoken to it for so long, as the runner does. */
const silentMs = 600_000;

/** As the runner does, whatever becomes of the daemon: at its time it goes back when no guest runs any more and nobody is at its console. */
export async function returnInTime(host: FakeHost, clock: Clock, at: number, force: boolean): Promise<void> {
  const life = host.classroom;
  if (life === undefined) return;
  const returns = at === 0 ? undefined : { at, force };
  life.returns = returns;
  if (returns === undefined) return;
  await clock.sleep(at - clock.wall());
  while (host.up && life.returns === returns) {
    if (goesNow(host, life, force && clock.wall() - life.heardAt >= silentMs)) rebootNow(host);
    else await clock.sleep(lookAgainMs);
  }
}

/** Guests that may end do; then, if none is left and nobody is at the console, it is time. */
function goesNow(host: FakeHost, life: SecondLife, forced: boolean): boolean {
  for (const guest of [...host.guests.values()]) if (forced || life.saysJobless(guest)) host.destroy(guest);
  return host.guests.size === 0 && host.people.length === 0;
}
