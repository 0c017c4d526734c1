import { durationText, durationTexts, percentText, rangeText } from '../../chart/figures.js';
import { type Child, element, type Markup, outside } from '../../chart/markup.js';
import { tone } from '../../chart/palette.js';
import { amount } from '../../chart/ticks.js';
import type { Figures } from '../replay/metrics.js';
import { type ClassShare, classShares } from './classes.js';
import { waitMs } from './counted.js';
import { type Scene, type Spread, type Stage, spread, spreadOf } from './scenes.js';
import { compared, refillText, timesText } from './words.js';

interface Row {
  readonly title: string;
  readonly means?: string;
  readonly figure: (figures: Figures) => number;
  readonly text: (value: number) => string;
}

const whole = (value: number): string => amount(value, 0);
const ratio = (value: number): string => amount(value, value < 10 ? 2 : value < 100 ? 1 : 0);

const rows: readonly Row[] = [
  { title: 'Wait, mean', means: 'from submission to start', figure: (figures) => waitMs(figures, 'mean'), text: durationText },
  { title: 'Wait, median', means: 'half of the jobs waited less', figure: (figures) => waitMs(figures, 'median'), text: durationText },
  { title: 'Wait, p95', means: '19 of 20 jobs waited less', figure: (figures) => waitMs(figures, 'p95'), text: durationText },
  { title: 'Wait, mean by cores', means: 'a job counts once for each of its cores', figure: ({ wait }) => wait.coreWeighted * 1000, text: durationText },
  {
    title: 'Bounded slowdown, mean',
    means: '(wait + run) / run, runs below 10 s taken as 10 s; 1 is best',
    figure: ({ boundedSlowdown }) => boundedSlowdown.mean,
    text: ratio,
  },
  { title: 'Use of all cores', means: 'core-hours of jobs / core-hours of the site', figure: ({ utilisation }) => utilisation, text: percentText },
  { title: 'Use of powered cores', means: 'the same, of hosts that were on', figure: ({ utilisationOfPowered }) => utilisationOfPowered, text: percentText },
  { title: 'Host-hours', means: 'hosts times hours on', figure: ({ hostHours }) => hostHours, text: whole },
  {
    title: 'Host-hours / lower bound',
    means: 'the bound: at every moment just as many hosts as the running jobs fill',
    figure: ({ hostHours, hostHoursLowerBound }) => hostHours / hostHoursLowerBound,
    text: ratio,
  },
  { title: 'Energy, kWh', means: 'by the power model below', figure: ({ energyKWh }) => energyKWh, text: whole },
  { title: 'Energy for a core-hour of jobs, Wh', figure: ({ energyPerCoreHourWh }) => energyPerCoreHourWh, text: ratio },
  { title: 'Machines booted', figure: ({ boots }) => boots, text: whole },
  { title: 'Migrations', figure: ({ migrations }) => migrations, text: whole },
  {
    title: 'Power cycles per host and day',
    means: 'hosts switched off and on again',
    figure: ({ powerCyclesPerHostDay }) => powerCyclesPerHostDay,
    text: ratio,
  },
  { title: 'Jobs killed', means: 'must be 0', figure: ({ jobsKilled }) => jobsKilled, text: whole },
  { title: 'Jobs never started', means: 'before the end of the replay', figure: ({ jobsUnstarted }) => jobsUnstarted, text: whole },
  { title: 'Rules broken', means: 'invariants that the simulator watches: must be 0', figure: ({ invariantViolations }) => invariantViolations, text: whole },
];

const cell = (of: Spread, text: (value: number) => string): Child => {
  if (Number.isNaN(of.mean)) return '–';
  const range = rangeText(text(of.low), text(of.high));
  return range === undefined ? text(of.mean) : [text(of.mean), element('small', {}, range)];
};

const swatch = (scene: Scene): Markup =>
  element(
    'svg',
    { class: 'swatch', viewBox: '0 0 32 12', 'aria-hidden': 'true', focusable: 'false' },
    element('path', { class: `line ${tone(scene.tone)} bold`, d: 'M0 6H32' }),
  );

const headed = (scene: Scene): Markup => element('th', { scope: 'col' }, swatch(scene), outside(scene.name));

/** A table that scrolls by itself where the page is narrow, under its caption that does not. */
export const scrolled = (caption: string, table: Markup): Markup =>
  element(
    'figure',
    { class: 'tabled' },
    element('figcaption', {}, caption),
    element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, table),
  );

/** Every scenario under one kind of refill: a row for each figure, with the least and the most of the runs. */
export function scenarioTable({ scenes, refill }: Stage): Markup {
  return scrolled(
    `Under ${refillText(refill)}: the mean of the runs, and below it the least and the most.`,
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Figure'), scenes.map(headed))),
      element(
        'tbody',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, 'Runs'),
          scenes.map(({ runs }) => element('td', {}, runs.length)),
        ),
        rows.map(({ title, means, figure, text }) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, title, means === undefined ? undefined : element('small', {}, means)),
            scenes.map((scene) => element('td', {}, cell(spreadOf(scene, figure), text))),
          ),
        ),
      ),
    ),
  );
}

/** Mean over the runs of what one class waited, ms. */
const classWait = (scene: Scene, name: string, part: 'mean' | 'p95'): number =>
  spread(scene.measured.map(({ classes }) => (Object.hasOwn(classes, name) ? waitMs(classes[name]!, part) : Number.NaN))).mean;

function classRow({ class: name, jobs, work }: ClassShare, { subject, fixed }: Stage, shown: readonly Scene[]): Markup {
  const texts = durationTexts(shown.map((scene) => classWait(scene, name, 'mean')));
  const mine = subject === undefined ? Number.NaN : classWait(subject, name, 'mean');
  const theirs = fixed === undefined ? Number.NaN : classWait(fixed, name, 'mean');
  const comparison = compared(mine, theirs);
  const verdict = { unknown: '–', same: 'no real difference', shorter: timesText(mine, theirs), longer: timesText(mine, theirs) }[comparison];
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, outside(name)),
    element('td', {}, amount(jobs)),
    element('td', {}, percentText(work)),
    texts.map((text) => element('td', {}, text)),
    subject === undefined ? undefined : element('td', {}, durationText(classWait(subject, name, 'p95'))),
    subject === undefined || fixed === undefined ? undefined : element('td', { class: comparison }, verdict),
  );
}

/** Who gains and who loses: each class's wait, in the order of their work. */
export function classTable(stage: Stage): Markup | undefined {
  const { scenes, subject, fixed, ideal } = stage;
  const run = scenes[0]?.runs[0];
  if (run === undefined) return undefined;
  const shown = [subject, fixed, ideal].filter((scene) => scene !== undefined);
  const titled = (...title: readonly Child[]): Markup => element('th', { scope: 'col' }, title);
  return scrolled(
    'Who gains, who loses: mean wait of each class.',
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ['Class', 'Jobs', 'Work'].map((title) => titled(title)),
          shown.map(headed),
          subject === undefined ? undefined : titled(outside(subject.name), ', p95'),
          subject === undefined || fixed === undefined ? undefined : titled('Against the partition'),
        ),
      ),
      element(
        'tbody',
        {},
        classShares(run).map((share) => classRow(share, stage, shown)),
      ),
    ),
  );
}
