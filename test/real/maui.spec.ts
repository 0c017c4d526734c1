import process from 'node:process';
import { describe } from 'vitest';
import { plugin } from '../../plugins/maui/index.js';
import { systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { silentLog } from '../../src/log.js';
import { schedulerContract } from '../contract/scheduler.js';
import { RealBench } from './bench.js';
import { runningAs } from './shells.js';
import { realSite } from './site.js';

const site = realSite();
const bin = process.env['DOMUS_TORQUE_MAUI'];

/** Beside a Maui as it is shipped (`DEFERTIME 1:00:00`, no limit of a user): docs/torque.md tells what it needs. */
describe.skipIf(bin === undefined)('a real Maui', () => {
  schedulerContract('the Maui plugin over a real server', async (context) => {
    const bench = await new RealBench(site, context).open();
    const shell = runningAs(site.operator, execaShell(systemClock));
    const scheduler = plugin.create(
      { ...(bin === undefined ? {} : { bin }), reasonsAtOnce: 5, maxOutputMiB: 16 },
      { shell, clock: systemClock, log: silentLog, name: 'main' },
    );
    return Object.assign(bench, { scheduler });
  });
});
