import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AccountingReader, looksLikeAccounting } from './accounting.js';
import { eachLine } from './lines.js';
import { Findings, type Log, type LogReader, type Place } from './logged.js';
import { looksLikeSwf, SwfReader } from './swf.js';

/** A log that cannot be used, as a sentence that says what to do. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

const accountingName = /^\d{8}(\.gz)?$/;
/** So many lines that are nothing known, and a file is of neither format. */
const mostUnknown = 100;

/** Recognises the format by the first line that is one, and hands every line on. */
class Recogniser {
  readonly findings = new Findings();
  readonly #coresPer: number;
  #reader: LogReader | undefined;
  #unknown: { text: string; place: Place }[] = [];
  constructor(coresPer: number) {
    this.#coresPer = coresPer;
  }
  take(text: string, place: Place): void {
    if (this.#reader === undefined && text.trim() !== '') this.#recognise(text, place);
    this.#reader?.take(text, place);
  }
  #recognise(text: string, place: Place): void {
    if (looksLikeAccounting(text)) this.#reader = new AccountingReader(this.findings);
    else if (looksLikeSwf(text)) this.#reader = new SwfReader(this.findings, this.#coresPer);
    else if (this.#unknown.push({ text, place }) > mostUnknown) throw unknown(this.#unknown[0]);
    if (this.#reader !== undefined) for (const each of this.#unknown) this.#reader.take(each.text, each.place);
  }
  end(): ReturnType<LogReader['end']> | undefined {
    if (this.#reader === undefined && this.#unknown.length > 0) throw unknown(this.#unknown[0]);
    return this.#reader?.end();
  }
}

const unknown = (first: { readonly text: string; readonly place: Place } | undefined): LogError =>
  new LogError(
    `${first?.place.file} is neither in the Standard Workload Format nor a TORQUE accounting log (server_priv/accounting/YYYYMMDD); line ${first?.place.line} reads ${JSON.stringify(first?.text.slice(0, 60))}`,
  );

/** The files a path means: itself, or in a folder the accounting logs by their names, oldest first. */
async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    throw new LogError(thrown.code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read: ${thrown.message}`, { cause: thrown });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => accountingName.test(name)).sort();
  if (names.length === 0)
    throw new LogError(`folder ${path} holds no accounting log (files named YYYYMMDD or YYYYMMDD.gz); name the file where it is called otherwise`);
  return names.map((name) => join(path, name));
}

async function readFile(file: string, recogniser: Recogniser): Promise<void> {
  let last = 0;
  try {
    const broken = await eachLine(file, (text, line) => {
      last = line;
      recogniser.take(text, { file, line });
    });
    if (broken !== undefined) recogniser.findings.bad({ file, line: last + 1 }, broken);
  } catch (thrown) {
    if (thrown instanceof LogError) throw thrown;
    throw new LogError(`${file} cannot be read: ${(thrown as Error).message}`, { cause: thrown });
  }
}

const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.(swf|txt|log)$/, '') || path;

/**
 * Reads logs of one format, plain or gzip: files, or folders of TORQUE accounting logs. Bad lines are counted and the first of them named.
 * Rejects with a `LogError` where a path cannot be read, the format is none that is known, or no job is left.
 */
export async function readLog(paths: readonly string[], coresPer = 1): Promise<Log> {
  const recogniser = new Recogniser(coresPer);
  for (const path of paths) for (const file of await filesOf(path)) await readFile(file, recogniser);
  const read = recogniser.end();
  const { dropped, badLines: bad } = recogniser.findings;
  const name = paths.map(nameOf).join(', ');
  if (read === undefined || read.jobs.length === 0) throw nothing(name, dropped, bad);
  return { name, ...read, dropped, bad };
}

function nothing(name: string, dropped: Readonly<Record<string, number>>, bad: Log['bad']): LogError {
  const reasons = Object.entries(dropped).map(([reason, times]) => `${times} ${reason}`);
  if (bad.count > 0) reasons.push(`${bad.count} lines that cannot be read, the first at ${bad.first[0]}`);
  return new LogError(`${name} holds no job that ran${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`);
}
