import type { Command } from 'commander';
import type { ImageRecord } from '../api/schema/images.js';
import { localTime } from '../clock.js';
import { bytesOf } from '../images/manifest.js';
import { inMiB } from '../images/place.js';
import type { Version } from '../images/store.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { type StoreOptions, stored, storeOf } from './image-store.js';
import { type Column, table } from './table.js';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly state: 'current' | 'published' | 'waiting' | 'hosts only';
  readonly madeAt?: number;
  readonly how?: string;
  readonly bytes?: number;
  readonly kernel?: string;
  /** What runs of it; absent where the daemon was not asked. */
  readonly running?: Pick<ImageRecord, 'machines' | 'environments' | 'missingOn' | 'copies'>;
}

function rowsOf(versions: readonly Version[], running: readonly ImageRecord[] | undefined): readonly Row[] {
  const seen = new Map(running?.map((record) => [`${record.name} ${record.version}`, record]));
  const rows = versions.map(({ name, version, published, current, manifest }): Row => {
    const record = seen.get(`${name} ${version}`);
    seen.delete(`${name} ${version}`);
    return {
      name,
      version,
      state: current ? 'current' : published ? 'published' : 'waiting',
      ...(manifest === undefined ? {} : { madeAt: manifest.madeAt, how: manifest.how, bytes: bytesOf(manifest) }),
      ...(manifest?.kernel === undefined ? {} : { kernel: manifest.kernel }),
      ...(record === undefined ? {} : { running: record }),
    };
  });
  const elsewhere = [...seen.values()].map((record): Row => ({ name: record.name, version: record.version, state: 'hosts only', running: record }));
  return [...rows, ...elsewhere];
}

const columns: readonly Column<Row>[] = [
  { title: 'IMAGE', value: (row) => row.name },
  { title: 'VERSION', value: (row) => row.version },
  { title: 'STATE', value: (row) => row.state, paint: (row) => (row.state === 'current' ? 'green' : row.state === 'waiting' ? 'yellow' : undefined) },
  { title: 'MADE', value: (row) => (row.madeAt === undefined ? undefined : localTime(row.madeAt)) },
  { title: 'HOW', value: (row) => row.how ?? 'by hand' },
  { title: 'SIZE', value: (row) => (row.bytes === undefined ? undefined : inMiB(row.bytes)), align: 'right' },
  { title: 'KERNEL', value: (row) => row.kernel },
  { title: 'MACHINES', value: (row) => row.running?.machines.length, align: 'right' },
  { title: 'COPIES', value: (row) => row.running?.copies.length || undefined, align: 'right' },
  { title: 'MISSING ON', value: (row) => row.running?.missingOn.join(' ') || undefined, paint: () => 'yellow' },
  { title: 'STARTED BY', value: (row) => row.running?.environments.join(' ') || undefined },
];

/** `domus image list`: the store, and what the daemon sees of it where it can be asked. */
export function addImageList(image: Command, context: Context): void {
  stored(image.command('list').description('every version in the store: which is current, which waits, how many machines run it')).action(
    ends(context, async (options: StoreOptions, command: Command) => {
      const common = commonOf(command, context);
      const versions = await (await storeOf(options, command, context)).list();
      let running: readonly ImageRecord[] | undefined;
      let silent: string | undefined;
      try {
        running = (await (await clientOf(common)).all('GET /images', 'images', {})).images;
      } catch (thrown) {
        if (!(thrown instanceof CliError)) throw thrown;
        silent = thrown.message; // the store is there without a daemon: said below
      }
      const rows = rowsOf(versions, running);
      show(context, common, { versions: rows, ...(silent === undefined ? {} : { silent }) }, () => {
        const text = table(context.screen, columns, rows, 'the store has no image');
        return silent === undefined ? text : `${text}(which machines run them is not known: ${silent})\n`;
      });
      return exits.ok;
    }),
  );
}
