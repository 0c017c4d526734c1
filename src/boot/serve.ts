import { watch } from 'node:fs';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { Failure } from '../drivers/failure.js';
import type { Log } from '../log.js';
import { counts } from '../model/boot.js';
import { firstChoice } from './choosing.js';
import { Door } from './door.js';
import type { BootParts, BootServer } from './server.js';

/** Looked at anew at least this often, whatever the folders' watches say. */
const longestPauseMs = 30_000;
/** Records often change together. */
const settleMs = 50;

export interface ServeParts {
  readonly server: BootServer;
  readonly clock: Clock;
  readonly log: Log;
  readonly authorizedKeys: () => Promise<string>;
  /** New parts where the configuration changed. Raises where it is no good; then the former goes on. */
  readonly reload?: () => Promise<BootParts | undefined>;
  readonly signal: AbortSignal;
}

/**
 * The boot server's own process: the door, and a publisher that follows choices and hosts. It publishes when a record
 * changed and when something is due. Resolves when the signal ends it; raises what makes it unable to begin.
 */
export async function serveBoot({ server, clock, log, authorizedKeys, reload, signal }: ServeParts): Promise<void> {
  const { settings } = server.parts;
  await server.records.prepare();
  const asked = join(settings.folder, 'asked');
  await mkdir(asked, { recursive: true });
  let awake = new AbortController();
  const wake = (): void => awake.abort();
  const door = new Door({ server, clock, log, authorizedKeys, changed: wake });
  await reload?.(); // its marks, from now on
  await server.publish({ again: true });
  await door.open(settings.server, settings.port);
  const watches = [join(server.records.folder, 'choice'), server.records.folder, asked].map((folder) => watch(folder, wake));
  signal.addEventListener('abort', wake, { once: true });
  log.info({ server: settings.server, port: settings.port }, 'serves boots');
  try {
    while (!signal.aborted) {
      await follow(server, reload, log);
      const due = await step(server, door, asked, log).catch(async (thrown) => {
        log.error({ why: whyOf(thrown) }, 'cannot publish');
        await server.withdraw(await door.settle()).catch((worse) => log.error({ why: whyOf(worse) }, 'cannot close the store to hosts that are gone'));
        return undefined;
      });
      const pauseMs = Math.min(longestPauseMs, Math.max(settleMs, (due ?? Number.POSITIVE_INFINITY) - clock.wall()));
      await clock.sleep(pauseMs, awake.signal);
      awake = new AbortController();
      if (!signal.aborted) await clock.sleep(settleMs);
    }
  } finally {
    for (const each of watches) each.close();
    await door.close();
  }
}

const whyOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

async function follow(server: BootServer, reload: ServeParts['reload'], log: Log): Promise<void> {
  try {
    const parts = await reload?.();
    if (parts === undefined) return;
    const { server: address, port, folder } = server.parts.settings;
    server.follow(parts);
    log.info({}, 'follows the changed configuration');
    const now = parts.settings;
    if (now.server !== address || now.port !== port || now.folder !== folder)
      log.warn({}, 'its address, port or folder changed: that wants a restart of domus boot serve');
  } catch (thrown) {
    log.error({ why: whyOf(thrown) }, 'the changed configuration is no good: the former counts on');
  }
}

/** Gives hosts their first choice, shuts out whose boot no longer counts, publishes, and tells when something changes by itself. */
async function step(server: BootServer, door: Door, asked: string, log: Log): Promise<number | undefined> {
  const { clock } = server.parts;
  const lost = await door.settle();
  if (lost.size > 0) throw new Failure('uncertain', `what became of ${[...lost].join(', ')} cannot be written down`);
  const known = await server.known();
  const byAddress = new Map(known.map(({ host }) => [host.address, host.name]));
  for (const address of await readdir(asked)) {
    await unlink(join(asked, address));
    const name = byAddress.get(address);
    if (name !== undefined) door.suspect(name).catch((thrown) => log.warn({ host: name, why: String(thrown) }, 'cannot look whether a host is gone'));
  }
  for (const { host, choice, seen, problem } of known) {
    if (problem !== undefined) {
      log.error({ host: host.name, why: problem }, 'a host is left out, its store closed');
      continue;
    }
    const fresh = firstChoice({ state: host.state, choice, seen }, host.boot, clock.wall());
    if (fresh !== undefined) await server.records.putChoice(host.name, fresh);
    if (seen !== undefined && !counts(choice, seen)) await door.shutOut(host.name);
  }
  const { changed, told } = await server.publish();
  if (changed.length > 0) log.info({ files: changed.length, told }, 'published');
  const dues = (await server.known()).flatMap(({ host }) => (host.state.due === undefined ? [] : [host.state.due]));
  return dues.length === 0 ? undefined : Math.min(...dues);
}
