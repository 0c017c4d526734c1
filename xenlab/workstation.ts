import { createWriteStream, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';
import { systemClock } from '../src/clock.js';
import { Child, must } from './children.js';
import { type Place, type Post, wire } from './place.js';

/** What is under the desk. */
export interface Machine {
  readonly memoryMiB: number;
  readonly cores: number;
  /** BIOS, or UEFI (OVMF). */
  readonly firmware: 'bios' | 'uefi';
}

/**
 * SMEP and SMAP in the CPU model crash a PV Dom0 under TCG, so qemu64; with npt Xen finds nested paging, which PVH guests need.
 * KVM is for machines that can nest: DOMUS_XENLAB_ACCEL=kvm DOMUS_XENLAB_CPU=host.
 */
const accel = process.env['DOMUS_XENLAB_ACCEL'] ?? 'tcg,thread=multi';
const cpu = process.env['DOMUS_XENLAB_CPU'] ?? 'qemu64,+svm,+npt';
/** QEMU gives this card a ROM for a BIOS only. */
const efiRom = '/usr/lib/ipxe/qemu/efi-eepro100.rom';
/** How often its console is looked at while it boots, and after how many looks without a new dot it is stuck. */
const [lookMs, stuckLooks] = [4_000, 8] as const;
const ovmf = { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd' };

/** A workstation: a QEMU process while it is on, nothing while it is off. Its card is an Intel 82559, the one of QEMU's that a driver can arm for wake-on-LAN and iPXE drives. */
export class Workstation {
  readonly post: Post;
  readonly #place: Place;
  readonly #heard: (line: string) => void;
  machine: Machine;
  #child: Child | undefined;
  #starting: Promise<void> | undefined;
  #watched: Promise<void> | undefined;

  constructor(post: Post, place: Place, machine: Machine, heard: (line: string) => void) {
    this.post = post;
    this.machine = machine;
    this.#place = place;
    this.#heard = heard;
  }

  get isOn(): boolean {
    return this.#child?.lives === true;
  }

  get console(): string {
    return `${this.#place.consoles}/${this.post.name}`;
  }

  /** MiB that the emulator takes on this machine now. */
  get residentMiB(): number {
    const child = this.#child;
    if (child?.lives !== true) return 0;
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  }

  /** There while it is on: what a controller of its own would measure. */
  get lamp(): string {
    return `${this.#place.sockets}/${this.post.name}.on`;
  }

  /** Everything that its serial line has said so far. */
  said(): string {
    return existsSync(this.console) ? readFileSync(this.console, 'utf8') : '';
  }

  /** The button, or a magic packet: whoever comes while it starts waits for the same start. */
  async on(): Promise<void> {
    if (this.isOn) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #start(): Promise<void> {
    const { post, machine } = this;
    const tap = `tap-${post.name}`;
    await must(['sh', '-c', `ip link show ${tap} >/dev/null 2>&1 || { ip tuntap add ${tap} mode tap; ip link set ${tap} master ${wire.bridge} up; }`]);
    rmSync(this.#qmp, { force: true });
    const firmware = machine.firmware === 'bios' ? [] : await this.#uefi();
    const child = new Child(
      post.name,
      [
        ...['qemu-system-x86_64', '-name', post.name, '-accel', accel, '-cpu', cpu, '-smp', String(machine.cores), '-m', String(machine.memoryMiB)],
        ...['-M', 'pc,graphics=off', '-nodefaults', '-no-user-config', '-display', 'none', ...firmware],
        ...[
          '-netdev',
          `tap,id=wire,ifname=${tap},script=no,downscript=no`,
          '-device',
          `i82559c,netdev=wire,mac=${post.mac},bootindex=1${machine.firmware === 'uefi' ? `,romfile=${efiRom}` : ''}`,
        ],
        ...['-chardev', `file,id=serial,path=${this.console},append=on`, '-serial', 'chardev:serial'],
        ...['-qmp', `unix:${this.#qmp},server=on,wait=off`],
      ],
      `${this.#place.logs}/${post.name}.qemu`,
    );
    this.#child = child;
    this.#heard(`${post.name} is switched on`);
    writeFileSync(this.lamp, '');
    void child.ended.then(() => {
      rmSync(this.lamp);
      this.#heard(`${post.name} is off`);
    });
    this.#watched = this.#watch(child).catch((error: unknown) => this.#heard(`${post.name}: its console cannot be watched: ${String(error)}`));
  }

  /**
   * iPXE on QEMU's card stops hearing in the middle of DHCP or of a file, once in some thirty starts, and waits for ever (its server
   * has answered): whoever passes by presses the reset button.
   */
  async #watch(child: Child): Promise<void> {
    const began = this.said().length;
    let [seen, quiet] = [0, 0];
    while (child.lives && quiet < stuckLooks) {
      await systemClock.sleep(lookMs);
      const said = this.said().slice(began);
      if (said.includes('(XEN) ')) return;
      quiet = said.length === seen && /(Configuring \(net\d [\w:]+\)\.+|\d%)$/.test(said) ? quiet + 1 : 0;
      seen = said.length;
    }
    if (!child.lives) return;
    this.#heard(`${this.post.name}: its card has stopped hearing (an emulator's fault); its reset button is pressed`);
    await this.qmp('system_reset');
    await this.#watch(child);
  }

  /** The plug is pulled. */
  async cut(): Promise<void> {
    const child = this.#child;
    child?.kill('SIGKILL');
    await child?.ended;
    await this.#watched;
  }

  /** Resolves when it is off; at once when it is. */
  async off(): Promise<void> {
    await this.#child?.ended;
  }

  /** Pulls its network cable out, or puts it back. */
  async cable(plugged: boolean): Promise<void> {
    await this.qmp('set_link', { name: 'wire', up: plugged });
  }

  /** One command to the emulator. Raises an Error with what it says against it. */
  qmp(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const line = connect(this.#qmp);
    let said = '';
    return new Promise((resolve, reject) => {
      line.once('error', reject);
      line.once('connect', () => line.write(`{"execute":"qmp_capabilities"}\n${JSON.stringify({ execute: command, arguments: args, id: 'asked' })}\n`));
      line.on('data', (piece: Buffer) => {
        said += piece.toString('utf8');
        const answer = said.split('\n').find((each) => each.includes('"id": "asked"'));
        if (answer === undefined) return;
        line.destroy();
        if (answer.includes('"error"')) reject(new Error(`${this.post.name}: ${command}: ${answer.trim()}`));
        else resolve();
      });
      line.once('close', () => reject(new Error(`${this.post.name}: ${command}: the emulator has gone`)));
    });
  }

  /** Says in its console log what happens to it, so that the log can be read alone. */
  note(line: string): void {
    createWriteStream(this.console, { flags: 'a' }).end(`\n=== ${line}\n`);
  }

  async #uefi(): Promise<readonly string[]> {
    const vars = this.#place.at('consoles', `${this.post.name}.vars`);
    await must(['cp', ovmf.vars, vars]);
    return ['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${ovmf.code}`, '-drive', `if=pflash,format=raw,unit=1,file=${vars}`];
  }

  get #qmp(): string {
    return `${this.#place.sockets}/${this.post.name}.qmp`;
  }
}
