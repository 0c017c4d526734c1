import type { Command } from 'commander';
import { Argument } from 'commander';
import { chainTexts } from '../boot/chain.js';
import { Chooser } from '../boot/chooser.js';
import { examineHost } from '../boot/examine.js';
import { besideOverlays } from '../boot/one-disk.js';
import { changedPaths, published } from '../boot/publish.js';
import { serveBoot } from '../boot/serve.js';
import type { KnownHost } from '../boot/server.js';
import { localTime } from '../clock.js';
import { lineDiff } from '../hooks/line-diff.js';
import { createLog } from '../log.js';
import { type BootSystem, bootSystems } from '../model/boot.js';
import { authorizedKeysOf, bootServerOf, followConfig } from './boot-parts.js';
import { addRoots } from './boot-root.js';
import { type Context, commonOf, ends, show } from './context.js';
import { type Exit, exits } from './exits.js';
import { harmless } from './screen.js';
import { table } from './table.js';

const textOf = (entry: object | undefined): string =>
  entry === undefined ? '' : 'link' in entry ? `-> ${String(entry.link)}\n` : 'text' in entry ? String(entry.text) : '';

function systemsTable(context: Context, known: readonly KnownHost[]): string {
  return table(
    context.screen,
    [
      { title: 'host', value: ({ host }) => host.name },
      { title: 'address', value: ({ host }) => host.address },
      { title: 'runs', value: ({ host, seen }) => (host.state.runs === 'dom0' && seen?.lost !== undefined ? 'dom0, silent' : host.state.runs) },
      { title: 'boots next', value: ({ host, choice }) => (host.state.next === 'dom0' ? `dom0${choice?.once === true ? ' once' : ''}` : 'classroom') },
      { title: 'store', value: ({ host }) => (host.state.open ? 'open' : 'closed') },
      {
        title: 'window',
        value: ({ host }) => (host.state.window === undefined ? '-' : `until ${localTime(host.state.window)}`),
      },
      { title: 'root', value: ({ host }) => [...new Set([host.runningRoot, host.root?.version])].filter((root) => root !== undefined).join(' -> ') || '-' },
    ],
    known,
    'no host has a mac in the configuration',
  );
}

/** `domus boot ...`: what workstations boot, from where, and who may. */
export function addBoot(program: Command, context: Context): void {
  const boot = program.command('boot').description('network boot of the hosts: files, choices, keys, roots (docs/pool.md)');
  const open = (command: Command) => bootServerOf(commonOf(command, context).config, context.clock);
  const say = (text: string): void => context.screen.out(text.split('\n').map(harmless).join('\n'));

  const publish = async (_: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const result = await server.publish({ again: true });
    const beside = server.parts.settings.oneFileSystem ? undefined : await besideOverlays(server.parts);
    if (beside !== undefined) context.screen.err(`WARNING: ${harmless(beside)}\n`);
    show(context, commonOf(command, context), result, () => {
      const { changed, told } = result;
      return `${changed.length === 0 ? 'nothing changed' : `${changed.length} file(s) published below ${server.parts.settings.folder}/current`}\n${told.map((line) => `${line}\n`).join('')}`;
    });
    return exits.ok;
  };
  const diff = async (_: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const [before, after] = [await published(server.parts.settings.folder), await server.tree()];
    const changed = changedPaths(before, after);
    const differences = changed.map((path) => ({ path, lines: lineDiff(textOf(before.get(path)), textOf(after.get(path))) }));
    show(context, commonOf(command, context), { changed: differences }, () =>
      changed.length === 0
        ? 'what is published is what it should be\n'
        : differences.map(({ path, lines }) => `${path}\n${lines.map((line) => `    ${harmless(line)}\n`).join('')}`).join(''),
    );
    return changed.length === 0 ? exits.ok : exits.no;
  };
  const list = async (_: object, command: Command): Promise<Exit> => {
    const known = await (await open(command)).server.known();
    const plain = known.map(({ host }) => host);
    show(context, commonOf(command, context), plain, () => systemsTable(context, known));
    return exits.ok;
  };
  const check = async (name: string, _: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const found = await examineHost(server, name);
    show(context, commonOf(command, context), found, () => found.map(({ ok, text }) => `${ok ? 'ok     ' : 'PROBLEM'} ${text}\n`).join(''));
    return found.every(({ ok }) => ok) ? exits.ok : exits.no;
  };
  const choose = async (name: string, system: BootSystem, how: { readonly anew?: boolean; readonly shut?: boolean }, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const chooser = new Chooser(server, context.clock, `${context.env['USER'] ?? 'somebody'} at the command line`);
    await chooser.write(name, system, how);
    const result = await server.publish();
    const known = (await server.known()).filter(({ host }) => host.name === name);
    const plain = known.map(({ host }) => ({ ...host, told: result.told }));
    show(context, commonOf(command, context), plain[0], () => `${systemsTable(context, known)}${result.told.map((line) => `${line}\n`).join('')}`);
    return exits.ok;
  };
  const enrol = async (name: string, options: { newKey?: boolean }, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    if (options.newKey === true) await server.forgetKey(name);
    const exit = await choose(name, 'dom0', { anew: true, shut: options.newKey === true }, command);
    const key = await server.records.key(name);
    if (key !== undefined && !commonOf(command, context).json)
      say(`its key: ${key.public}\nboot it now; it gets its key by a secret that is good once, within ${server.parts.settings.windowMs / 60_000} minutes\n`);
    return exit;
  };
  const chain = async (_: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const texts = chainTexts(await server.site(await server.known(), (await server.door()).fingerprint));
    show(context, commonOf(command, context), Object.fromEntries(texts), () => [...texts].map(([name, text]) => `=== ${name}\n${text}`).join('\n'));
    return exits.ok;
  };
  const serve = async (_: object, command: Command): Promise<Exit> => {
    const file = commonOf(command, context).config;
    const { server, config } = await open(command);
    const follow = followConfig(file, config, context.clock);
    const ended = new AbortController();
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort());
    const log = createLog('info');
    await serveBoot({
      server,
      clock: context.clock,
      log,
      authorizedKeys: () => authorizedKeysOf(follow.config()),
      reload: follow.changed,
      signal: ended.signal,
    });
    return exits.ok;
  };

  boot.command('publish').description('render what hosts boot and publish it in one step; tell dnsmasq and the NFS server').action(ends(context, publish));
  boot.command('diff').description('what publishing would change; status 1 when anything').action(ends(context, diff));
  boot.command('list').description('what each host runs and boots next, and to whom the store is open').action(ends(context, list));
  boot.command('check').argument('<host>').description('everything that keeps one host from booting; status 1 when anything').action(ends(context, check));
  boot
    .command('choose')
    .argument('<host>')
    .addArgument(new Argument('<system>', 'what it boots next').choices(bootSystems))
    .description('what a host boots next: Dom0 (once, where the classroom is usual) or the classroom; nothing is switched')
    .action(ends(context, (name: string, system: BootSystem, __: object, command: Command) => choose(name, system, {}, command)));
  boot
    .command('enrol')
    .argument('<host>')
    .option('--new-key', 'forget the key it has, make another, and shut out the Dom0 that holds its line now')
    .description('open the window in which a host that boots Dom0 gets its key, by a new one-time secret')
    .action(ends(context, enrol));
  boot.command('chain').description('what the administrator of another DHCP server pastes: ISC dhcpd, Kea, dnsmasq').action(ends(context, chain));
  boot
    .command('serve')
    .description('be the boot server, in the foreground: the door for hosts, and a publisher that follows them')
    .action(ends(context, serve));
  addRoots(boot, context);
}
