import type { Recipe } from './recipe.js';

/** Commands as lists of words, never a shell's line. Pure. */

/** In namespaces of its own: whatever it mounts or leaves running goes with it. */
const apart = ['unshare', '--mount', '--pid', '--fork', '--kill-child'] as const;

/** Unpacks and configures a Debian into a folder that is not there yet. */
export function debootstrap(recipe: Recipe, tree: string): readonly string[] {
  return [
    ...apart,
    'mmdebstrap',
    '--quiet',
    '--mode=root',
    `--variant=${recipe.variant}`,
    `--components=${recipe.components.join(',')}`,
    ...(recipe.everyPackage.length === 0 ? [] : [`--include=${recipe.everyPackage.join(',')}`]),
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "5"',
    '--aptopt=APT::Install-Recommends "false"',
    ...['/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/lintian/*'].map((p) => `--dpkgopt=path-exclude=${p}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    '--dpkgopt=path-include=/usr/share/locale/locale.alias',
    recipe.suite,
    tree,
    ...(recipe.mirror === undefined ? [] : [recipe.mirror]),
  ];
}

/** A folder's files as an archive that belongs to root. */
export const pack = (folder: string, archive: string): readonly string[] => [
  'tar',
  '--create',
  `--file=${archive}`,
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--sort=name',
  `--directory=${folder}`,
  '.',
];

/** Lays an archive over a tree; folders that are there, and links to folders, stay as they are. */
export const layOver = (archive: string, tree: string): readonly string[] => [
  'tar',
  '--extract',
  `--file=${archive}`,
  '--no-same-owner',
  '--same-permissions',
  '--keep-directory-symlink',
  '--no-overwrite-dir',
  `--directory=${tree}`,
];

/** A whole system out of an archive, owners by number. */
export const unpack = (archive: string, tree: string): readonly string[] => [
  'tar',
  '--extract',
  '--auto-compress',
  `--file=${archive}`,
  '--numeric-owner',
  '--same-owner',
  '--same-permissions',
  '--xattrs',
  '--xattrs-include=*',
  `--directory=${tree}`,
];

/** One command inside a tree, with nothing of this machine's environment. */
export const inside = (tree: string, argv: readonly string[]): readonly string[] => [
  ...apart,
  '--uts',
  '--ipc',
  '--mount-proc',
  `--root=${tree}`,
  '--wd=/',
  'env',
  '-i',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'DEBIAN_FRONTEND=noninteractive',
  ...argv,
];

/** A file system of that size with a tree in it, sparse. */
export const makeDisk = (tree: string, raw: string, mebibytes: number, uuid: string): readonly string[] => [
  'mkfs.ext4',
  '-q',
  '-F',
  '-L',
  'root',
  '-U',
  uuid,
  '-E',
  `root_owner=0:0,hash_seed=${uuid},lazy_itable_init=0,lazy_journal_init=0`,
  '-d',
  tree,
  raw,
  `${mebibytes}M`,
];

export const sizeOf = (tree: string): readonly string[] => ['du', '--summarize', '--apparent-size', '--block-size=1', '--one-file-system', tree];

/** `from` is a file name, or a `json:{...}` description of a chain of files. */
export const convert = (format: 'raw' | 'qcow2', from: string, to: string, toFormat: 'raw' | 'qcow2', compress: boolean): readonly string[] => [
  'qemu-img',
  'convert',
  ...(from.startsWith('json:') ? [] : ['-f', format]),
  '-O',
  toFormat,
  ...(compress && toFormat === 'qcow2' ? ['-c'] : []),
  from,
  to,
];

/** A thin disk on its base, wherever the base stood when it was made. */
export const chain = (overlay: string, base: string): string =>
  `json:${JSON.stringify({
    driver: 'qcow2',
    file: { driver: 'file', filename: overlay },
    backing: { driver: 'qcow2', file: { driver: 'file', filename: base } },
  })}`;

export const diskInfo = (file: string, format: 'raw' | 'qcow2'): readonly string[] => ['qemu-img', 'info', '--output=json', '-f', format, file];

/** The file system of a whole disk, or of the part that begins at a byte. */
const systemAt = (raw: string, offset: number): string => (offset === 0 ? raw : `${raw}?offset=${offset}`);
export const debug = (raw: string, offset: number, request: string, write: boolean): readonly string[] => [
  'debugfs',
  ...(write ? ['-w'] : []),
  '-R',
  request,
  systemAt(raw, offset),
];
export const repair = (raw: string, offset: number): readonly string[] => ['e2fsck', '-f', '-y', systemAt(raw, offset)];
export const partitions = (raw: string): readonly string[] => ['sfdisk', '--json', raw];
