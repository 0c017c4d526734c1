import { readdirSync, readFileSync } from 'node:fs';
import { readList } from '../../../plugins/torque/parse.js';
import type { JobList } from '../../../src/drivers/job-lists.js';
import type { Job } from '../../../src/model/job.js';

const folder = new URL('../../fixtures/torque/', import.meta.url);

/** All recorded files. */
export const fixtureNames: readonly string[] = readdirSync(folder).sort();
export const bytesOf = (name: string): Buffer => readFileSync(new URL(name, folder));
export const textOf = (name: string): string => bytesOf(name).toString('utf8');

/** A list of jobs, fed in pieces of so many bytes. */
export function jobsOf(bytes: Uint8Array, pieceBytes = 64 * 1024, nodes: readonly string[] = []): JobList {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) => bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes));
  return readList('main', nodes, pieces);
}

export function jobNamed(list: JobList, name: string): Job {
  const job = list.jobs.find((j) => j.name === name || j.id === `${name}.torque.example.org`);
  if (job === undefined) throw new Error(`no job ${name}`);
  return job;
}

/** One block of errors.txt. */
export interface Recorded {
  readonly argv: readonly string[];
  readonly user: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The section: `up`, `server stopped`, `trqauthd stopped`. */
  readonly while: 'up' | 'server stopped' | 'trqauthd stopped';
}

export function recordedErrors(): readonly Recorded[] {
  const found: Recorded[] = [];
  let section: Recorded['while'] = 'up';
  for (const block of textOf('errors.txt').split(/\n(?=\$ |====)/)) {
    if (block.startsWith('====')) section = block.includes('trqauthd not running') ? 'trqauthd stopped' : 'server stopped';
    const head = /\$ (.*?) {3}\(as (\w+)\)\nexit (\d+)/.exec(block);
    if (head === null) continue;
    const said = (stream: string): string =>
      block
        .split('\n')
        .filter((line) => line.startsWith(`${stream}: `))
        .map((line) => `${line.slice(stream.length + 2)}\n`)
        .join('');
    found.push({
      argv: (head[1] ?? '').split(' '),
      user: head[2] ?? '',
      exit: Number(head[3]),
      stdout: said('stdout'),
      stderr: said('stderr'),
      while: section,
    });
  }
  return found;
}
