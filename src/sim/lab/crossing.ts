import type { Clock } from '../../clock.js';
import type { FakeGuest } from '../hosts/guest.js';
import type { FakeHost } from '../hosts/host.js';
import { migrateGuest } from '../hosts/migration.js';
import type { Random } from '../random.js';
import { ssh } from './ssh-client.js';
import type { Answer } from './wire.js';

/** A guest that one host sends: what goes over the connection in place of its memory is the word that names it here. */
interface Crossing {
  readonly from: FakeHost;
  readonly guest: FakeGuest;
  /** Its sender was killed, or lost power. */
  readonly cut: AbortSignal;
}

/** Guests between the hosts of one lab, by word. */
export class Crossings {
  readonly #open = new Map<string, Crossing>();
  #count = 0;
  #still: Promise<void> | undefined;

  /** From now on no guest comes to its end, until the function that is given back is called. */
  halt(): () => void {
    let goOn: () => void = () => undefined;
    this.#still = new Promise((resolve) => {
      goOn = resolve;
    });
    return goOn;
  }

  /** Resolves when guests may come to their ends. */
  get moving(): Promise<void> {
    return this.#still ?? Promise.resolve();
  }

  open(crossing: Crossing): string {
    const word = `lab-guest-${++this.#count}`;
    this.#open.set(word, crossing);
    return word;
  }

  /** Once. */
  take(word: string): Crossing | undefined {
    const crossing = this.#open.get(word);
    this.#open.delete(word);
    return crossing;
  }
}

/** Where a guest is sent from, or comes to. */
export interface Shore {
  readonly host: FakeHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: number;
  readonly crossings: Crossings;
}

const failed = (stderr: string, exit = 1): Answer => ({ exit, stdout: '', stderr });
const resumed = (why: string): string => `migration target: Transfer failed\n${why}Migration failed, resuming at sender.\n`;

/** `xl migrate -s '' DOMAIN COMMAND`: hands the guest to whatever the command leads to. */
export async function sendGuest({ host, crossings }: Shore, argv: readonly string[], gone: AbortSignal): Promise<Answer | undefined> {
  const [which = '', rune = ''] = argv.slice(-2);
  const guest = host.find(which);
  if (guest === undefined) return failed(`${which} is an invalid domain identifier (rc=-6)\n`);
  if (guest.plan.type === 'pv' && !host.capabilities.includes('pv-live-migration')) return failed(noLogdirty(guest.domid));
  const words = rune.split(' ');
  if (words[0] !== 'exec' || words[1] !== 'ssh') return failed(resumed(`sh: 1: ${words[0]}: not found\n`));
  const word = crossings.open({ from: host, guest, cut: gone });
  const answer = await ssh(words.slice(2), `${word}\n`, gone);
  crossings.take(word);
  if (answer === undefined || !host.up) return undefined;
  if (answer.exit !== 0) return failed(resumed(answer.stderr));
  return { exit: 0, stdout: '', stderr: went(guest.domid, answer.stderr) };
}

/** Debian's Xen 4.17 is built without shadow paging (measured): a PV guest cannot be followed while it runs. */
const noLogdirty = (domid: number): string =>
  `xc: error: Failed to enable logdirty: 95,22,0: Internal error\nlibxl: error: libxl_stream_write.c: Domain ${domid}:saving domain: domain responded to suspend request\nmigration sender: libxl_domain_suspend failed (rc=-3)\n${resumed('')}`;

/** As recorded: what the target says stands between the sender's own lines. */
function went(domid: number, target: string): string {
  const [come = '', started = ''] = target.split('\f');
  return [
    'migration target: Ready to receive domain.\nSaving to migration stream new xl format (info 0x3/0x0/984)\n',
    'Loading new save file <incoming migration stream> (new xl fmt info 0x3/0x0/984)\n Savefile contains xl domain config in JSON format\nParsing config from <saved>\n',
    `xc: info: Saving domain ${domid}, type x86 HVM\nxc: info: Found x86 HVM domain from Xen 4.17\n${come}`,
    'migration sender: Target has acknowledged transfer.\nmigration target: Transfer complete, requesting permission to start domain.\n',
    `migration sender: Giving target permission to start.\n${started}migration sender: Target reports successful startup.\n`,
    'migration target: Domain started successsfully.\nMigration successful.\n',
  ].join('');
}

const received =
  'xc: info: Restoring domain\nxc: info: Restore successful\nxc: info: XenStore: mfn 0xfeffc, dom 0, evt 1\nxc: info: Console: mfn 0xfefff, dom 0, evt 2\n\fmigration target: Got permission, starting domain.\n';

/** `xl migrate-receive`: until the end the guest is half here; what becomes of it then is its sender's `migrationOf`. */
export async function receiveGuest({ host, clock, random, pace, crossings }: Shore, input: string, gone: AbortSignal): Promise<Answer | undefined> {
  const crossing = crossings.take(input.trim());
  if (crossing === undefined) return failed('migration target: reading migration stream: End of file\n');
  const doing = migrateGuest(crossing.from, crossing.guest.plan.uuid, host);
  await clock.sleep(random.between(5_000, 10_000) / pace, AbortSignal.any([gone, crossing.cut]));
  await crossings.moving;
  if (gone.aborted || !host.up) return undefined; // killed: what is half here stands still
  if (crossing.cut.aborted || !crossing.from.up) {
    doing.abandoned?.();
    return failed('migration target: reading migration stream: End of file\n');
  }
  const failure = doing.finish();
  return failure === undefined ? { exit: 0, stdout: '', stderr: received } : failed(`${failure.message}\n`);
}
