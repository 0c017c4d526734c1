import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import { counts } from '../model/boot.js';
import { besideOverlays } from './one-disk.js';
import { changedPaths, published } from './publish.js';
import { builtRoots, damagedBootFiles } from './roots.js';
import type { BootServer, KnownHost } from './server.js';
import { loaderFiles } from './tree.js';

/** One thing that was looked at. */
export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function rootFindings(server: BootServer, { host }: KnownHost): Promise<readonly Finding[]> {
  const { roots } = server.parts.settings;
  if (host.root === undefined) return [{ ok: false, text: 'there is no root for it: domus boot root build, then domus boot root use' }];
  const root = (await builtRoots(roots)).find(({ version }) => version === host.root?.version);
  const damaged = root === undefined ? [`${roots}/${host.root.version} is gone`] : await damagedBootFiles(roots, root);
  const use = await server.records.roots();
  const failed = use.failed.includes(host.name)
    ? [{ ok: false, text: `it did not come up from ${use.wanted ?? 'the wanted root'}, and is back on ${host.root.version}` }]
    : [];
  return [
    ...(damaged.length === 0
      ? [{ ok: true, text: `root ${host.root.version}: Xen, kernel and initramfs are as they were built` }]
      : damaged.map((text) => ({ ok: false, text }))),
    ...failed,
  ];
}

async function fileFindings(server: BootServer, { host }: KnownHost): Promise<readonly Finding[]> {
  const { folder } = server.parts.settings;
  const own = `tftp/${host.address}/`;
  const stale = changedPaths(await published(folder), await server.tree()).filter(
    (path) => path.startsWith(own) || path === 'dhcp-hosts' || path === 'dnsmasq.conf',
  );
  const missing: string[] = [];
  for (const [name] of loaderFiles) if (!(await there(join(folder, 'current', own, name)))) missing.push(name);
  return [
    stale.length === 0
      ? { ok: true, text: 'its published files are as they should be' }
      : { ok: false, text: `${stale.length} published file(s) are stale: domus boot publish` },
    missing.length === 0 ? { ok: true, text: 'every loader is there' } : { ok: false, text: `loaders are missing: ${missing.join(', ')}: domus boot publish` },
  ];
}

function stateFindings({ host, choice, seen }: KnownHost): readonly Finding[] {
  const { state, boot } = host;
  const what = state.next === 'dom0' ? `boots Dom0 next${choice?.once === true ? ', once' : ''}` : `boots the classroom's system next (${boot.classroom})`;
  const unused = choice?.system === 'dom0' && choice.until > choice.at && state.next === 'classroom' && seen?.choice !== choice.id;
  return [
    { ok: true, text: `${what}; ${boot.bios} on a BIOS, iPXE on UEFI` },
    { ok: true, text: `runs ${state.runs}; its store is ${state.open ? 'open to' : 'closed for'} ${host.address}` },
    ...(unused ? [{ ok: false, text: 'Dom0 was chosen, and it did not show its secret within the window: look at its console' }] : []),
    ...(state.next === 'dom0' && state.runs !== 'dom0' && state.window === undefined
      ? [{ ok: true, text: 'its window is closed: it gets its key when Domus wakes it (domus hosts on), or after domus boot enrol, and boots anew until then' }]
      : []),
    ...(seen !== undefined && (seen.word === '' || !counts(choice, seen))
      ? [{ ok: true, text: `the boot that held its line was shut out (${seen.boot})` }]
      : []),
    ...(seen !== undefined && seen.lost?.how === 'silent' ? [{ ok: false, text: 'its Dom0 is silent' }] : []),
  ];
}

/** Everything that keeps a host from booting, as far as the server can see. Raises Failure `absent`. */
export async function examineHost(server: BootServer, name: string): Promise<readonly Finding[]> {
  const known = (await server.known()).find(({ host }) => host.name === name);
  if (known === undefined) throw new Failure('absent', `${name} does not boot from the network: it has no mac in the configuration`);
  const key = await server.records.key(name);
  const store = await Promise.all(
    [server.parts.images, server.parts.overlays].map(async (folder) => ({ folder, ok: (await stat(folder).catch(() => undefined))?.isDirectory() === true })),
  );
  const beside = server.parts.settings.oneFileSystem ? undefined : await besideOverlays(server.parts);
  return [
    ...(known.problem === undefined ? [] : [{ ok: false, text: known.problem }]),
    ...(await fileFindings(server, known)),
    ...(await rootFindings(server, known)),
    key === undefined ? { ok: false, text: 'it has no key: domus boot publish makes one' } : { ok: true, text: `its key: ${key.public}` },
    ...store.map(({ folder, ok }) => ({ ok, text: ok ? `${folder} is there` : `${folder} is missing: make it on the disk that is to hold it` })),
    ...(beside === undefined ? [] : [{ ok: false, text: beside }]),
    ...stateFindings(known),
  ];
}
