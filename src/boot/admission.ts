import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { type BootChoice, type BootSeen, bootState, counts } from '../model/boot.js';
import type { HostSpec } from '../model/host.js';
import { builtRoots } from './roots.js';
import type { BootServer } from './server.js';
import { overlaysOf, rootFolder } from './site.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const equal = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(hashOf(a)), Buffer.from(hashOf(b)));

export interface Hello {
  readonly host: string;
  readonly boot: string;
  /** It asks for its one-time secret. */
  readonly ask: boolean;
  readonly once?: string;
  readonly word?: string;
  /** The root's folder, as its host.conf said and as it was mounted. */
  readonly root?: string;
}

/** The first line of a host, or undefined where it is none. */
export function helloOf(line: string): Hello | undefined {
  try {
    const { v, host, boot, ask, once, word, root } = JSON.parse(line) as Record<string, unknown>;
    const text = (value: unknown): value is string => typeof value === 'string' && value.length <= 200;
    if (v !== 1 || !text(host) || !text(boot) || !/^[0-9a-f-]{36}$/.test(boot)) return undefined;
    return { host, boot, ask: ask === 'once', ...(text(once) ? { once } : {}), ...(text(word) ? { word } : {}), ...(text(root) ? { root } : {}) };
  } catch {
    return undefined; // said to the caller as a refusal
  }
}

/** What the door says: a refusal, or everything that the host asked for. */
type Answer = { readonly refused: string } | Readonly<Record<string, unknown>>;

export interface AdmissionParts {
  readonly server: BootServer;
  readonly clock: Clock;
  readonly log: Log;
  /** What a host is told beside its key. Raises Failure. */
  readonly authorizedKeys: () => Promise<string>;
}

/** Who is let in at the door: a host's secret for its key, a boot's word for its place. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #end: (host: string, seen: BootSeen) => Promise<void>;

  /** `end` ends the line of a boot for good. */
  constructor(parts: AdmissionParts, end: (host: string, seen: BootSeen) => Promise<void>) {
    this.#parts = parts;
    this.#end = end;
  }

  /** Who it is, checked; and everything it needs. To be asked one at a time for each host. */
  async answer(hello: Hello, spec: HostSpec): Promise<Answer> {
    const { server, clock, log } = this.#parts;
    const { settings } = server.parts;
    const [choice, seen] = await Promise.all([server.records.choice(spec.name), server.records.seen(spec.name)]);
    if (hello.word !== undefined) return await this.#back(hello, spec, choice, seen);
    const { window } = bootState(choice, seen, clock.wall(), settings.closeAfterMs);
    const used = choice !== undefined && seen?.choice === choice.id && clock.wall() < choice.until;
    const again = used && seen.boot === hello.boot && counts(choice, seen) && seen.word !== '';
    const right = choice !== undefined && hello.once !== undefined && equal(hello.once, choice.secret);
    if (used && right && !again) {
      log.error(
        { host: spec.name, boots: [seen.boot, hello.boot] },
        'two boots showed the one-time secret of one host: both are shut out, its key is forgotten',
      );
      await server.forgetKey(spec.name);
      await this.#end(spec.name, seen);
      return { refused: 'another system showed its secret: domus boot enrol --new-key' };
    }
    if (choice === undefined || (window === undefined && !again)) return { refused: 'its window is not open: domus boot enrol opens it' };
    if (hello.ask) return { once: choice.secret };
    if ((hello.once ?? '') === '') return { refused: 'it shows no secret and asks for none: its root is of an older Domus (domus boot root build)' };
    if (!right) return { refused: 'that is not the secret of this boot' };
    return await this.#given(hello, spec, choice);
  }

  /** The same boot, with the word it was given. */
  async #back(hello: Hello, spec: HostSpec, choice: BootChoice | undefined, seen: BootSeen | undefined): Promise<Answer> {
    const { server } = this.#parts;
    const known = seen !== undefined && counts(choice, seen) && seen.word !== '' && seen.boot === hello.boot;
    if (!known || !equal(hashOf(hello.word ?? ''), seen.word)) return { refused: 'that word is not of this boot' };
    const { lost: _, ...back } = seen;
    await server.records.putSeen(spec.name, back);
    return this.#places(spec);
  }

  #places(spec: HostSpec): { readonly images: string; readonly overlays: string } {
    const { settings, images, overlays } = this.#parts.server.parts;
    return { images, overlays: overlaysOf(overlays, settings, spec) };
  }

  /** Its key and all else, by its secret; from then on the secret is spent. */
  async #given(hello: Hello, spec: HostSpec, choice: BootChoice): Promise<Answer> {
    const { server, clock, log } = this.#parts;
    const { settings, images, overlays, bridge, deployment } = server.parts;
    const key = await server.records.key(spec.name);
    const mounted = (await builtRoots(settings.roots)).find(({ version }) => rootFolder(settings.roots, version) === hello.root)?.version;
    const root = mounted ?? (await server.known()).find(({ host }) => host.name === spec.name)?.host.root?.version;
    if (key === undefined || root === undefined) return { refused: 'it has no key or no root: domus boot publish' };
    const word = randomBytes(24).toString('base64url');
    const authorizedKeys = await this.#parts.authorizedKeys();
    await server.records.putSeen(spec.name, { choice: choice.id, boot: hello.boot, word: hashOf(word), root, since: clock.wall(), up: false });
    log.info({ host: spec.name, root }, 'gave a host its key');
    const runner = { images, overlays, bridge, deployment, poweroff: ['/usr/sbin/poweroff'], reboot: ['/usr/sbin/reboot'] };
    const told = { ...this.#places(spec), word, hostKey: key.private, authorizedKeys, runner };
    const moving = await server.migrationKey();
    if (moving === undefined) return told;
    const others = server.hosts().filter(({ pool, name }) => pool === spec.pool && name !== spec.name);
    if (others.length === 0) return told;
    const from = others.map(({ address }) => address).join(',');
    const receive = `command="/usr/bin/python3 -I -S /usr/lib/domus/domus-runner --receive",restrict,from="${from}" ${moving.public} domus-migration\n`;
    return { ...told, authorizedKeys: `${authorizedKeys}${receive}`, migration: { key: moving.private, knownHosts: await server.knownHosts() } };
  }
}
