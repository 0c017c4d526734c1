import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.js';
import { compareConfigs } from '../../src/config/reload.js';
import type { Machine } from '../../src/model/machine.js';
import { because } from '../../src/model/reason.js';
import { domusText, gridText, whole } from './files.js';

const before = whole();
const machine = (seat = 'grid-02.example.org', host = 'post01'): Machine => ({
  id: `${seat}#3`,
  seat,
  generation: 3,
  environment: 'grid',
  host,
  uuid: '00000000-0000-8000-a000-000000000000',
  guestName: 'domus-physics-grid-02-3',
  overlay: 'domus-physics-grid-02-3',
  image: { name: 'el9', version: '1' },
  goal: { kind: 'serve', size: { cores: 1, memoryMiB: 2048 } },
  size: { cores: 1, memoryMiB: 2048 },
  maxSize: { cores: 4, memoryMiB: 8192 },
  configRevision: before.policy.revision,
  wantedAt: 0,
  reason: because('start-for-spare'),
});
const unsafe = (after: Config, ...machines: Machine[]): readonly string[] => compareConfigs(before, after, machines).unsafe;
const differences = (after: Config): readonly string[] => compareConfigs(before, after, []).differences;

describe('what differs is told in sentences', () => {
  test('nothing, when nothing does', () => {
    expect(compareConfigs(before, whole(), [machine()])).toEqual({ differences: [], unsafe: [] });
  });

  test('values in the units people write', () => {
    const after = whole(domusText('limits: {startsAtOnce: 4}\nintervals: {tick: 1m30s}\nguestOverhead: 1GiB\ngroup: wheel\nhistory: {keep: 30d}\n'));
    expect(differences(after)).toEqual([
      'guestOverhead: 64MiB -> 1GiB',
      'intervals.tick: 30s -> 1m30s',
      'limits.startsAtOnce: 32 -> 4',
      'group: nothing -> wheel',
      'keepHistory: 90d -> 30d',
    ]);
  });

  test('environments, hosts and seats by name', () => {
    const domus = domusText('  sl5: {names: sl5-01, addresses: 10.1.3.1}\n').replace(
      'post[01-03]: {address: 10.1.0.11-10.1.0.13}',
      'post[02-04]: {address: 10.1.0.12-10.1.0.14}',
    );
    const after = whole(domus, { grid: gridText('idle: 5m\nchecks: [home]\n'), sl5: gridText().replace('queues: [grid]', 'queues: [sl5]') });
    expect(differences(after)).toEqual([
      'environment grid.checks: [] -> [home]',
      'environment grid.idle: 30m -> 5m',
      'environment sl5 added',
      'host post01 removed',
      'host post04 added',
      'seat sl5-01 added',
    ]);
  });

  test('settings of plugins only by the part, as they may be secrets', () => {
    expect(differences(whole(domusText('ssh: {privateKey: /secret}\nnetwork: {names: {dhcpFile: /x}}\n')))).toEqual([
      'settings of the ssh part changed',
      'the names part added',
    ]);
  });

  test('more than fifty are counted', () => {
    const many = domusText().replace('post[01-03]: {address: 10.1.0.11-10.1.0.13}', 'post[01-99]: {address: 10.1.0.11-10.1.0.109}');
    expect(differences(whole(many))).toHaveLength(51);
    expect(differences(whole(many)).at(-1)).toBe('and 46 more');
  });
});

describe('what must not happen to a running daemon is named', () => {
  test('another deployment id', () => {
    expect(unsafe(whole(domusText().replace('physics', 'chemistry')))[0]).toBe(
      'the deployment id changes from physics to chemistry: its machines would belong to nobody',
    );
  });

  test('another state or run folder', () => {
    expect(unsafe(whole(domusText('state: /srv/state\nrun: /srv/run\n')))).toEqual([
      'the state folder changes from /var/lib/domus to /srv/state: stop the daemon and move it',
      'the run folder changes from /run/domus to /srv/run: restart the daemon for that',
    ]);
  });

  test('a host removed, or moved, while a machine is on it', () => {
    const removed = whole(domusText().replace('post[01-03]: {address: 10.1.0.11-10.1.0.13}', 'post[02-03]: {address: 10.1.0.12-10.1.0.13}'));
    expect(unsafe(removed, machine())).toEqual(['host post01 is removed while machine grid-02.example.org#3 is on it: drain it first']);
    expect(unsafe(removed, machine('grid-02.example.org', 'post02'))).toEqual([]);
    const moved = whole(domusText().replace('10.1.0.11-10.1.0.13', '10.1.0.21-10.1.0.23'));
    expect(unsafe(moved, machine())).toEqual(['host post01 moves from 10.1.0.11:22 to 10.1.0.21:22 while machine grid-02.example.org#3 is on it']);
    expect(unsafe(moved)).toEqual([]);
  });

  test('a seat removed while a machine sits there', () => {
    const fewer = whole(domusText().replace('[01-04]', '[01-01]').replace('-10.1.2.4', ''));
    expect(unsafe(fewer, machine())).toEqual(['seat grid-02.example.org is removed while machine grid-02.example.org#3 sits there: drain it first']);
    expect(unsafe(fewer, machine('grid-01.example.org'))).toEqual([]);
  });

  test('a seat with another address, MAC or environment while a machine sits there', () => {
    const moved = whole(domusText().replace('10.1.2.1-10.1.2.4', '10.1.9.1-10.1.9.4, macs: "02:00:00:00:00:01-02:00:00:00:00:04"'));
    expect(unsafe(moved, machine())).toEqual([
      'the address of seat grid-02.example.org changes from 10.1.2.2 to 10.1.9.2 while machine grid-02.example.org#3 sits there',
      expect.stringMatching(/^the mac of seat grid-02.example.org changes from 00:16:3e:\S+ to 02:00:00:00:00:02 while/),
    ]);
    const other = whole(domusText().replace('  grid:', '  sl5:'), { sl5: gridText() });
    expect(unsafe(other, machine())).toEqual([
      'the environment of seat grid-02.example.org changes from grid to sl5 while machine grid-02.example.org#3 sits there',
    ]);
  });

  test('a batch server removed while a machine serves it', () => {
    const after = whole(domusText().replace('  main:', '  east:'));
    expect(unsafe(after, machine())).toEqual([
      'the source of seat grid-02.example.org changes from main to east while machine grid-02.example.org#3 sits there',
      'batch server main is removed while machine grid-02.example.org#3 serves it',
    ]);
    expect(unsafe(after)).toEqual([]);
  });

  test('another folder of overlays, or another hypervisor, while there is any machine', () => {
    const after = whole(domusText('store: {overlays: /other}\nxen: {driver: kvm}\n'));
    expect(unsafe(after, machine())).toHaveLength(2);
    expect(unsafe(after)).toEqual([]);
  });

  test('but not an environment whose file is gone: it is drained', () => {
    const former = new Map(Object.entries(before.policy.environments));
    const domus = domusText('  sl5: {names: sl5-01, addresses: 10.1.3.1}\n');
    const after = whole(domus, { sl5: gridText().replace('queues: [grid]', 'queues: [sl5]') }, former);
    expect(unsafe(after, machine())).toEqual([]);
    expect(differences(after)).toContain('environment grid removed');
  });
});
