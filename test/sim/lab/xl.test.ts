import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStates } from '../../../plugins/xen/parse.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import type { FakeHost } from '../../../src/sim/hosts/host.js';
import type { Answer } from '../../../src/sim/lab/wire.js';
import { type XlPlace, xl } from '../../../src/sim/lab/xl.js';
import { Random } from '../../../src/sim/random.js';
import { Moms } from '../hosts/given.js';

const fixture = (name: string): string => readFileSync(join('test', 'fixtures', 'xl', name), 'utf8');

interface Desk {
  readonly host: FakeHost;
  readonly clock: VirtualClock;
  type(...argv: readonly string[]): Answer;
}

/** The workstation of the recordings: two cores, 1535 MiB of which 512 are Domain-0's; their configuration files lie in /tmp. */
function workstation(): Desk {
  const clock = new VirtualClock();
  const random = new Random(4);
  const hosts = [{ name: 'ws1', cores: 2, memoryMiB: 1535, dom0MiB: 512, images: [] }];
  const centre = new Datacentre({ agenda: clock, random, batch: new Moms(), hosts, pace: { hotplugMs: 0 } });
  const host = centre.hosts.get('ws1');
  if (host === undefined) throw new Error('no host');
  const absent = new Set(['/srv/absent', '/share/images/absent.img', '/tmp/absent.cfg']);
  const written = new Map<string, string>();
  const place: XlPlace = {
    host,
    random,
    bridges: ['xenbr0'],
    now: () => clock.now(),
    exists: (file) => !absent.has(file),
    writeText: (file, text) => {
      if (absent.has(file)) return false;
      written.set(file, text);
      return true;
    },
    readText: (file) => written.get(file) ?? (absent.has(file) ? undefined : fixture(file.replace('/tmp/', ''))),
  };
  return { host, clock, type: (...argv) => xl(place, argv).finish() };
}

/** Everything that differs from machine to machine or from run to run, made the same. */
const levelled = (text: string): string => text.replace(/Domain \d+|domain \d+/g, 'Domain N').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID');

