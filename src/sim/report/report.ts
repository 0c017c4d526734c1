import { dateText, rangeText, timeText } from '../../chart/dates.js';
import { type Child, cut, element, type Markup, outside, together } from '../../chart/markup.js';
import type { Run } from '../replay/workload.js';
import { figures, sentence } from './answer.js';
import { type Assumption, assumed, doubts } from './basis.js';
import { classes } from './classes.js';
import { everyRun } from './every-run.js';
import { hosts } from './hosts.js';
import { page } from './page.js';
import { type Scene, type Stage, stages } from './scenes.js';
import { classTable, scenarioTable } from './tables.js';
import { waits } from './waits.js';
import { plural, refillText } from './words.js';

export interface ReportOptions {
  /** Of Domus. */
  readonly version: string;
  /** Epoch ms. */
  readonly madeAt?: number;
  /** How to make the page again. */
  readonly command?: readonly string[];
  /** What only the caller knows: power model, boot times, policy file. */
  readonly assumptions: readonly Assumption[];
}

const part = (title: string, ...body: readonly Child[]): Markup => element('section', { class: 'part' }, element('h2', {}, title), body);

/** What Domus is and what was done here, for whoever sees it for the first time. */
function lead({ workload, site }: Run, { subject, fixed, refill }: Stage): Markup {
  const compared = fixed === undefined ? 'with it' : 'with it and without it';
  return element(
    'p',
    { class: 'lead' },
    'Domus runs the worker nodes of a batch cluster as virtual machines and changes what they are as the queues change. ',
    `Here ${plural(workload.jobs.length, 'job')} of ${plural(workload.classes.length, 'class', 'classes')} (${rangeText(workload.startAt, workload.endAt)}) are replayed `,
    subject === undefined ? '' : `${compared} `,
    `on ${plural(site.hosts, 'host')} of ${plural(site.cores, 'core')}, under ${refillText(refill)}.`,
  );
}

function faultsOf(scene: Scene): readonly string[] {
  const where = `${cut(scene.name)}, ${refillText(scene.refill)}`;
  const killed = scene.runs.reduce((sum, { jobsKilled }) => sum + jobsKilled, 0);
  const unstarted = scene.measured.reduce((sum, each) => sum + each.jobsUnstarted, 0);
  return [
    ...(killed > 0 ? [`${plural(killed, 'job')} killed (${where}).`] : []),
    ...(unstarted > 0
      ? [`${plural(unstarted, 'job')} never started before the end (${where}): they count with their wait so far, so the means look better than they are.`]
      : []),
    ...scene.runs.flatMap(({ violations, seed }) => violations.map((each) => `Rule broken (${where}, seed ${seed}): ${cut(each, 300)}`)),
  ];
}

/** What must not be overlooked: broken rules, killed jobs, jobs that never started. */
export const warnings = (all: readonly Stage[]): readonly string[] => all.flatMap(({ scenes }) => scenes.flatMap(faultsOf));

/** Below this, the runs of a scenario cannot tell 10 % from chance. */
const enoughRuns = 5;
const fewRuns = ([main]: readonly Stage[]): string | undefined => {
  const few = main?.subject?.runs.length ?? 0;
  return few > 0 && few < enoughRuns ? `Only ${plural(few, 'run')} of Domus: differences below about 10 % may be chance.` : undefined;
};

function soundness(all: readonly Stage[]): Markup {
  const said = warnings(all);
  const runs = all.reduce((sum, { scenes }) => sum + scenes.reduce((each, { runs: of }) => each + of.length, 0), 0);
  const sound = `In ${plural(runs, 'run')} no job was killed, every job was started, and no rule was broken.`;
  const few = fewRuns(all);
  return together(
    said.length === 0
      ? element('p', { class: 'sound' }, sound)
      : element(
          'div',
          { class: 'warning', role: 'note' },
          element('strong', {}, 'Mind:'),
          element(
            'ul',
            {},
            said.map((each) => element('li', {}, each)),
          ),
        ),
    few === undefined ? undefined : element('p', { class: 'mild' }, few),
  );
}

const terms: readonly (readonly [term: string, meaning: string])[] = [
  ['Class', 'jobs that need one and the same system: operating system, libraries, settings. Jobs of two classes cannot run on one installed host.'],
  ['Fixed partition', 'what sites do without Domus: each host is installed for one class and stays so. Sized by the mean load of each class, or by its peaks.'],
  [
    'Domus',
    'runs virtual machines on the hosts and changes whose they are as the queues change: a class that waits gets machines, one that does not gives them back, and hosts that nobody needs are off.',
  ],
  ['Ideal pool', 'every host can run every job at once, and all are always on. It cannot be built; it shows how little waiting these hosts allow.'],
];

/**
 * The report of a replay as one HTML page that needs nothing else: the answer, waits, classes, hosts, tables, and what was assumed. `runs` in any order; those of one
 * scenario under one kind of refill are taken together, and the first kind of refill is the one that is drawn.
 */
export function htmlReport(runs: readonly Run[], options: ReportOptions): string {
  const all = stages(runs);
  const main = all[0];
  const made = options.madeAt === undefined ? '' : `, ${dateText(options.madeAt)} ${timeText(options.madeAt)} UTC`;
  const footer = element('footer', {}, `Made by Domus ${cut(options.version)}${made}.`);
  if (main === undefined) return page('Domus: replay', element('h1', {}, 'There is nothing to show: no run was given.'), footer);
  const { workload } = runs[0]!;
  return page(
    `Domus: replay of ${cut(workload.name)}`,
    element('p', { class: 'over' }, 'Domus: replay of ', outside(workload.name)),
    element('h1', {}, sentence(main)),
    lead(runs[0]!, main),
    figures(main),
    soundness(all),
    part(
      'What is compared',
      element(
        'dl',
        { class: 'terms' },
        terms.map(([term, meaning]) => element('div', {}, element('dt', {}, term), element('dd', {}, meaning))),
      ),
    ),
    part('How long jobs wait', waits(main), classTable(main)),
    part('Machines follow the queues', classes(main)),
    part('Hosts and energy', hosts(main)),
    part('All figures', all.map(scenarioTable), element('details', {}, element('summary', {}, 'Every run'), everyRun(all))),
    part(
      'What was assumed',
      assumed(all, options.assumptions),
      options.command === undefined ? undefined : element('p', {}, 'Made with ', element('code', {}, cut(options.command.join(' '), 1000))),
    ),
    part(
      'Reasons to doubt',
      element(
        'ul',
        {},
        doubts.map((doubt) => element('li', {}, doubt)),
      ),
    ),
    footer,
  );
}
