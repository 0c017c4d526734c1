import type { Command } from 'commander';
import type { Clock } from '../clock.js';
import { Client } from './client.js';
import { type Exit, exits } from './exits.js';
import type { Screen } from './screen.js';
import { type Common, socketsOf, usualConfig } from './where.js';

/** What a command works with. */
export interface Context {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Said by the command that ran. */
  exit: Exit | number;
  /** Runs another command line on the same screen; resolves to its exit code. */
  readonly again: (argv: readonly string[]) => Promise<Exit | number>;
}

/** The common options, as given anywhere on the line. */
export function commonOf(command: Command, context: Context): Common {
  const given = command.optsWithGlobals<Partial<Common>>();
  return { ...given, color: given.color ?? true, config: given.config ?? context.env['DOMUS_CONFIG'] ?? usualConfig };
}

export const clientOf = async (common: Common): Promise<Client> => new Client(await socketsOf(common));

/** One document for programs, or whatever `people` prints. */
export function show(context: Context, common: Common, record: unknown, people: () => string): void {
  context.screen.out(common.json ? `${JSON.stringify(record, undefined, 2)}\n` : people());
}

/** Wraps a command's work: what it returns is the exit code. */
export function ends<A extends unknown[]>(context: Context, work: (...args: A) => Promise<Exit | number | undefined>): (...args: A) => Promise<void> {
  return async (...args) => {
    context.exit = (await work(...args)) ?? exits.ok;
  };
}
