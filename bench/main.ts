/** `npm run bench -- [NAME...] [--json]`: runs the named benches, all of them when none is named; `--list` lists them. */

import { parseArgs } from 'node:util';
import { bench as api } from './api.js';
import { bench as apiLab } from './api-lab.js';
import { bench as consolidation } from './consolidation.js';
import { bench as history } from './history.js';
import { bench as page } from './page.js';
import { bench as plan } from './plan.js';
import { bench as qstat } from './qstat.js';
import { bench as replay } from './replay.js';
import { bench as tick } from './tick.js';

/** What a bench may be told. */
export interface BenchOptions {
  /** Folder of the traces that `replay` is about. */
  readonly traces?: string;
  /** Only those of its cases whose name holds this. */
  readonly case?: string;
  /** Runs of each scenario. */
  readonly runs?: number;
}

/** One measurement: prepares its own data and returns figures by name, the unit in the name (`tickMs`). */
export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<Readonly<Record<string, number | string>>>;
}

const benches: readonly Bench[] = [api, apiLab, page, plan, tick, history, qstat, consolidation, replay];

const shown = (figure: number | string): string => (typeof figure === 'string' ? figure : String(Number(figure.toPrecision(4))));

interface Words {
  readonly names: readonly string[];
  readonly json: boolean;
  readonly list: boolean;
  readonly options: BenchOptions;
}

/** The command line, or what is wrong with it. */
function wordsOf(argv: readonly string[]): Words | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { json: flag, list: flag, traces: text, case: text, runs: text },
    });
    const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
    if (unknown.length > 0) return `no such bench: ${unknown.join(', ')}`;
    const { traces, case: only, runs } = values;
    if (runs !== undefined && !/^[1-9]\d{0,3}$/.test(runs)) return `--runs ${runs}: expected a whole number`;
    const options = {
      ...(traces === undefined ? {} : { traces }),
      ...(only === undefined ? {} : { case: only }),
      ...(runs === undefined ? {} : { runs: Number(runs) }),
    };
    return { names: positionals, json: values.json, list: values.list, options };
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/** Runs the command line; resolves to the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const list = benches.map((bench) => bench.name).join(', ');
  const read = wordsOf(argv);
  if (typeof read === 'string') {
    process.stderr.write(`${read} (benches: ${list}; options: --json, --list; for replay: --traces FOLDER, --case TEXT, --runs N)\n`);
    return 2;
  }
  const { names, json, options } = read;
  if (read.list) {
    process.stdout.write(benches.map((bench) => `${bench.name}\n`).join(''));
    return 0;
  }
  const results: Record<string, Readonly<Record<string, number | string>>> = {};
  for (const bench of benches.filter((b) => names.length === 0 || names.includes(b.name))) {
    const figures = await bench.run(options);
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
