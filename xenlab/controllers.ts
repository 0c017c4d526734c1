import { existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { Child, until } from './children.js';
import type { Place } from './place.js';
import type { Workstation } from './workstation.js';

const firstPort = 6_231;
/** Where plugins/ipmi finds a host's controller. */
export const controllerAt = (n: number): string => `127.0.0.1,${firstPort + n}`;
export const user = 'domus';

/**
 * The controllers of workstations that have one: OpenIPMI's simulator for each, whose chassis is the workstation. It answers while
 * the workstation is off, and sees a plug that was pulled.
 */
export class Controllers {
  readonly #place: Place;
  readonly #stations: readonly Workstation[];
  readonly #failed: (error: unknown) => void;
  readonly #children: Child[] = [];
  readonly #life = new AbortController();

  constructor(place: Place, stations: readonly Workstation[], failed: (error: unknown) => void) {
    this.#place = place;
    this.#stations = stations;
    this.#failed = failed;
  }

  get passwordFile(): string {
    return this.#place.at('controllers', 'password');
  }

  async open(): Promise<void> {
    const folder = this.#place.at('controllers');
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.passwordFile, 'secret\n', { mode: 0o600 });
    for (const [n, station] of this.#stations.entries()) this.#children.push(this.#start(n, station));
    const up = await until(() => this.#children.every(({ lives }) => lives), 5_000, 100);
    if (up === undefined) throw new Error('a simulated controller does not stay up');
    watch(folder, { signal: this.#life.signal }, (_, name) => this.#pressed(name ?? ''));
  }

  async close(): Promise<void> {
    this.#life.abort();
    for (const child of this.#children) await child.stop();
  }

  /** The chassis script has asked for something, by a file. */
  #pressed(name: string): void {
    const [, post, what] = /^(\S+)\.(press|cut)$/.exec(name) ?? [];
    const station = this.#stations.find((each) => each.post.name === post);
    const file = this.#place.at('controllers', name);
    if (station === undefined || !existsSync(file)) return;
    rmSync(file);
    (what === 'press' ? station.on() : station.cut()).catch(this.#failed);
  }

  #start(n: number, { post, lamp }: Workstation): Child {
    const at = (name: string): string => this.#place.at('controllers', `${post.name}-${name}`);
    const [chassis, conf, board, state] = [at('chassis'), at('lan.conf'), at('emu'), at('state')];
    mkdirSync(state, { recursive: true });
    const button = this.#place.at('controllers', post.name);
    const get = `[ -e ${lamp} ] && echo power:1 || echo power:0`;
    const set = `[ "$3" = 1 ] && : >${button}.press || : >${button}.cut`;
    writeFileSync(chassis, `#!/bin/sh\nif [ "$1" = get ]; then ${get}; else ${set}; fi\n`, { mode: 0o755 });
    const auths = ['callback', 'user', 'operator', 'admin'].map((who) => `allowed_auths_${who} none md2 md5 straight`);
    const lan = [`addr 127.0.0.1 ${firstPort + n}`, 'priv_limit admin', ...auths, 'guid a123456789abcdefa123456789abcdef'];
    const users = ['user 1 true "" "" user 10 none md2 md5 straight', `user 2 true "${user}" "secret" admin 10 none md2 md5 straight`];
    writeFileSync(
      conf,
      `${[`name "${post.name}"`, 'set_working_mc 0x20', 'startlan 1', ...lan, 'endlan', `chassis_control "${chassis}"`, ...users].join('\n')}\n`,
    );
    writeFileSync(board, 'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n');
    return new Child(`controller of ${post.name}`, ['ipmi_sim', '-c', conf, '-f', board, '-s', state, '-n'], this.#place.at('logs', `${post.name}.controller`));
  }
}
