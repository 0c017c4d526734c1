/** `npm run bench -- [NAME...] [--json]`: runs the named benches, all of them when none is named; `--list` lists them. */

import { bench as history } from './history.js';
import { bench as plan } from './plan.js';
import { bench as qstat } from './qstat.js';
import { bench as tick } from './tick.js';

/** One measurement: prepares its own data and returns figures by name, the unit in the name (`tickMs`). */
export interface Bench {
  readonly name: string;
  run(): Promise<Readonly<Record<string, number | string>>>;
}

const benches: readonly Bench[] = [plan, tick, history, qstat];

const shown = (figure: number | string): string => (typeof figure === 'string' ? figure : String(Number(figure.toPrecision(4))));

/** Runs the command line; resolves to the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const options = argv.filter((word) => word.startsWith('--'));
  const names = argv.filter((word) => !word.startsWith('--'));
  const list = benches.map((bench) => bench.name).join(', ');
  const unknown = [...options.filter((option) => option !== '--json' && option !== '--list'), ...names.filter((name) => !benches.some((b) => b.name === name))];
  if (unknown.length > 0) {
    process.stderr.write(`no such bench or option: ${unknown.join(', ')} (benches: ${list}; options: --json, --list)\n`);
    return 2;
  }
  if (options.includes('--list')) {
    process.stdout.write(benches.map((bench) => `${bench.name}\n`).join(''));
    return 0;
  }
  const json = options.includes('--json');
  const results: Record<string, Readonly<Record<string, number | string>>> = {};
  for (const bench of benches.filter((b) => names.length === 0 || names.includes(b.name))) {
    const figures = await bench.run();
    results[bench.name] = figures;
    if (json) continue;
    const width = Math.max(0, ...Object.keys(figures).map((name) => name.length));
    process.stdout.write(
      `${bench.name}\n${Object.entries(figures)
        .map(([name, figure]) => `  ${name.padEnd(width)}  ${shown(figure)}\n`)
        .join('')}`,
    );
  }
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
