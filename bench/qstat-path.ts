/** One way of reading a long list of jobs, in a process of its own so that its peak of memory is its own: `qstat-path.js WAY FILE...`, one line of JSON. */

import { Parser } from 'xml2js';
import { systemClock } from '../src/clock.js';
import { execaShell } from '../src/drivers/execa-shell.js';
import { ListingThread } from '../src/drivers/listing-thread.js';

/** What one reading cost: processor time of all threads of the process, peak of memory since its start, longest time its loop did not turn. */
export interface Cost {
  readonly jobs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly stallMs: number;
}

type Way = (file: string) => Promise<number>;
const maxBytes = 1024 ** 3;
const { signal } = new AbortController();
const shell = execaShell(systemClock);

async function pieces(file: string, take: (piece: Uint8Array) => void): Promise<void> {
  const { chunks, end } = shell.stream(['cat', file], { signal, maxBytes });
  for await (const piece of chunks) take(piece);
  await end;
}

/** Only the bytes, counting records: what nobody can be cheaper than. */
const bytes: Way = async (file) => {
  let read = 0;
  await pieces(file, (piece) => {
    read += piece.length;
  });
  return read > 0 ? 0 : -1;
};

const wanted = ['Job_Id', 'Job_Name', 'Job_Owner', 'job_state', 'queue', 'ctime', 'etime', 'start_time', 'exec_host', 'Hold_Types', 'Rerunable', 'egroup'];
type Element = Readonly<Record<string, readonly unknown[]>>;

/** The whole text, then the whole tree, then the fields of each job. */
const xml2js: Way = async (file) => {
  const parts: Uint8Array[] = [];
  await pieces(file, (piece) => parts.push(piece));
  let found: readonly Element[] = [];
  const take = (error: Error | null, tree: { readonly Data: { readonly Job: readonly Element[] } }): void => {
    if (error !== null) throw error;
    found = tree.Data.Job;
  };
  new Parser({ explicitArray: true, async: false }).parseString(Buffer.concat(parts).toString('utf8'), take);
  return found.map((element) => [...wanted.map((name) => element[name]?.[0]), element['Resource_List']?.[0]]).length;
};

async function domus(): Promise<Way> {
  const lists = new ListingThread({ plugin: 'torque', source: 'main' }, systemClock);
  // the thread is there before the first list, as the other ways have loaded what they need
  await lists.read(['echo', '<Data></Data>'], [], { signal });
  return async (file) => (await lists.read(['cat', file], [], { signal, maxBytes })).list?.jobs.length ?? -1;
}

/** Turns the loop without pause and notes the longest time it did not. */
async function watchLoop(over: AbortSignal): Promise<number> {
  let longest = 0;
  let last = systemClock.mono();
  while (!over.aborted) {
    await systemClock.sleep(1);
    const now = systemClock.mono();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }
  return longest;
}

async function measured(way: Way, file: string): Promise<Cost> {
  const over = new AbortController();
  const loop = watchLoop(over.signal);
  const before = process.cpuUsage();
  const from = systemClock.mono();
  const jobs = await way(file);
  const wallMs = systemClock.mono() - from;
  const { user, system } = process.cpuUsage(before);
  over.abort();
  return { jobs, wallMs, cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024, stallMs: await loop };
}

const [name = '', ...files] = process.argv.slice(2);
const way = name === 'domus' ? await domus() : name === 'xml2js' ? xml2js : bytes;
const costs: Cost[] = [];
for (const file of files) costs.push(await measured(way, file));
process.stdout.write(`${JSON.stringify(costs)}\n`, () => process.exit(0));
