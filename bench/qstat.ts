import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changedIn, jobs, writeList } from './qstat-list.js';
import type { Cost } from './qstat-path.js';

/** One way of reading, in its own process. */
function costs(way: string, files: readonly string[]): Promise<readonly Cost[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./qstat-path.js', import.meta.url)), way, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(JSON.parse(said) as Cost[]) : reject(new Error(`reading by ${way} ended with ${code}`))));
  });
}

const round = (figure: number): number => Math.round(figure * 10) / 10;

function named(name: string, cost: Cost | undefined): Readonly<Record<string, number>> {
  if (cost === undefined) return {};
  return {
    [`${name}WallMs`]: round(cost.wallMs),
    [`${name}CpuMs`]: round(cost.cpuMs),
    [`${name}PeakMiB`]: round(cost.peakMiB),
    [`${name}StallMs`]: round(cost.stallMs),
  };
}

/**
 * 100,000 jobs as `qstat -t -x` prints them, read by Domus (first poll, second with 2 % changed, third with nothing
 * changed), by xml2js, and as plain bytes. The loop's longest stall in plain reading is what the machine itself adds.
 */
async function run(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'domus-qstat-'));
  try {
    const one = join(folder, 'first.xml');
    const two = join(folder, 'second.xml');
    const bytes = writeList(one, 1);
    writeList(two, 2);
    const [plain] = await costs('bytes', [one]);
    const [first, second, third] = await costs('domus', [one, two, two]);
    const [tree] = await costs('xml2js', [one]);
    if (first?.jobs !== jobs || second?.jobs !== jobs || tree?.jobs !== jobs) throw new Error('not every job was read');
    return {
      ...{ jobs, bytes, changedJobs: changedIn(2) },
      ...named('first', first),
      ...named('second', second),
      ...named('unchanged', third),
      ...named('xml2js', tree),
      ...named('bytes', plain),
      firstTimesLessCpu: round(tree.cpuMs / first.cpuMs),
      secondTimesLessCpu: round(tree.cpuMs / second.cpuMs),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const bench = { name: 'qstat', run };
