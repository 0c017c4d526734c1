import { merge, patched } from '../src/api/client.js';
import type { Change, Touchable } from '../src/api/schema/changes.js';
import { nothingSeen, type Seen } from './seen.js';
import { client } from './session.js';
import { giveHues } from './words.js';

const by = <K extends 'id' | 'name', R extends Record<K, string>>(key: K, records: readonly R[]): ReadonlyMap<string, R> =>
  new Map(records.map((record) => [record[key], record]));

/** The plan is read anew at most this often, ms. */
const planPauseMs = 4000;

/** Follows the daemon: reads the lists once, then merges what each tick changes. */
export class Live {
  #seen: Seen = nothingSeen;
  #source: EventSource | undefined;
  #waiting: Change[] | undefined;
  #planAsked = false;
  readonly #tell: (seen: Seen) => void;
  readonly #refused: (thrown: unknown) => void;

  constructor(tell: (seen: Seen) => void, refused: (thrown: unknown) => void) {
    this.#tell = tell;
    this.#refused = refused;
  }

  open(): void {
    this.close();
    const source = new EventSource('/api/v1/changes');
    this.#source = source;
    const greeted = (): void => void this.#read();
    source.addEventListener('hello', greeted);
    source.addEventListener('reset', greeted);
    source.addEventListener('change', ({ data }: MessageEvent<string>) => this.#hear(JSON.parse(data) as Change));
    source.addEventListener('open', () => this.#show({ deaf: undefined }));
    source.addEventListener('error', () => {
      this.#show({ deaf: 'no word from the daemon: what you see may be old' });
      if (source.readyState === EventSource.CLOSED && this.#source === source) {
        setTimeout(() => this.#source === source && this.open(), 5000);
        client.ask('GET /status', {}).catch(this.#refused);
      }
    });
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #show(more: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...more };
    this.#tell(this.#seen);
  }

  /** What comes while the lists are read is merged after them. */
  async #read(): Promise<void> {
    this.#waiting = [];
    try {
      const [status, { environments }] = await Promise.all([client.ask('GET /status', {}), client.all('GET /environments', 'environments', {})]);
      giveHues(environments.map(({ name }) => name));
      this.#show({ status, environments: by('name', environments) });
      const [{ hosts }, { machines }] = await Promise.all([client.all('GET /hosts', 'hosts', {}), client.all('GET /machines', 'machines', {})]);
      this.#show({ hosts: by('name', hosts), machines: by('id', machines), loaded: true, deaf: undefined });
      const waiting = this.#waiting;
      this.#waiting = undefined;
      for (const change of waiting) this.#hear(change);
      await this.#readPlan();
    } catch (thrown) {
      this.#waiting = undefined;
      this.#refused(thrown);
    }
  }

  async #readPlan(): Promise<void> {
    this.#show({ plan: await client.ask('GET /plan', {}) });
  }

  #hear(change: Change): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(change);
      return;
    }
    const { status, environments, hosts, machines } = this.#seen;
    this.#show({
      status: patched(status, { ...change.status, revision: change.revision, at: change.at }),
      environments: merge(environments, 'name', change.environments),
      hosts: merge(hosts, 'name', change.hosts),
      machines: merge(machines, 'id', change.machines),
    });
    this.#touched(change.touched ?? []);
  }

  #touched(lists: readonly Touchable[]): void {
    if (!lists.includes('plan') || this.#planAsked) return;
    this.#planAsked = true;
    setTimeout(() => {
      this.#planAsked = false;
      this.#readPlan().catch(this.#refused);
    }, planPauseMs);
  }
}