describe('xl of the lab, against what a real xl said', () => {
  it('lists an empty workstation as recorded', () => {
    const desk = workstation();
    const said = desk.type('list').stdout.split('\n');
    const recorded = fixture('list-dom0-only.out').split('\n');
    expect(said[0]).toBe(recorded[0]);
    const shape = (line: string | undefined): string => (line ?? '').replace(/ +[\d.]+$/, ' T');
    expect(shape(said[1])).toBe(shape(recorded[1]));
    expect(desk.type('list', '-l').stdout).toBe(fixture('list-l-dom0-only.out'));
  });

  it('shows a new guest in JSON as recorded', () => {
    const desk = workstation();
    expect(desk.type('create', '/tmp/tpvh.cfg')).toMatchObject({ exit: 0, stdout: '', stderr: fixture('create-pvh.err') });
    const recorded = fixture('list-l-pvh.out').replace('"domid": 10', '"domid": 1');
    expect(levelled(desk.type('list', '-l', 'tpvh').stdout)).toBe(levelled(recorded));
  });

  it('shows a guest with a disk in JSON as recorded', () => {
    const desk = workstation();
    expect(desk.type('create', '/tmp/qcow2.cfg').exit).toBe(0);
    const said = JSON.parse(desk.type('list', '-l', 'qcow2').stdout) as { config: unknown }[];
    const recorded = JSON.parse(levelled(fixture('disk-list-l.out'))) as { config: { c_info: { name: string } } }[];
    expect(JSON.parse(levelled(JSON.stringify(said[0]?.config)))).toEqual(recorded.find((entry) => entry.config.c_info.name === 'qcow2')?.config);
  });

  it('writes the table of list -v so that the driver reads it, in every state', () => {
    const desk = workstation();
    desk.type('create', '/tmp/tcrash.cfg');
    const guest = desk.host.find('tcrash');
    if (guest === undefined) throw new Error('no guest');
    for (const state of ['running', 'blocked', 'paused', 'shutdown', 'crashed', 'dying', 'rebooting'] as const) {
      guest.state = state;
      expect(parseStates(desk.type('list', '-v').stdout)).toMatchObject([{ name: 'tcrash', domid: guest.domid, state, uuid: guest.plan.uuid }]);
    }
    guest.state = 'crashed';
    const line = desk
      .type('list', '-v')
      .stdout.split('\n')[2]
      ?.replace(/ {2,}1 {3}128/, '').length;
    const recorded = fixture('list-v-crashed.out')
      .split('\n')[2]
      ?.replace(/ {2,}13 {3}128/, '').length;
    expect(line).toBe(recorded);
  });

  it('says what info says, key by key', () => {
    const desk = workstation();
    const keys = (text: string): string[] => text.split('\n').map((line) => line.slice(0, 24));
    expect(keys(desk.type('info').stdout)).toEqual(keys(fixture('info.out')));
    expect(desk.type('info').stdout).toContain('total_memory           : 1535');
    desk.type('create', '/tmp/t1.cfg');
    expect(desk.type('info').stdout).toContain('free_memory            : 895');
  });

  it.each([
    ['create-missing-kernel', 3, ['create', '/tmp/nokernel.cfg']],
    ['create-missing-disk', 3, ['create', '/tmp/nodisk.cfg']],
    ['create-no-file', 3, ['create', '/tmp/absent.cfg']],
    ['create-no-memory', 3, ['create', '/tmp/big.cfg']],
    ['list-unknown', 1, ['list', 'absent']],
    ['domid-unknown', 1, ['domid', 'absent']],
    ['destroy-unknown', 1, ['destroy', 'absent']],
    ['shutdown-unknown', 1, ['shutdown', 'absent']],
    ['unknown-command', 1, ['frobnicate']],
    ['usage', 2, ['mem-set', 't1']],
  ] as const)('fails like %s (status %i)', (name, exit, argv) => {
    const said = workstation().type(...argv);
    expect({ exit: said.exit, stderr: levelled(said.stderr) }).toEqual({ exit, stderr: levelled(fixture(`${name}.err`)) });
  });

  it.each([
    ['create-name-exists', 3, ['create', '/tmp/t1.cfg']],
    ['mem-set-too-much', 1, ['mem-set', 't1', '4096m']],
    ['mem-set-bad', 1, ['mem-set', 't1', 'lots']],
    ['vcpu-set-too-many', 1, ['vcpu-set', 't1', '8']],
  ] as const)('fails like %s (status %i) where t1 runs', (name, exit, argv) => {
    const desk = workstation();
    desk.type('create', '/tmp/t1.cfg');
    const said = desk.type(...argv);
    expect({ exit: said.exit, stderr: levelled(said.stderr) }).toEqual({ exit, stderr: levelled(fixture(`${name}.err`)) });
  });

  it.each([
    ['bad.cfg', 'config parsing error near'],
    ['badval.cfg', 'config parsing error near'],
  ])('does not read %s (status 1)', (file, why) => {
    const said = workstation().type('create', `/tmp/${file}`);
    expect(said.exit).toBe(1);
    expect(said.stderr).toContain(why);
    expect(said.stderr).toContain('Failed to parse config: Invalid argument');
  });

  it('names the bridge that is not there, and leaves no domain behind', () => {
    const desk = workstation();
    const said = desk.type('create', '/tmp/nobridge.cfg');
    expect(said.exit).toBe(3);
    expect(said.stderr).toContain('Could not find bridge device absent0');
    expect(desk.host.guests.size).toBe(0);
  });

  it('waits a minute for a crashed guest to acknowledge, then fails as recorded', () => {
    const desk = workstation();
    desk.type('create', '/tmp/tcrash.cfg');
    const guest = desk.host.find('tcrash');
    if (guest === undefined) throw new Error('no guest');
    desk.host.crashGuest(guest);
    const place: XlPlace = {
      host: desk.host,
      random: new Random(1),
      bridges: [],
      now: () => 0,
      exists: () => true,
      readText: () => undefined,
      writeText: () => false,
    };
    const shutdown = xl(place, ['shutdown', 'tcrash']);
    expect(shutdown.takesMs).toBe(60_000);
    expect(shutdown.finish()).toMatchObject({ exit: 1, stderr: levelled(fixture('shutdown-crashed.err')).replace(/Domain N/, `domain ${guest.domid}`) });
  });

  it('saves and restores as recorded, but for the pages it counts', () => {
    const desk = workstation();
    desk.type('create', '/tmp/t1.cfg');
    const plain = (text: string): string[] =>
      levelled(text)
        .split('\n')
        .filter((line) => !/Frames:|mfn/.test(line))
        .map((line) => line.replace(/0x0\/\d+|domain N|Domain N/g, 'X').trim());
    const file = '/share/t1.save';
    const saved = desk.type('save', 't1', file);
    expect([saved.exit, plain(saved.stderr)]).toEqual([0, plain(fixture('save.err'))]);
    expect(desk.type('list').stdout.trim().split('\n')).toHaveLength(fixture('list-after-save.out').trim().split('\n').length);
    const restored = desk.type('restore', file);
    expect([restored.exit, plain(restored.stderr)]).toEqual([0, plain(fixture('restore.err'))]);
    expect(desk.type('list').stdout).toContain('t1 ');
    expect(desk.type('restore', '/tmp/t1.cfg')).toMatchObject({ exit: 1, stderr: fixture('restore-bad.err') });
    expect(desk.type('save', 't1', '/srv/absent').exit).toBe(1);
    expect(desk.host.find('t1')).toBeDefined();
  });

  it('lets the same disk into two guests, as the real one does', () => {
    const desk = workstation();
    desk.type('create', '/tmp/qcow2.cfg');
    const guest = desk.host.find('qcow2');
    if (guest === undefined) throw new Error('no guest');
    const twin = desk.host.create({ ...guest.plan, name: 'twice' });
    expect('made' in twin).toBe(true);
  });
});
