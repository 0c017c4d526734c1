import { describe, expect, it } from 'vitest';
import { breaches } from './breaches.js';

const planted = (path: string, source: string): readonly string[] => breaches(new Map([[path, source]]));

/** Path, source, and what the one sentence about it must hold. */
const breachesPlanted: readonly (readonly [string, string, string])[] = [
  ['src/model/size.ts', "import { x } from '../plan/plan.js';", 'model does not see plan'],
  ['src/model/size.ts', "import type { Clock } from '../clock.js';", 'model does not see clock'],
  ['src/model/size.ts', "import { type Clock } from '../clock.js';", 'model does not see clock'],
  ['src/model/size.ts', "export type C = import('../clock.js').Clock;", 'model does not see clock'],
  ['src/model/size.ts', "export type { Clock } from '../clock.js';", 'model does not see clock'],
  ['src/model/size.ts', "export * from '../clock.js';", 'model does not see clock'],
  ['src/model/size.ts', "import '../clock.js';", 'model does not see clock'],
  ['src/plan/plan.ts', "import { Failure } from '../drivers/failure.js';", 'plan does not see drivers'],
  ['src/api/routes.ts', "import { act } from '../act/act.js';", 'api does not see act'],
  ['src/api/routes.ts', "import type { Batch } from '../drivers/batch.js';", 'api does not see drivers'],
  ['src/act/act.ts', "import { plan } from '../plan/plan.js';", 'act does not see plan'],
  ['src/daemon.ts', "import { lab } from './sim/lab.js';", 'daemon does not see sim'],
  ['src/daemon.ts', "import { plugin } from '../plugins/torque/index.js';", 'daemon does not see plugins/torque'],
  ['plugins/xen/index.ts', "import { parse } from '../torque/parse.js';", 'plugins/xen does not see plugins/torque'],
  ['plugins/xen/index.ts', "import type { World } from '../../src/plan/plan.js';", 'plugins/xen does not see plan'],
  ['plugins/xen/index.ts', "import { Client } from 'ssh2';", 'plugins/xen does not see the package ssh2'],
  ['plugins/xen/index.ts', "import { exec } from 'node:child_process';", 'plugins/xen does not see node:child_process'],
  ['src/config/load.ts', "import thing from '@some/thing/deep';", 'config does not see the package @some/thing'],
  ['src/novelty/index.ts', 'export {};', 'part novelty is not in the table'],
  ['src/novelty.ts', 'export {};', 'part novelty is not in the table'],
  ['plugins/slurm/index.ts', 'export {};', 'part plugins/slurm is not in the table'],
  ['src/cli/main.ts', "export const x = await import('./table.js');", 'imports dynamically'],
  ['src/cli/main.ts', 'export const at = Date.now();', 'reads the time: Date.now'],
  ['src/cli/main.ts', 'export const at = new Date();', 'reads the time: new Date()'],
  ['src/cli/main.ts', 'export const at = Date();', 'reads the time: Date()'],
  ['src/cli/main.ts', 'export const { now } = Date; export const at = performance.now();', 'reads the time: performance.now'],
  ['src/cli/main.ts', 'setTimeout(() => undefined, 5);', 'reads the time: setTimeout'],
  ['src/cli/main.ts', 'export const later = setInterval;', 'reads the time: setInterval'],
  ['src/cli/main.ts', 'export const at = process.hrtime.bigint();', 'reads the time: process.hrtime'],
  ['src/cli/main.ts', 'export const at = Temporal.Now.instant();', 'reads the time: Temporal.Now'],
  ['src/cli/main.ts', 'export const signal = AbortSignal.timeout(5);', 'reads the time: AbortSignal.timeout'],
  ['src/cli/main.ts', 'export const at = globalThis.performance;', 'reads the time: globalThis.performance'],
  ['src/cli/main.ts', "import { setTimeout } from 'node:timers/promises';", 'reads the time: node:timers/promises'],
  ['src/cli/main.ts', "import { performance } from 'node:perf_hooks';", 'reads the time: node:perf_hooks'],
  ['src/plan/plan.ts', 'export const x = Math.random();', 'not pure: Math.random'],
  ['src/plan/plan.ts', 'export async function plan(): void {}', 'not pure: async'],
  ['src/plan/plan.ts', 'export const plan = (): Promise<number> => later();', 'not pure: Promise'],
  ['src/plan/plan.ts', 'export const all = Promise.all([]);', 'not pure: Promise.all'],
  ['src/plan/plan.ts', 'export const mode = process.env.MODE;', 'not pure: process.env'],
  ['src/plan/plan.ts', 'export const order = (a: string, b: string) => a.localeCompare(b);', 'not pure: localeCompare'],
  ['src/plan/plan.ts', 'export const shown = (n: number) => n.toLocaleString();', 'not pure: toLocaleString'],
  ['src/plan/plan.ts', 'console.log(1);', 'not pure: console.log'],
  ['src/observe/join.ts', "import { readFileSync } from 'node:fs';", 'not pure: fs.readFileSync'],
  ['plugins/torque/parse.ts', "import { readFileSync } from 'node:fs';", 'not pure: fs.readFileSync'],
  ['plugins/torque/parse.ts', "import * as fs from 'node:fs';\nexport const text = fs.readFileSync('x');", 'not pure: fs.readFileSync'],
  ['plugins/torque/parse.ts', "import fs from 'node:fs';\nexport const handed = [fs];", 'not pure: fs.*'],
  ['plugins/torque/parse.ts', "import crypto from 'node:crypto';\nexport const luck = crypto.randomBytes(4);", 'not pure: crypto.randomBytes'],
  ['plugins/torque/parse.ts', "import 'node:fs';", 'not pure: fs.*'],
  ['plugins/torque/parse.ts', "export * from 'node:fs';", 'not pure: fs.*'],
  ['plugins/torque/parse.ts', "import { connect, isIP } from 'node:net';", 'not pure: net.connect'],
  ['plugins/torque/commands.ts', 'export const stamp = crypto.randomUUID();', 'not pure: crypto.randomUUID'],
  ['plugins/torque/index.ts', 'export default {};', 'default export'],
  ['plugins/torque/index.ts', 'const plugin = {}; export { plugin as default };', 'default export'],
  ['src/cli/one/two/deep.ts', 'export {};', 'more than two folders deep'],
  ['src/cli/utils.ts', 'export {};', 'the name utils.ts says nothing'],
  ['src/cli/helpers/table.ts', 'export {};', 'the name helpers says nothing'],
  ['src/cli/long.ts', 'export {};\n'.repeat(301), '301 lines'],
];

