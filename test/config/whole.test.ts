import { describe, expect, test } from 'vitest';
import { givenEnvironment } from '../given-records.js';
import { check, domusText, gridText, problems, whole } from './files.js';

describe('a whole configuration', () => {
  test('becomes the policy, with a default for everything that is not written', () => {
    const { policy, ...rest } = whole();
    expect(policy.environments['grid']).toEqual({
      name: 'grid',
      mode: 'act',
      image: { name: 'el9', version: 'latest' },
      reimage: { atOnce: 1, busy: 'drain' },
      boot: { type: 'pvh', kernel: 'vmlinuz', args: [] },
      cores: { min: 1, max: 4, step: 1 },
      memoryMiB: { min: 2048, max: 8192, step: 256 },
      memoryPerCoreMiB: 2048,
      diskMiB: 10_240,
      serves: { source: 'main', queues: ['grid'], properties: ['grid'], accounts: [] },
      pools: ['lab'],
      min: 0,
      max: 4,
      spare: 0,
      feasibilitySeats: 0,
      idleMs: 1_800_000,
      priority: 1,
      share: 0,
      bootDeadlineMs: 600_000,
      keepFailedMs: 3_600_000,
      moves: 'idle',
      lostJobs: 'leave',
      checks: [],
    });
    expect(policy.hosts['post02']).toEqual({
      name: 'post02',
      pool: 'lab',
      address: '10.1.0.12',
      port: 22,
      cores: 8,
      memoryMiB: 16_384,
      reserve: { cores: 1, memoryMiB: 2048 },
    });
    expect(policy.seats['grid-03.example.org']).toMatchObject({
      environment: 'grid',
      source: 'main',
      address: '10.1.2.3',
      largestNp: 4,
      properties: ['grid'],
      feasibility: false,
    });
    expect(rest).toEqual({
      images: { here: '/srv/domus/images', overlaysHere: '/srv/domus/overlays' },
      batch: { main: { driver: 'torque', settings: { server: 'pbs.example.org' } } },
      runner: { driver: 'ssh', settings: {} },
      hypervisor: { driver: 'xen', settings: { imagesDir: '/srv/domus/images', overlaysDir: '/srv/domus/overlays' } },
      stateDir: '/var/lib/domus',
      runDir: '/run/domus',
      sessionMs: 43_200_000,
      keepHistoryMs: 7_776_000_000,
      housekeeping: '30 3 * * *',
      files: ['/etc/domus/domus.yaml', '/etc/domus/environments/grid.yaml'],
    });
  });

  test('one number is a fixed size', () => {
    const { environments } = whole(domusText(), { grid: gridText().replace('{min: 1, max: 4}', '2').replace('{min: 2GiB, max: 8GiB}', '3GiB') }).policy;
    expect(environments['grid']).toMatchObject({ cores: { min: 2, max: 2, step: 1 }, memoryMiB: { min: 3072, max: 3072 }, memoryPerCoreMiB: 1536 });
  });

  test('the last seats are the feasibility seats, and not counted for the maximum', () => {
    const { policy } = whole(domusText(), { grid: gridText('feasibility: 1\n') });
    expect(Object.values(policy.seats).map((seat) => seat.feasibility)).toEqual([false, false, false, true]);
    expect(policy.environments['grid']?.max).toBe(3);
  });

  test('seats have the environment’s properties and their own', () => {
    const { seats } = whole(domusText().replace('10.1.2.4}', '10.1.2.4, properties: [grid, x86_64]}')).policy;
    expect(seats['grid-01.example.org']?.properties).toEqual(['grid', 'x86_64']);
  });

  test('names and addresses may come in several lines, and MAC addresses may be given', () => {
    const seats = domusText().replace(
      /grid: \{.*\}/,
      'grid: {names: ["wn[1-2]", wn9], addresses: [10.1.2.1-10.1.2.2, 10.1.2.9], macs: "02:00:00:00:00:01-02:00:00:00:00:03"}',
    );
    expect(Object.values(whole(seats).policy.seats).map(({ name, address, mac }) => `${name} ${address} ${mac}`)).toEqual([
      'wn1 10.1.2.1 02:00:00:00:00:01',
      'wn2 10.1.2.2 02:00:00:00:00:02',
      'wn9 10.1.2.9 02:00:00:00:00:03',
    ]);
  });

  test('a host without an address is reached by its name, and several may share one address with different ports', () => {
    const hosts = '      post[01-02]:\n      a: {address: 127.0.0.1, port: 2201}\n      b: {address: 127.0.0.1, port: 2202}\n      c: {address: "fd00::1"}\n';
    const { policy } = whole(domusText().replace(/ {6}post.*\n/, hosts));
    expect(Object.values(policy.hosts).map((host) => `${host.name} ${host.address} ${host.port}`)).toEqual([
      'post01 post01 22',
      'post02 post02 22',
      'a 127.0.0.1 2201',
      'b 127.0.0.1 2202',
      'c fd00::1 22',
    ]);
  });

  test('a version that looks like a number stays as it is written', () => {
    const version = whole(domusText(), { grid: gridText().replace('{name: el9}', '{name: el9, version: 2024.10}') }).policy.environments['grid']?.image.version;
    expect(version).toBe('2024.10');
  });

  test('an empty key is the default, and anchors save writing', () => {
    const config = whole(domusText('limits:\nintervals: &calm {tick: 1m}\nhistory:\n'), { grid: gridText('checks: &c [home]\npools: [lab]\n') });
    expect(config.policy.limits.startsAtOnce).toBe(32);
    expect(config.policy.intervals).toMatchObject({ tickMs: 60_000, batchPollMs: 15_000 });
  });

  test('settings of plugins are passed on as they are, folders relative to domus.yaml are resolved', () => {
    const config = whole(
      domusText(
        'ssh: {user: domus, hosts: {a: [1, x]}}\nstore: {images: /images}\nxen: {lookLimit: 5s}\nnetwork: {names: {dhcpFile: /etc/d}}\nstate: state\nrun: ../run\n',
      ),
    );
    expect(config.runner).toEqual({ driver: 'ssh', settings: { user: 'domus', hosts: { a: [1, 'x'] } } });
    expect(config.hypervisor.settings).toEqual({ imagesDir: '/images', overlaysDir: '/srv/domus/overlays', lookLimit: '5s' });
    expect(config.names).toEqual({ driver: 'dnsmasq', settings: { deployment: 'physics', dhcpFile: '/etc/d' } });
    expect([config.stateDir, config.runDir]).toEqual(['/etc/domus/state', '/etc/run']);
  });

  test('is frozen, all the way down', () => {
    const config = whole();
    const loose: unknown[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) loose.push(value);
      Object.values(value).forEach(visit);
    };
    visit(config);
    expect(loose).toEqual([]);
  });
});

