import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Attached } from './calendars.js';
import { type Checked, checkConfig, type Former } from './check.js';
import type { Problem } from './config.js';
import type { Source } from './document.js';

const decoder = new TextDecoder('utf-8', { fatal: true });
const codeOf = (thrown: unknown): string | undefined => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined);

function unreadable(file: string, thrown: unknown): Problem {
  const code = codeOf(thrown);
  const found =
    code === 'ENOENT' ? 'no such file or folder' : code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'bytes that are not UTF-8' : String(code ?? thrown);
  return { file, line: 1, column: 1, path: '', found, expected: code === 'ENOENT' ? 'it to exist' : 'a readable text file' };
}

async function readSource(path: string): Promise<Source | Problem> {
  try {
    return { path, text: decoder.decode(await readFile(path)) };
  } catch (thrown) {
    return unreadable(path, thrown);
  }
}

/** The folder of the environment files: `environments` of domus.yaml, beside it. */
function folderOf(file: string, text: string): string {
  const written: unknown = parseDocument(text, { prettyErrors: false }).get('environments');
  const folder = typeof written === 'string' && written !== '' ? written : 'environments';
  return folder.startsWith('/') ? folder : join(dirname(file), folder);
}

/** Names of the YAML files of a folder, in a fixed order; what editors leave behind (a leading dot or #) is none. */
async function listFolder(folder: string): Promise<readonly string[] | Problem> {
  try {
    const entries = await readdir(folder);
    return entries.filter((name) => /^[^.#].*\.ya?ml$/.test(name)).sort();
  } catch (thrown) {
    return unreadable(folder, thrown);
  }
}

/**
 * Reads and checks domus.yaml and every environment file: a frozen configuration, or all problems at once. Never raises.
 * `former`: environments that the journal remembers, so that one whose file is gone is drained instead of refused.
 */
export async function loadConfig(file: string, former?: Former): Promise<Checked> {
  const main = await readSource(file);
  if (!('text' in main)) return { ok: false, problems: [main] };
  const folder = folderOf(file, main.text);
  const names = await listFolder(folder);
  const listed = 'file' in names ? [] : names;
  const read = await Promise.all(listed.map((name) => readSource(join(folder, name))));
  const sources = read.filter((source): source is Source => 'text' in source);
  const broken: Problem[] = read.filter((source): source is Problem => !('text' in source));
  if ('file' in names) broken.push(names);
  const checked = checkConfig([main, ...sources], former, await attachedTo(file, main.text));
  if (broken.length === 0) return checked;
  return { ok: false, problems: checked.ok ? broken : [...broken, ...checked.problems] };
}

/** Larger files are refused. */
const mostCalendar = 4 << 20;

/** The files that calendars name, beside domus.yaml where they do not start with `/`. */
async function attachedTo(file: string, text: string): Promise<Attached> {
  const document = parseDocument(text, { prettyErrors: false });
  const calendars: unknown = document.errors.length > 0 ? undefined : readable(() => document.toJS({ maxAliasCount: 100 })?.calendars);
  const lists = Object.values(typeof calendars === 'object' && calendars !== null ? calendars : {}).flatMap((part: unknown) => {
    const { holidayFiles, reservedFiles } = (typeof part === 'object' && part !== null ? part : {}) as Readonly<Record<string, unknown>>;
    return [holidayFiles, reservedFiles].filter((list): list is unknown[] => Array.isArray(list)).flat();
  });
  const names = [...new Set(lists.filter((name): name is string => typeof name === 'string' && name !== ''))];
  return new Map(await Promise.all(names.map(async (name) => [name, await readCalendar(resolve(dirname(file), name))] as const)));
}

/** Undefined for an alias of nothing, or of too much: the check says so. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ReferenceError) return undefined;
    throw thrown;
  }
}

async function readCalendar(path: string): Promise<{ readonly text: string } | { readonly unreadable: string }> {
  const read = await readSource(path);
  if (!('text' in read)) return { unreadable: read.found };
  return read.text.length > mostCalendar ? { unreadable: 'larger than 4MiB' } : { text: read.text };
}

/** Folder of the journal as domus.yaml says, even when the rest of it is wrong: for who must ask the journal before the check. Absent when it cannot be read. */
export async function stateFolderOf(file: string): Promise<string | undefined> {
  const main = await readSource(file);
  if (!('text' in main)) return undefined;
  const written: unknown = parseDocument(main.text, { prettyErrors: false }).get('state') ?? '/var/lib/domus';
  return typeof written === 'string' ? resolve(dirname(file), written) : undefined;
}
