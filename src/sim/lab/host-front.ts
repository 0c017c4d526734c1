import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../clock.js';
import type { FakeHost } from '../hosts/host.js';
import type { Random } from '../random.js';
import { type Crossings, receiveGuest, sendGuest } from './crossing.js';
import { ssh } from './ssh-client.js';
import type { Answer, Call, Front } from './wire.js';
import { type XlCommand, xl } from './xl.js';

/** The commands that the runner finds on its PATH. */
export const hostTools = ['xl', 'qemu-img', 'xenstore-read', 'ssh'] as const;

export interface HostFrontOptions {
  readonly host: FakeHost;
  readonly clock: Clock;
  readonly random: Random;
  /** Times of the commands are divided by it. */
  readonly pace: number;
  readonly bridges: readonly string[];
  readonly crossings: Crossings;
  /** Told of every command, as typed. */
  readonly recorded: (line: string) => void;
}

const failed = (stderr: string, exit = 1): Answer => ({ exit, stdout: '', stderr });
const atOnce = (answer: Answer): XlCommand => ({ takesMs: 10, finish: () => answer });

/** Answers the commands of one host. One whose caller was killed before its end is not done. */
export function hostFront(options: HostFrontOptions): Front {
  return async (call, gone) => {
    options.recorded([call.tool, ...call.argv].join(' '));
    if (call.tool === 'ssh') return ssh(call.argv, '', gone);
    if (call.tool === 'xl' && call.argv[0] === 'migrate') return sendGuest(options, call.argv, gone);
    if (call.tool === 'xl' && call.argv[0] === 'migrate-receive') return receiveGuest(options, call.stdin, gone);
    const command = begin(options, call);
    await options.clock.sleep(command.takesMs / options.pace, gone);
    return gone.aborted || !options.host.up ? undefined : command.finish();
  };
}

function begin(options: HostFrontOptions, call: Call): XlCommand {
  const { host, clock, random, bridges } = options;
  switch (call.tool) {
    case 'xl':
      return xl({ host, random, bridges, now: () => clock.wall(), readText, writeText, exists: existsSync }, call.argv);
    case 'qemu-img':
      return { takesMs: random.between(100, 300), finish: () => qemuImg(call.argv) };
    case 'xenstore-read':
      return atOnce(xenstoreRead(host, call.argv));
    default:
      return atOnce(failed(`${call.tool}: not found\n`, 127));
  }
}

function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** False where it cannot be written. */
function writeText(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return false;
    throw thrown;
  }
}

/** As much of a qcow2 header (version 3, 104 bytes) as says what the disk stands on. Source: QEMU, docs/interop/qcow2.txt. */
function thinDisk(base: string, size: string): Buffer {
  const name = Buffer.from(base);
  const disk = Buffer.alloc(4096 + name.length);
  disk.write('QFI\u00fb', 0, 'latin1');
  disk.writeUInt32BE(3, 4);
  disk.writeBigUInt64BE(104n, 8);
  disk.writeUInt32BE(name.length, 16);
  name.copy(disk, 104);
  disk.write(` ${size}\n`, 104 + name.length);
  return disk;
}

/** `qemu-img create -q -f qcow2 -b BASE -F qcow2 FILE SIZE`: a small file that names its base. */
function qemuImg(argv: readonly string[]): Answer {
  const base = argv[argv.indexOf('-b') + 1];
  const [file, size] = argv.slice(-2);
  if (argv[0] !== 'create' || base === undefined || file === undefined) return failed('qemu-img: this laboratory only knows create -b\n');
  if (!existsSync(base)) return failed(`qemu-img: ${file}: Could not open '${base}': No such file or directory\n`);
  writeFileSync(file, thinDisk(base, size ?? ''));
  return { exit: 0, stdout: '', stderr: '' };
}

/** What a guest of that node asks with: made at its boot in a real one, worked out here. */
export const secretOf = (node: string): string => sumOf(node).slice(0, 48);
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `xenstore-read /local/domain/ID/data/domus`: what the guest wrote of itself. */
function xenstoreRead(host: FakeHost, [path = '']: readonly string[]): Answer {
  const domid = /^\/local\/domain\/(\d+)\/data\/domus$/.exec(path)?.[1];
  const guest = domid === undefined ? undefined : host.guests.get(domid);
  if (guest?.report === undefined) return failed(`xenstore-read: couldn't read path ${path}\n`);
  const { ready, checks } = guest.report;
  return {
    exit: 0,
    stdout: `${JSON.stringify({ v: 1, uuid: guest.plan.uuid, ready, checks, asks: sumOf(secretOf(guest.plan.node ?? guest.plan.name)) })}\n`,
    stderr: '',
  };
}
