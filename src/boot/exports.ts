import { overlaysOf, rootFolder, type Site, writtenBy } from './site.js';

/** A folder, and who may mount it. */
export interface Export {
  readonly path: string;
  readonly write: boolean;
  /** Addresses; never empty. */
  readonly clients: readonly string[];
}

/**
 * What is exported at this moment: nothing to a host that is in the classroom; to one that was told to boot Dom0 its root,
 * which holds no secret; images and disks only to a Dom0 that showed its one-time secret. Images and roots are read-only to
 * all; the only folder that a host may write is that of its own disks (or of its pool's, where `overlays` says so).
 */
export function exportsOf({ settings, images, overlays, hosts }: Site): readonly Export[] {
  const open = hosts.filter((host) => host.state.open);
  const byRoot = new Map<string, string[]>();
  for (const { root, runningRoot, address } of open)
    for (const version of new Set([root?.version, runningRoot])) if (version !== undefined) byRoot.set(version, [...(byRoot.get(version) ?? []), address]);
  const roots = [...byRoot]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, clients]) => ({ path: rootFolder(settings.roots, version), write: false, clients }));
  const running = open.filter((host) => host.state.runs === 'dom0');
  const disks = new Map<string, string[]>();
  for (const host of running) {
    const path = overlaysOf(overlays, settings, host);
    disks.set(path, [...(disks.get(path) ?? []), host.address]);
  }
  const own = [...disks].map(([path, clients]) => ({ path, write: true, clients }));
  return [...(running.length === 0 ? [] : [{ path: images, write: false, clients: running.map(({ address }) => address) }]), ...roots, ...own];
}

/** Numbers of exports by path: file handles carry them, so a path keeps its number for ever. */
export type ExportIds = Readonly<Record<string, number>>;

/** The same numbers, and new ones (from 1) for paths that have none. */
export function numbered(exports: readonly Pick<Export, 'path'>[], before: ExportIds): ExportIds {
  const ids: Record<string, number> = { ...before };
  const taken = new Set(Object.values(ids));
  let next = 1;
  for (const { path } of exports) {
    if (ids[path] !== undefined) continue;
    while (taken.has(next)) next++;
    taken.add(next);
    ids[path] = next;
  }
  return ids;
}

/** NFS-Ganesha's whole configuration: user space, NFSv4 only, so one port. Where no client is named nobody has access. */
export function ganeshaConf(site: Site, exports: readonly Export[], ids: ExportIds): string {
  const blocks = exports.map(
    ({ path, write, clients }) => `EXPORT {
  Export_Id = ${ids[path]};
  Path = "${path}";
  Pseudo = "${path}";
  FSAL { Name = VFS; }
  CLIENT { Clients = ${clients.join(', ')}; Access_Type = ${write ? 'RW' : 'RO'}; Protocols = 4; }
}
`,
  );
  return `${writtenBy(site.deployment)}NFS_CORE_PARAM {
  Protocols = 4;
  Bind_addr = ${site.settings.server};
  NFS_Port = 2049;
  Enable_NLM = false;
  Enable_RQUOTA = false;
  mount_path_pseudo = true;
  fsid_device = true;
}
NFSV4 {
  Minor_Versions = 0,1,2;
  Lease_Lifetime = 40;
  Grace_Period = 60;
  RecoveryBackend = fs_ng;
  Only_Numeric_Owners = true;
}
EXPORT_DEFAULTS {
  Access_Type = None;
  SecType = sys;
  Squash = No_Root_Squash;
  Protocols = 4;
  Transports = TCP;
  PrivilegedPort = true;
}
LOG { Default_Log_Level = EVENT; }
${blocks.join('')}`;
}

/** The kernel server's /etc/exports.d/domus.exports. A path without a client would be everybody's: there is none. */
export function kernelExports(site: Site, exports: readonly Export[], ids: ExportIds): string {
  const lines = exports.map(({ path, write, clients }) => {
    const options = `(${write ? 'rw' : 'ro'},sync,no_root_squash,no_subtree_check,secure,fsid=${ids[path]})`;
    return `"${path}" ${clients.map((client) => `${client}${options}`).join(' ')}\n`;
  });
  return writtenBy(site.deployment) + lines.join('');
}

/** Where the exports stand below a release. */
export const exportsFile = ({ nfs }: Pick<Site['settings'], 'nfs'>): string => (nfs === 'ganesha' ? 'ganesha.conf' : 'exports');

/** Published exports without these addresses: what nobody is left for goes. Never longer than before. */
export function withoutClients(text: string, nfs: 'ganesha' | 'kernel', gone: ReadonlySet<string>): string {
  if (nfs === 'ganesha')
    return text.replace(/EXPORT \{\n[\s\S]*?\n\}\n/g, (block) => {
      const clients = (/Clients = ([^;]*);/.exec(block)?.[1] ?? '').split(', ').filter((client) => !gone.has(client));
      return clients.length === 0 ? '' : block.replace(/Clients = [^;]*;/, `Clients = ${clients.join(', ')};`);
    });
  return text.replace(/^(".*?") (.*)\n/gm, (_, path: string, all: string) => {
    const clients = all.split(' ').filter((client) => !gone.has(client.split('(', 1)[0] ?? ''));
    return clients.length === 0 ? '' : `${path} ${clients.join(' ')}\n`;
  });
}
