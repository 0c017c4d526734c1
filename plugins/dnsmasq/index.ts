import { open, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { NameEntry, Names } from '../../src/drivers/names.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import { filesOf } from './commands.js';
import { parseFiles } from './parse.js';

const path = z.string().regex(/^\/[^\0\n]{1,250}$/, 'an absolute path');

const dnsmasqConfig = z.strictObject({
  /** dnsmasq's `dhcp-hostsfile` and `addn-hosts`. Both are written whole: they must hold nothing else. */
  dhcpFile: path,
  hostsFile: path,
  /** Named in the files' first line, and checked there: the files of another deployment are not overwritten. */
  deployment: z.string().regex(/^[A-Za-z0-9_.-]{1,40}$/),
  /** dnsmasq's pid file: told by SIGHUP to read the files anew. Absent: it watches them itself (`dhcp-hostsdir`). */
  pidFile: path.optional(),
  /** Name of the process that the pid must be of. */
  process: z.string().min(1).max(15).default('dnsmasq'),
});
export type DnsmasqConfig = z.infer<typeof dnsmasqConfig>;

const codes: Readonly<Record<string, FailureKind>> = {
  ENOENT: 'absent',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  ESRCH: 'absent',
};
const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '');

function failed(what: string, thrown: unknown): Failure {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure(codes[codeOf(thrown)] ?? 'uncertain', `${what}: ${why}`, { cause: thrown });
}

/** The text, or undefined where no file is. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw failed(`cannot read ${file}`, thrown);
  }
}

/** A reader sees the old text or the new one; after a power cut too. */
async function replace(file: string, text: string): Promise<void> {
  const fresh = join(dirname(file), `.${basename(file)}.domus-new`);
  try {
    const handle = await open(fresh, 'w', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
    const folder = await open(dirname(file));
    await folder.sync().finally(() => folder.close());
  } catch (thrown) {
    await unlink(fresh).catch(() => undefined); // it may not even have been made
    throw failed(`cannot write ${file}`, thrown);
  }
}

class Dnsmasq implements Names {
  readonly #config: DnsmasqConfig;
  /** Told anew once by each life: the last one may have ended between writing and telling. */
  #tellOwed = true;
  #before: Promise<unknown> = Promise.resolve();

  constructor(config: DnsmasqConfig) {
    this.#config = config;
  }

  publish(entries: readonly NameEntry[], signal: AbortSignal): Promise<boolean> {
    const turn = this.#before.then(() => this.#publish(entries, signal));
    this.#before = turn.catch(() => undefined); // its own caller hears of it
    return turn;
  }

  async published(signal: AbortSignal): Promise<readonly NameEntry[]> {
    if (signal.aborted) throw new Failure('cancelled', 'reading the published names: cancelled');
    const { dhcpFile, hostsFile } = this.#config;
    return parseFiles((await this.#own(dhcpFile)) ?? '', (await this.#own(hostsFile)) ?? '');
  }

  async #publish(entries: readonly NameEntry[], signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) throw new Failure('cancelled', 'publishing names: cancelled');
    const { dhcpFile, hostsFile, deployment } = this.#config;
    const wanted = filesOf(entries, deployment);
    let changed = false;
    for (const [file, text] of [
      [hostsFile, wanted.hosts],
      [dhcpFile, wanted.dhcp],
    ] as const) {
      if ((await this.#own(file)) === text) continue;
      await replace(file, text);
      changed = true;
    }
    this.#tellOwed ||= changed;
    if (this.#tellOwed) await this.#tell();
    this.#tellOwed = false;
    return changed;
  }

  /** The file's text when it is ours, empty or missing. */
  async #own(file: string): Promise<string | undefined> {
    const text = await textOf(file);
    if (text === undefined || text.trim() === '') return undefined;
    const ours = text.startsWith(`# Written by Domus (deployment ${this.#config.deployment})`);
    if (!ours) throw new Failure('refused', `${file} was not written by this deployment: give Domus a file of its own, or empty it`);
    return text;
  }

  async #tell(): Promise<void> {
    const { pidFile, process: name } = this.#config;
    if (pidFile === undefined) return;
    const text = (await textOf(pidFile))?.trim();
    if (text === undefined || !/^[1-9]\d{0,9}$/.test(text) || text === '1') throw new Failure('absent', `${name} does not run: no process in ${pidFile}`);
    const running = (await textOf(`/proc/${text}/comm`))?.trim();
    if (running !== name) throw new Failure('absent', `${name} does not run: process ${text} of ${pidFile} is ${running ?? 'not there'}`);
    try {
      process.kill(Number(text), 'SIGHUP');
    } catch (thrown) {
      throw failed(`cannot tell ${name} to read its files`, thrown);
    }
  }
}

export const plugin: Plugin<'names', DnsmasqConfig> = {
  name: 'dnsmasq',
  kind: 'names',
  contract: 1,
  config: dnsmasqConfig,
  create: (config) => new Dnsmasq(config),
};
