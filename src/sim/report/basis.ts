import { rangeText } from '../../chart/dates.js';
import { type Child, cut, element, type Markup, outside } from '../../chart/markup.js';
import { amount } from '../../chart/ticks.js';
import { windowOf } from '../replay/metrics.js';
import type { Run } from '../replay/workload.js';
import type { Stage } from './scenes.js';
import { listed, plural, refillText } from './words.js';

/** Something the replay took for granted, as the one who ran it says it. */
export interface Assumption {
  readonly what: string;
  readonly value: string;
  /** Where the figure comes from. */
  readonly source?: string;
}

const fact = (what: string, ...value: readonly Child[]): Markup => element('div', {}, element('dt', {}, what), element('dd', {}, value));

const seeds = (runs: readonly Run[]): string => listed([...new Set(runs.map(({ seed }) => String(seed)))]);

function droppedText({ workload: { dropped, folded } }: Run): Child {
  const reasons = Object.entries(dropped).filter(([, count]) => count > 0);
  return [
    reasons.length === 0
      ? 'No line was left out. '
      : ['Left out: ', reasons.map(([reason, count], at) => [at === 0 ? '' : ', ', amount(count), ' ', outside(reason)]), '. '],
    folded === 0
      ? 'No job was too wide.'
      : `${plural(folded, 'job')} wider than the limit made narrower and longer by as much (the work is kept), in all scenarios alike.`,
  ];
}

/** What went in: trace, site, scheduler, counted part, and what the caller knows besides. */
export function assumed(stages: readonly Stage[], assumptions: readonly Assumption[]): Markup {
  const runs = stages.flatMap(({ scenes }) => scenes.flatMap((scene) => scene.runs));
  const run = runs[0];
  if (run === undefined) return element('p', {}, 'Nothing was replayed.');
  const { workload, site } = run;
  const { from, until } = windowOf(workload);
  const sites = new Set(runs.map((each) => `${each.site.hosts}x${each.site.cores}`));
  return element(
    'dl',
    { class: 'facts' },
    fact('Workload', outside(workload.name), `: ${plural(workload.jobs.length, 'job')}, submitted ${rangeText(workload.startAt, workload.endAt)} (UTC)`),
    fact(
      'Classes',
      workload.classes.slice(0, 12).map((name, at) => [at === 0 ? '' : ', ', outside(name)]),
      workload.classes.length > 12 ? ` and ${workload.classes.length - 12} more` : '',
    ),
    fact('Lines of the trace', droppedText(run)),
    fact(
      'Site',
      `${plural(site.hosts, 'host')} of ${plural(site.cores, 'core')} and ${amount(site.memoryPerCoreMiB)} MiB for each core`,
      sites.size > 1 ? ' (other runs: other sites; see the command)' : '',
    ),
    fact('Batch scheduler', listed(stages.map(({ refill }) => refillText(refill)))),
    fact('Runs', `seeds ${seeds(runs)}; a seed moves the submissions and every random time`),
    fact(
      'Counted',
      `jobs submitted ${rangeText(from, until)}, and hours, energy and use of the same time: the filling of an empty cluster and the end of the trace tell nothing. Boots, migrations, power cycles and killed jobs are of the whole`,
    ),
    assumptions.map(({ what, value, source }) =>
      fact(cut(what), cut(value, 400), source === undefined ? undefined : element('small', {}, ` (${cut(source, 200)})`)),
    ),
  );
}

/** Why the page may be wrong: said by us, before somebody else does. */
export const doubts: readonly string[] = [
  'Compare the scenarios with each other, not with what your users remember: the replayed scheduler is plain first come, first served with backfill, without the priorities, fair shares and limits that yours may have.',
  'Users would react: where the wait is short, people submit more. A replay cannot know.',
  'Jobs run as long as they ran in the trace, on whichever host. Shared disks and networks are not modelled.',
  'The fixed partition was cut with the whole workload known beforehand, which flatters it: no administrator knows the next three months.',
  'The ideal pool is a reference, not a proof of the best: another order of jobs may give a shorter mean still.',
  'Domus saw what a daemon sees: requests, queues, clocks. Never a run time, never a later submission.',
  'The hosts of the fixed partition and of the ideal pool are always on where nothing else is said. Switching idle hosts off saves energy without Domus too: replay those scenarios that end in -power to see how much.',
  'Differences below about 10 % are noise, and one run is an anecdote: replay at least five with shaken submissions.',
];
