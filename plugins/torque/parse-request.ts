import type { Chunk, ResourceRequest } from '../../src/model/job.js';
import { count, durationMs, mebibytes } from './parse-text.js';

/** Resources that do not change where a job fits. `neednodes` is what the server made of `nodes`, and only shown to managers. */
const harmless = new Set(['neednodes', 'nodect', 'cput', 'pcput', 'nice', 'file', 'software', 'prologue', 'epilogue', 'qos', 'signal']);
const served = new Set(['nodes', 'procs', 'mem', 'vmem', 'pmem', 'pvmem', 'walltime']);

/** Is this word of `nodes=` a host rather than a property? */
export type IsHost = (word: string) => boolean;

/** A name is a host when it is a listed node, or contains a dot. */
export const hostAmong =
  (nodes: ReadonlySet<string>): IsHost =>
  (word) =>
    word.includes('.') || nodes.has(word);

/**
 * A job's `Resource_List`, whole. What we do not serve is named in `unsupported` as the user wrote it; `extras` are
 * such names found outside the list (`-W x=...`).
 */
export function parseRequest(resources: ReadonlyMap<string, string>, isHost: IsHost, extras: readonly string[] = []): ResourceRequest {
  const unsupported = [...extras];
  const read = <T>(key: string, reader: (text: string) => T | undefined): T | undefined => {
    const text = resources.get(key);
    if (text === undefined) return undefined;
    const value = reader(text);
    if (value === undefined) unsupported.push(`${key}=${text}`);
    return value;
  };
  const chunks = read('nodes', (text) => parseNodes(text, isHost, unsupported)) ?? [];
  const procs = read('procs', (text) => positive(count(text)));
  const [mem, vmem, pmem, pvmem] = ['mem', 'vmem', 'pmem', 'pvmem'].map((key) => read(key, mebibytes));
  // the virtual sizes are limits: they count as memory only where the physical one is not asked for
  const memoryMiB = mem ?? vmem;
  const memoryPerProcMiB = pmem ?? pvmem;
  const walltimeMs = read('walltime', durationMs);
  for (const [key, text] of resources) {
    if (served.has(key) || harmless.has(key) || (key === 'ncpus' && text === '1')) continue;
    unsupported.push(`${key}=${text}`);
  }
  return {
    chunks,
    ...(procs === undefined ? {} : { procs }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(memoryPerProcMiB === undefined ? {} : { memoryPerProcMiB }),
    ...(walltimeMs === undefined ? {} : { walltimeMs }),
    unsupported,
  };
}

const positive = (n: number | undefined): number | undefined => (n !== undefined && n > 0 ? n : undefined);

/** `2:ppn=2:sl5+1:sl6:bigmem`: every `+` part; undefined when it cannot be read. */
function parseNodes(text: string, isHost: IsHost, unsupported: string[]): readonly Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (const part of text.split('+')) {
    const chunk = parseChunk(part, isHost, unsupported);
    if (chunk === undefined) return undefined;
    chunks.push(chunk);
  }
  return chunks;
}

/** `[count:]word...` where a word is a property, `ppn=N`, or something we do not serve. */
function parseChunk(part: string, isHost: IsHost, unsupported: string[]): Chunk | undefined {
  const words = part.trim().split(':');
  const counted = /^\d+$/.test(words[0] ?? '');
  const nodes = counted ? positive(count(words.shift())) : 1;
  let ppn: number | undefined = 1;
  const properties: string[] = [];
  for (const word of words) {
    if (word.startsWith('ppn=')) ppn = positive(count(word.slice('ppn='.length)));
    else if (isHost(word)) unsupported.push(`host ${word}`);
    else if (/^[A-Za-z_][\w-]*$/.test(word)) properties.push(word);
    else if (word !== '') unsupported.push(word);
    else return undefined;
  }
  return nodes === undefined || ppn === undefined ? undefined : { count: nodes, ppn, properties };
}
