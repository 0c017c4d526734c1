import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Failure } from '../drivers/failure.js';
import { readRecord, recordText, type TickRecord } from './record.js';

/** One file for whoever looks for a mistake: the last tick, the journal's newest events, the configuration without secrets. */
export interface Bundle {
  readonly record: TickRecord;
  /** domus.yaml as it was understood; settings that may be secret are left out. */
  readonly config: unknown;
  readonly about: { readonly madeAt: number; readonly domus: string; readonly node: string; readonly system: string };
}

const secretive = /pass|secret|token|credential|^key$|private|^url$|^user$|^argv$/i;
const leftOut = '(left out)';

/** The same, without the values of keys that may hold a secret. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, secretive.test(key) && typeof part !== 'number' ? leftOut : withoutSecrets(part)]),
  );
}

/** Largest bundle that is read, bytes unpacked. */
const mostBytes = 2 * 1024 ** 3;

/** Writes a new file, readable for its owner only. Raises Failure `exists`. */
export async function writeBundle(file: string, bundle: Bundle): Promise<number> {
  const packed = gzipSync(recordText(bundle));
  await writeFile(file, packed, { flag: 'wx', mode: 0o600 }).catch((thrown: NodeJS.ErrnoException) => {
    throw thrown.code === 'EEXIST' ? new Failure('exists', `${file} is there already: a bundle overwrites nothing`, { cause: thrown }) : thrown;
  });
  return packed.length;
}

/** Raises Failure `garbled` for what is no bundle, `absent` and `denied` where there is no file to read. */
export async function loadBundle(file: string): Promise<Bundle> {
  const packed = await readFile(file).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') throw new Failure('absent', `there is no bundle ${file}: "domus debug bundle FILE" makes one`, { cause: thrown });
    const why = { EACCES: 'it may not be read', EISDIR: 'it is a folder' }[thrown.code ?? ''] ?? thrown.message;
    throw new Failure('denied', `the bundle ${file} cannot be read: ${why}`, { cause: thrown });
  });
  try {
    const text = gunzipSync(packed, { maxOutputLength: mostBytes }).toString('utf8');
    const bundle = JSON.parse(text) as Bundle;
    return { ...bundle, record: readRecord(JSON.stringify(bundle.record)) };
  } catch (thrown) {
    throw new Failure('garbled', `${file} is no bundle of "domus debug bundle": ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
      cause: thrown,
    });
  }
}
