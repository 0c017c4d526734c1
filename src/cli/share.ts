import { type Command, InvalidArgumentError } from 'commander';
import { readDuration } from '../config/duration.js';
import { type Context, ends } from './context.js';
import { wishAll } from './wish.js';

/** `0.3` or `30%`, to 0.3. */
function readShare(text: string): number {
  const [, number = '', percent] = /^(\d{1,3}(?:\.\d{1,4})?)\s*(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (number === '' || share > 1) throw new InvalidArgumentError('expected a part such as 0.3 or 30%.');
  return share;
}

function readFor(text: string): number {
  const read = readDuration(text);
  if (!('value' in read) || read.value < 60_000) throw new InvalidArgumentError('expected a duration of at least a minute, such as 8h or 2d.');
  return read.value;
}

/** `domus share`. */
export function addShare(program: Command, context: Context): void {
  program
    .command('share')
    .description("set the share of its pools' cores that an environment is guaranteed, within the bounds of its configuration (shareWithin)")
    .argument('<environment>', 'environment')
    .argument('<share>', 'such as 0.3 or 30%', readShare)
    .option('--for <duration>', 'then the configured one counts again (default: until "domus unshare")', readFor)
    .option('--why <words>', 'the reason, shown wherever this has an effect')
    .action(
      ends(context, (environment: string, share: number, options: { for?: number; why?: string }, its: Command) => {
        const { for: forMs, why } = options;
        return wishAll(context, 'share', [environment], { share, ...(forMs === undefined ? {} : { forMs }), ...(why === undefined ? {} : { why }) }, its);
      }),
    );
}
