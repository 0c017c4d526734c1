/**
 * Who may import whom. A part is a folder of `src/`, a file at its top (`clock`), one plugin (`plugins/torque`), `bench` or `xenlab`.
 * Every part sees itself. A part that is not in the table is a breach: put it in, and think.
 */
export interface Rule {
  readonly sees: readonly string[];
  /** npm packages. */
  readonly npm?: readonly string[];
  /** Node's own modules, without `node:`. Default: none. */
  readonly node?: readonly string[] | 'any';
}

const toDrive = ['model', 'drivers', 'clock', 'deadline', 'log'] as const;
const plugin = (...npm: string[]): Rule => ({
  sees: toDrive,
  npm: ['zod', ...npm],
  node: ['buffer', 'crypto', 'fs', 'fs/promises', 'net', 'os', 'path', 'string_decoder', 'util'],
});
const everythingButTop = [
  'model',
  'drivers',
  'clock',
  'deadline',
  'log',
  'config',
  'classify',
  'calendar',
  'forecast',
  'observe',
  'plan',
  'act',
  'journal',
  'history',
  'metrics',
  'whatif',
  'account',
  'notices',
  'service',
  'debug',
  'api',
] as const;

export const table: Readonly<Record<string, Rule>> = {
  model: { sees: [] },
  clock: { sees: [] },
  log: { sees: ['clock'], npm: ['pino'] },
  breath: { sees: ['model', 'clock'] },
  deadline: { sees: ['clock', 'drivers'] },
  classify: { sees: ['model'], npm: ['@marcbachmann/cel-js'] },
  plan: { sees: ['model'] },
  forecast: { sees: ['model'] },
  calendar: { sees: ['model'], npm: ['croner', 'ical.js'] },
  config: { sees: ['model', 'drivers', 'classify', 'calendar'], npm: ['zod', 'yaml', 'node-cron'], node: ['crypto', 'fs', 'fs/promises', 'net', 'os', 'path'] },
  drivers: { sees: ['model', 'clock', 'deadline', 'log'], npm: ['execa'], node: 'any' },
  observe: { sees: ['model', 'drivers', 'classify', 'clock', 'deadline', 'log'], node: ['worker_threads'] },
  act: { sees: ['model', 'drivers', 'journal', 'clock', 'deadline', 'log'], node: ['crypto'] },
  journal: { sees: ['model', 'drivers', 'clock', 'log'], npm: ['better-sqlite3'], node: ['crypto', 'fs', 'fs/promises', 'os', 'path', 'worker_threads'] },
  api: {
    sees: ['model', 'journal', 'history', 'plan', 'classify', 'config', 'log', 'clock', 'paths'],
    npm: ['fastify', 'zod', 'execa', 'better-sqlite3'],
    node: 'any',
  },
  whatif: { sees: ['model', 'drivers', 'clock', 'classify', 'observe', 'plan', 'api'], node: ['worker_threads'] },
  history: { sees: ['model', 'drivers', 'clock', 'log'], npm: ['better-sqlite3'], node: ['fs', 'path'] },
  metrics: { sees: ['model', 'journal', 'history', 'log'], npm: ['prom-client'], node: ['http'] },
  account: { sees: ['model', 'history'] },
  service: { sees: ['drivers', 'clock', 'deadline', 'log'] },
  debug: { sees: ['model', 'drivers', 'journal', 'observe', 'classify', 'plan'], node: ['fs/promises', 'zlib'] },
  notices: { sees: ['model', 'drivers', 'clock', 'deadline', 'log'], npm: ['better-sqlite3', 'nodemailer'], node: ['crypto', 'fs', 'fs/promises', 'path'] },
  images: {
    sees: ['model', 'drivers', 'clock', 'deadline', 'config', 'journal', 'paths'],
    npm: ['zod'],
    node: ['crypto', 'fs', 'fs/promises', 'os', 'path', 'stream/promises'],
  },
  hooks: { sees: ['model', 'drivers', 'clock', 'deadline', 'log'], node: ['crypto', 'fs', 'fs/promises', 'net', 'path'] },
  boot: { sees: ['model', 'drivers', 'journal', 'clock', 'deadline', 'log'], node: ['crypto', 'fs', 'fs/promises', 'net', 'path', 'stream/promises', 'tls'] },
  paths: { sees: [], node: ['fs', 'path', 'url'] },
  remembrance: { sees: ['model'] },
  chart: { sees: [] },
  loop: { sees: ['model', 'breath', 'remembrance', 'plan', 'observe', 'act', 'journal', 'drivers', 'clock', 'deadline', 'log'] },
  life: {
    sees: ['model', 'breath', 'config', 'classify', 'plan', 'observe', 'act', 'journal', 'drivers', 'clock', 'deadline', 'log', 'loop', 'remembrance'],
    node: ['crypto', 'events'],
  },
  daemon: { sees: [...everythingButTop, 'boot', 'hooks', 'loop', 'life', 'remembrance', 'paths'], npm: ['node-cron'], node: 'any' },
  sim: { sees: [...everythingButTop, 'chart', 'hooks', 'loop', 'life', 'remembrance', 'paths', 'daemon'], npm: ['ssh2', 'better-sqlite3'], node: 'any' },
  cli: {
    sees: [...everythingButTop, 'images', 'boot', 'hooks', 'loop', 'life', 'remembrance', 'paths', 'daemon', 'sim'],
    npm: ['commander', 'string-argv', 'yaml', 'better-sqlite3'],
    node: 'any',
  },
  bench: {
    sees: [...everythingButTop, 'breath', 'loop', 'life', 'remembrance', 'paths', 'daemon', 'sim'],
    npm: ['xml2js', 'better-sqlite3', 'playwright-core'],
    node: 'any',
  },
  xenlab: { sees: ['clock', 'sim'], npm: ['ssh2', 'vitest'], node: 'any' },
  'plugins/torque': plugin('saxes', 'xml2js'),
  'plugins/ssh': plugin('ssh2'),
  'plugins/xen': plugin(),
  'plugins/dnsmasq': plugin(),
  'plugins/maui': plugin(),
  'plugins/ipmi': plugin(),
  'plugins/classroom': plugin('ssh2'),
  'plugins/wol': { ...plugin(), node: ['dgram', 'net', 'os'] },
};

/** Files without clock, I/O, promise, randomness or locale; and so is every file of their own part that they import. */
export const pure: readonly RegExp[] = [
  /^src\/(model|classify|calendar|plan|chart)\//,
  /^src\/observe\/join\.ts$/,
  /^src\/history\/(contract|energy|gather|measure|runs|series|sketch)\.ts$/,
  /^src\/metrics\/progress\.ts$/,
  /^src\/account\//,
  /^src\/boot\/(arguments|chain|dhcp|exports|menus|moves|site|tree)\.ts$/,
  /^src\/notices\/(book|conditions|words)\.ts$/,
  /^src\/debug\/(record|replay)\.ts$/,
  /^plugins\/[^/]+\/(parse|commands)[^/]*\.ts$/,
];
/** What of Node's modules computes only: `module.name`. */
export const pureNode = /^(buffer\.Buffer|string_decoder\.StringDecoder|crypto\.(hash|createHash)|net\.isIP(v[46])?|crypto\.createHash)$/;

/** The one file that reads the time. */
export const timeReader = 'src/clock.ts';
/** The one file that imports by a name worked out at run time. */
export const dynamicImporter = 'src/drivers/plugin.ts';

/** Names that say nothing of what is inside. */
export const emptyNames = /^(utils?|helpers?|manager|common|misc|shared|lib)(-|\.|$)/;
export const longestFile = 300;
