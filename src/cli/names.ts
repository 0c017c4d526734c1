import { Argument, type Command } from 'commander';
import type { Client } from './client.js';
import { type Context, clientOf, commonOf, ends } from './context.js';
import { CliError } from './exits.js';

export const lists = {
  machines: async (client: Client) => (await client.all('GET /machines', 'machines', {})).machines.map((machine) => machine.id),
  hosts: async (client: Client) => (await client.all('GET /hosts', 'hosts', {})).hosts.map((host) => host.name),
  environments: async (client: Client) => (await client.all('GET /environments', 'environments', {})).environments.map((environment) => environment.name),
  strays: async (client: Client) => (await client.all('GET /strays', 'strays', {})).strays.map((stray) => stray.key),
  proposals: async (client: Client) => (await client.all('GET /proposals', 'proposals', {})).proposals.map((proposal) => proposal.id),
};
export type NameKind = keyof typeof lists;

/** `domus names KIND...`: what completion offers, one a line; nothing where the daemon cannot be asked. */
export function addNames(program: Command, context: Context): void {
  program
    .command('names', { hidden: true })
    .addArgument(new Argument('<kinds...>').choices(Object.keys(lists)))
    .action(
      ends(context, async (kinds: readonly NameKind[], _: unknown, command: Command) => {
        const client = await clientOf(commonOf(command, context));
        try {
          for (const kind of kinds) for (const name of await lists[kind](client)) context.screen.out(`${name}\n`);
        } catch (thrown) {
          if (!(thrown instanceof CliError)) throw thrown;
          return thrown.exit; // a shell that completes wants no sentence
        }
        return undefined;
      }),
    );
}
