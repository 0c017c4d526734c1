import type { Command } from 'commander';
import { loadConfig } from '../config/load.js';
import { ImageStore } from '../images/store.js';
import { type Context, commonOf } from './context.js';
import { CliError, exits } from './exits.js';

export interface StoreOptions {
  readonly store?: string;
}

export const stored = (command: Command): Command =>
  command.option('--store <folder>', 'the image store as this machine sees it (default: as the configuration says)');

/** The store as this machine sees it: the option, else the configuration's, else the usual one. */
export async function storeOf(options: StoreOptions, command: Command, context: Context): Promise<ImageStore> {
  if (options.store !== undefined) return new ImageStore(options.store, context.clock);
  const checked = await loadConfig(commonOf(command, context).config);
  if (!checked.ok) throw new CliError(exits.no, 'the configuration, which says where the image store is, has problems: domus check; or say --store');
  return new ImageStore(checked.config.images.here, context.clock);
}