/** Looks like a breach, and is none. */
const innocent: readonly (readonly [string, string])[] = [
  ['src/plan/plan.ts', '/** Never calls Date.now() or setTimeout(). */\nexport const said = "new Date() in a string: Math.random()";'],
  ['src/plan/plan.ts', 'export const at = (ms: number) => new Date(ms).toISOString() + Date.UTC(2026, 0);'],
  ['src/plan/plan.ts', 'export interface Lap { readonly performance: number; process(): void }'],
  ['src/plan/plan.ts', 'export const shown = (process: { env: string }) => process.env;'],
  ['src/plan/plan.ts', "import type { World } from '../model/world.js';\nexport * from './demand.js';"],
  ['src/cli/main.ts', 'export const patient = (socket: { setTimeout(ms: number): void }) => socket.setTimeout(5);'],
  ['src/cli/main.ts', "import { lab } from '../sim/lab.js';\nexport const run = async () => lab();"],
  ['plugins/torque/commands.ts', "import { isIP, isIPv4 } from 'node:net';"],
  ['plugins/torque/parse.ts', "import crypto from 'node:crypto';\nexport const sum = (b: Buffer) => crypto.createHash('sha256').update(b).digest('hex');"],
  ['src/clock.ts', 'export const now = () => Date.now(); setTimeout(now, 5);'],
  ['src/drivers/plugin.ts', 'export const load = (name: string) => import(name);'],
  [
    'plugins/torque/index.ts',
    "import { SaxesParser } from 'saxes';\nimport { parse } from './parse.js';\nimport type { Batch } from '../../src/drivers/batch.js';",
  ],
  ['src/cli/long.ts', 'export {};\n'.repeat(300)],
];

describe('the test of the layers', () => {
  it.each(breachesPlanted)('catches in %s: %s', (path, source, sentence) => {
    const found = planted(path, source);
    expect(
      found.some((breach) => breach.startsWith(path) && breach.includes(sentence)),
      found.join('\n'),
    ).toBe(true);
  });

  it('follows a pure file into what it imports', () => {
    const sources = new Map([
      ['src/observe/join.ts', "import { seats } from './seats.js';"],
      ['src/observe/seats.ts', "export { mend } from './mend.js';"],
      ['src/observe/mend.ts', 'export const mend = Math.random();'],
      ['src/observe/poller.ts', 'export const luck = Math.random();'],
    ]);
    expect(breaches(sources)).toEqual(['src/observe/mend.ts:1: not pure: Math.random']);
  });

  it.each(innocent)('lets pass in %s: %s', (path, source) => {
    expect(planted(path, source)).toEqual([]);
  });
});
