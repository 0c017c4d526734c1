import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { overlaysOf } from '../boot/site.js';
import { loadConfig } from '../config/load.js';
import { readMebibytes } from '../config/memory.js';
import { execaShell } from '../drivers/execa-shell.js';
import { build } from '../images/build.js';
import { fromMachine, type Imported, importImage } from '../images/import.js';
import { bytesOf, type Manifest } from '../images/manifest.js';
import { inMiB, isThere } from '../images/place.js';
import { readRecipe } from '../images/recipe.js';
import type { ImageStore } from '../images/store.js';
import { Workshop } from '../images/workshop.js';
import { type Context, clientOf, commonOf, ends } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { addImageList } from './image-list.js';
import { type StoreOptions, stored, storeOf } from './image-store.js';
import { harmless } from './screen.js';

interface MakeOptions extends StoreOptions {
  readonly as?: string;
  readonly work: string;
  readonly publish?: boolean;
  readonly compress?: boolean;
}

const usualWork = '/var/lib/domus/image-work';

const workshop = (context: Context): Workshop =>
  new Workshop({
    shell: execaShell(context.clock),
    clock: context.clock,
    signal: context.screen.ended,
    say: (text) => context.screen.err(`${harmless(text)}\n`),
  });

function told(context: Context, json: boolean, manifest: Manifest, published: boolean): void {
  const { name, version } = manifest;
  const next = published ? 'is published: new machines start from it' : `waits: domus image publish ${name} ${version}`;
  const record = { name, version, published, bytes: bytesOf(manifest), diskMiB: manifest.diskMiB };
  const people = `${name} ${version}: ${inMiB(bytesOf(manifest))}, root disk ${manifest.diskMiB}MiB; ${next}\n`;
  context.screen.out(json ? `${JSON.stringify(record, undefined, 2)}\n` : people);
}

/** What every way to make a version ends with. */
async function made(context: Context, command: Command, options: MakeOptions, store: ImageStore, manifest: Manifest): Promise<void> {
  if (options.publish === true) await store.publish(manifest.name, manifest.version, context.screen.ended);
  told(context, commonOf(command, context).json === true, manifest, options.publish === true);
}

const sizeOption = (text: string): number => {
  const read = readMebibytes(text);
  if ('value' in read && read.value > 0) return read.value;
  throw new InvalidArgumentError('a size such as 512MiB or 2GiB');
};

const making = (command: Command): Command =>
  stored(command)
    .option('--as <version>', "the version's name (default: the date and a number)")
    .option('--work <folder>', "a folder on this machine's own disk for what comes and goes", usualWork)
    .option('--compress', 'a smaller disk that is slower to read')
    .option('--publish', 'publish it at once');

function addMakers(image: Command, context: Context): void {
  making(image.command('build <recipe>').description('build a version from a recipe file (root only)')).action(
    ends(context, async (recipe: string, options: MakeOptions, command: Command) => {
      if (process.getuid?.() !== 0) throw new CliError(exits.refused, 'owners and devices of another system can only be made by root: run it as root');
      const read = await readRecipe(recipe);
      const store = await storeOf(options, command, context);
      await made(context, command, options, store, await build(store, workshop(context), context.clock, read, options.work, options.as));
      return exits.ok;
    }),
  );
  making(image.command('import <file>').description('make a version of a raw or qcow2 disk, or of a tar of a whole system'))
    .requiredOption('--name <image>', 'the image it is a version of')
    .addOption(new Option('--format <format>', 'what it is (default: told by its first bytes)').choices(['raw', 'qcow2', 'tar']))
    .option('--kernel <file>', "the kernel to boot it with (default: the newest in the disk's /boot)")
    .option('--ramdisk <file>', 'the ramdisk that goes with it')
    .option('--disk <size>', "size of a tar's root disk", sizeOption)
    .action(
      ends(context, async (file: string, options: MakeOptions & ImportOptions, command: Command) => {
        const store = await storeOf(options, command, context);
        const given = { ...options, version: options.as, file, compress: options.compress === true };
        await made(context, command, options, store, await importImage(store, workshop(context), context.clock, given, options.work));
        return exits.ok;
      }),
    );
  making(image.command('from-machine <machine>').description('make a version of the disk of a machine whose guest was shut down'))
    .option('--name <image>', "the image it is a version of (default: the machine's own)")
    .option('--overlays <folder>', 'the folder of thin disks as this machine sees it (default: as the configuration says)')
    .action(
      ends(context, async (machine: string, options: MakeOptions & { name?: string; overlays?: string }, command: Command) => {
        const store = await storeOf(options, command, context);
        const stopped = await stoppedMachine(machine, options.overlays, command, context);
        const as = { name: options.name ?? stopped.image.name, version: options.as, compress: options.compress === true };
        await made(context, command, options, store, await fromMachine(store, workshop(context), context.clock, stopped, as, options.work));
        return exits.ok;
      }),
    );
}