describe('the revision', () => {
  const plain = whole().policy.revision;
  test('does not change with comments, blanks, order of keys, or a default written out', () => {
    const other = `# same\n${gridText()}`.replace('{queues: [grid], properties: [grid]}', '{ properties: [grid],   queues: [grid] }\nidle: 1800s');
    expect(whole(domusText(), { grid: other }).policy.revision).toBe(plain);
  });
  test('changes with any value, settings of plugins too', () => {
    expect(whole(domusText(), { grid: gridText('idle: 31m\n') }).policy.revision).not.toBe(plain);
    expect(whole(domusText('ssh: {user: domus}\n')).policy.revision).not.toBe(plain);
  });
});

describe('places', () => {
  test('are found for settings of plugins, and for what is not written at what is around it', () => {
    const checked = check(domusText('ssh:\n  keys:\n    - a\n    - b\n'), { grid: gridText() });
    const locate = checked.ok ? checked.locate : undefined;
    expect(locate?.(['ssh', 'keys', 1])).toEqual({ file: '/etc/domus/domus.yaml', line: 15, column: 7 });
    expect(locate?.(['ssh', 'port'])).toEqual({ file: '/etc/domus/domus.yaml', line: 12, column: 1 });
    expect(locate?.(['environments', 'grid', 'image', 'name'])).toEqual({ file: '/etc/domus/environments/grid.yaml', line: 1, column: 15 });
    expect(locate?.(['xen', 'nothing'])).toEqual({ file: '/etc/domus/domus.yaml', line: 1, column: 1 });
  });
});

describe('an environment whose file is gone', () => {
  test('keeps its seats while the journal remembers it', () => {
    const seats = domusText('  sl5: {names: sl5-01, addresses: 10.1.3.1}\n');
    expect(problems(seats)).toEqual(['domus.yaml:12:3: seats.sl5: found seats of environment "sl5", which has no file sl5.yaml, expected one of grid']);
    const former = new Map([['sl5', givenEnvironment('sl5', { serves: { source: 'main', queues: [], properties: ['sl5'], accounts: [] } })]]);
    const { policy } = whole(seats, { grid: gridText() }, former);
    expect(Object.keys(policy.environments)).toEqual(['grid']);
    expect(policy.seats['sl5-01']).toMatchObject({ environment: 'sl5', source: 'main', largestNp: 4, properties: ['sl5'] });
  });

  test('needs no seats', () => {
    const former = new Map([['sl5', givenEnvironment('sl5')]]);
    expect(problems(domusText(), { grid: gridText() }, former)).toEqual([]);
  });
});

describe('hostile files', () => {
  test('aliases that multiply are cut off', () => {
    const bomb = ['ssh:', '  a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [one, two] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh']) bomb.push(`  ${two}: &${two} [${Array(10).fill(`*${one}`).join(',')}]`);
    const found = problems(domusText(`${bomb.join('\n')}\n`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/found more than 10000 values, expected fewer settings$/);
  });

  test('a file that is too long is not read', () => {
    expect(problems(`${domusText()}${'#'.repeat(2_000_000)}`)[0]).toMatch(/expected a file of at most 1MiB$/);
  });

  test('keys of the language’s own machinery are unknown keys like others', () => {
    const found = problems(domusText('__proto__: {mode: act}\nconstructor: 1\n'), { grid: gridText() });
    expect(found.map((line) => line.split(',')[0])).toEqual([
      'domus.yaml:12:1: __proto__: found unknown key "__proto__"',
      'domus.yaml:13:1: constructor: found unknown key "constructor"',
    ]);
    expect(({} as Record<string, unknown>)['mode']).toBeUndefined();
  });

  test('control characters do not reach the terminal', () => {
    expect(problems(domusText('mode2: "\\e[31m"\n"\\e[2J": 1\n')).join('')).not.toContain('\u001b');
  });
});
