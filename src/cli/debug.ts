import { request } from 'node:http';
import { arch, platform, release } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { planRecord } from '../api/views-plan.js';
import { type Bundle, loadBundle, withoutSecrets, writeBundle } from '../debug/bundle.js';
import { readRecord } from '../debug/record.js';
import { replayTick } from '../debug/replay.js';
import { type Context, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { wholeConfig } from './loaded.js';
import { planText } from './plan.js';
import { socketsOf } from './where.js';

const patienceMs = 60_000;
const mostBytes = 1024 ** 3;

/** The daemon's last tick, through the door of those who may act. Raises CliError. */
function lastTick(socketPath: string): Promise<string> {
  return new Promise((resolved, reject) => {
    const fail = (thrown: Error): void =>
      reject(new CliError(exits.unreachable, `the daemon cannot be asked at ${socketPath}: ${thrown.message}`, { cause: thrown }));
    const call = request({ socketPath, path: '/debug/record', timeout: patienceMs }, (answer) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > mostBytes) call.destroy(new Error(`its answer is larger than ${mostBytes} bytes`));
        else pieces.push(piece);
      });
      answer.on('error', fail);
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        if (answer.statusCode === 200) resolved(text);
        else fail(new Error(`it answered ${answer.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    call.on('error', fail);
    call.end();
  });
}

/** `domus debug bundle` and `domus debug replay`. */
export function addDebug(program: Command, context: Context): void {
  const debug = program.command('debug').description('for whoever looks for a mistake in Domus');
  debug
    .command('bundle')
    .argument('<file>', 'a file that is not there yet, such as domus.bundle.gz')
    .description('the last tick with everything it took in, the newest events, and the configuration without secrets, in one file')
    .action(
      ends(context, async (file: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        const [{ control }, { config }] = [await socketsOf(common), await wholeConfig(common.config)];
        const record = readRecord(await lastTick(control));
        const about = { madeAt: context.clock.wall(), domus: record.version, node: process.version, system: `${platform()} ${release()} ${arch()}` };
        const bundle: Bundle = { record, config: withoutSecrets(config), about };
        const bytes = await writeBundle(resolve(file), bundle);
        const { sources, events } = { sources: record.inputs.batch.size + record.inputs.hosts.size, events: record.events.length };
        show(
          context,
          common,
          { file: resolve(file), bytes, sources, events },
          () =>
            `${resolve(file)}: ${Math.ceil(bytes / 1024)} KiB, ${sources} source(s), ${events} event(s). It names users and jobs: give it only to whom you trust.\n`,
        );
        return undefined;
      }),
    );
  debug
    .command('replay')
    .argument('<file>', 'made by "domus debug bundle"')
    .description(
      'think the tick of a bundle again, and print its plan; exits 1 where it comes out otherwise than it was recorded, or breaks a law of the planner',
    )
    .action(
      ends(context, async (file: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        const { record, about } = await loadBundle(resolve(file));
        const { present, differs, breaches } = replayTick(record);
        const plan = planRecord(present, true);
        show(context, common, { about, differs, breaches, plan }, () => planText(context.screen, plan, present.at));
        if (differs.length > 0) context.screen.err(`domus: other than recorded by version ${about.domus}: ${differs.join(', ')}\n`);
        for (const { law, what } of breaches) context.screen.err(`domus: breaks the law ${law}: ${what}\n`);
        return differs.length + breaches.length > 0 ? exits.no : exits.ok;
      }),
    );
}