interface ImportOptions {
  readonly name: string;
  readonly format?: Imported['format'];
  readonly kernel?: string;
  readonly ramdisk?: string;
  readonly disk?: number;
}

/** A machine that Domus still has a row of and whose guest is gone. Raises CliError. */
async function stoppedMachine(id: string, overlays: string | undefined, command: Command, context: Context) {
  const common = commonOf(command, context);
  const client = await clientOf(common);
  const record = (await client.all('GET /machines', 'machines', {})).machines.find((m) => m.id === id || m.seat === id);
  if (record === undefined) throw new CliError(exits.no, `there is no machine ${id}`);
  if (record.guest !== undefined) {
    throw new CliError(exits.no, `the guest of ${record.id} is ${record.guest}: a disk that is written to cannot be copied`, {
      details: [`hold it (domus hold ${record.id}), then shut it down from inside (poweroff): its disk is kept while it is held`],
    });
  }
  const [name = '', version = ''] = record.image.split(' ');
  return { machine: record.id, overlay: await overlayOf(record, overlays, common.config), image: { name, version } };
}

/** Where a thin disk lies as this machine sees it: with a boot server each host (or pool) has a folder of its own. Raises CliError. */
export async function overlayOf(record: { readonly host: string; readonly guestName: string }, overlays: string | undefined, file: string): Promise<string> {
  const checked = await loadConfig(file);
  if (!checked.ok && overlays === undefined)
    throw new CliError(exits.no, 'the configuration, which says where the thin disks are, has problems: domus check; or say --overlays');
  const folder = overlays ?? (checked.ok ? checked.config.images.overlaysHere : '');
  const boot = checked.ok ? checked.config.boot : undefined;
  const pool = checked.ok ? checked.config.policy.hosts[record.host]?.pool : undefined;
  const name = `${record.guestName}.qcow2`;
  if (boot === undefined || pool === undefined) return join(folder, name);
  const own = join(overlaysOf(folder, boot, { name: record.host, pool }), name);
  return (await isThere(own)) ? own : join(folder, name);
}

function addTurners(image: Command, context: Context): void {
  stored(image.command('publish <image> <version>').description('check every byte, show it to the hosts, and have `latest` mean it')).action(
    ends(context, async (name: string, version: string, options: StoreOptions, command: Command) => {
      const manifest = await (await storeOf(options, command, context)).publish(name, version, context.screen.ended);
      if (manifest !== undefined) told(context, commonOf(command, context).json === true, manifest, true);
      else context.screen.out(`${name} ${version} is current; it has no checksums, since it was put there by hand\n`);
      return exits.ok;
    }),
  );
  stored(image.command('rollback <image> [version]').description('have `latest` mean the version before the current one, or the named one, again')).action(
    ends(context, async (name: string, version: string | undefined, options: StoreOptions, command: Command) => {
      const { from, to } = await (await storeOf(options, command, context)).rollback(name, version);
      context.screen.out(`${name}: ${to} is current, ${from} was; machines of ${from} are replaced as they fall idle\n`);
      return exits.ok;
    }),
  );
  stored(image.command('check <image> <version>').description('read every byte and compare it with the checksums')).action(
    ends(context, async (name: string, version: string, options: StoreOptions, command: Command) => {
      const manifest = await (await storeOf(options, command, context)).check(name, version, context.screen.ended);
      context.screen.out(`${name} ${version}: ${manifest.files.length} file(s), ${inMiB(bytesOf(manifest))}, as they were made\n`);
      return exits.ok;
    }),
  );
  stored(image.command('remove <image> <version>').description('take a version away that is not the current one and that no machine runs'))
    .option('--force', 'without asking the daemon which machines run it')
    .action(
      ends(context, (name: string, version: string, options: StoreOptions & { force?: boolean }, command: Command) =>
        removed(name, version, options, command, context),
      ),
    );
}

/** Raises CliError while any machine runs it, or where nobody can say. */
async function removed(name: string, version: string, options: StoreOptions & { force?: boolean }, command: Command, context: Context): Promise<Exit> {
  const store = await storeOf(options, command, context);
  if (options.force !== true) {
    const { images } = await (await clientOf(commonOf(command, context))).all('GET /images', 'images', {});
    const { machines: by, environments } = images.find((image) => image.name === name && image.version === version) ?? { machines: [], environments: [] };
    if (environments.length > 0) throw new CliError(exits.no, `${environments.join(', ')} start from ${name} ${version}: name another version there first`);
    if (by.length > 0) throw new CliError(exits.no, `${by.length} machine(s) run ${name} ${version}: ${by.slice(0, 5).join(', ')}`);
  }
  await store.remove(name, version);
  context.screen.out(`${name} ${version} is gone\n`);
  return exits.ok;
}

/** `domus image ...`. */
export function addImage(program: Command, context: Context): void {
  const image = program.command('image').description('the images that machines start from: build, import, publish, roll back');
  addMakers(image, context);
  addImageList(image, context);
  addTurners(image, context);
}
