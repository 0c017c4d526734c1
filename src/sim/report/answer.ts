import { durationTexts, percentText } from '../../chart/figures.js';
import { type Child, cut, element, type Markup, outside, together } from '../../chart/markup.js';
import { tone } from '../../chart/palette.js';
import { amount } from '../../chart/ticks.js';
import { alwaysOnHours, waitMs } from './counted.js';
import { meanWait, type Scene, type Stage, spreadOf } from './scenes.js';
import { compared, plural, rangeOf, timesText } from './words.js';

const under = ({ kind, name }: Scene): string => (kind === 'subject' ? 'with Domus' : `under the policy ${cut(name)}`);

/** The answer in one sentence: what the users' mean wait would have been, and against what. */
export function sentence({ subject, fixed, ideal }: Stage): string {
  if (subject === undefined) return 'No run of Domus is among these: only what it would be measured against is shown.';
  const wait = meanWait(subject);
  if (Number.isNaN(wait)) return 'No job was counted: there is nothing to tell of waiting.';
  const other = fixed ?? ideal;
  const [mine, theirs] = durationTexts([wait, other === undefined ? Number.NaN : meanWait(other)]);
  const start = `Your users would have waited ${mine} on average`;
  if (other === undefined) return `${start} ${under(subject)}.`;
  const what = fixed === undefined ? 'in the ideal pool' : 'with the same hosts in a fixed partition';
  switch (compared(wait, meanWait(other))) {
    case 'shorter':
      return `${start} instead of ${theirs}.`;
    case 'longer':
      return `${start} ${under(subject)}: longer than the ${theirs} ${what}.`;
    case 'same':
      return `${start} ${under(subject)}, about as long as ${what} (${theirs}).`;
    default:
      return `${start} ${under(subject)}.`;
  }
}

interface Bar {
  readonly name: string;
  readonly tone: number;
  readonly value: number;
  readonly text: string;
}

/** Bars as long as their values; the text beside each says it in figures. */
function bars(title: string, all: readonly Bar[]): Markup {
  const most = Math.max(...all.map(({ value }) => (Number.isFinite(value) ? value : 0)));
  const width = (value: number): number => (most > 0 && value > 0 ? Math.max(0.5, Math.round((1000 * Math.min(value, most)) / most) / 10) : 0);
  return element(
    'div',
    { class: 'bars' },
    element('p', {}, title),
    element(
      'ul',
      {},
      all.map(({ name, tone: colour, value, text }) =>
        element(
          'li',
          {},
          outside(name),
          ' ',
          element('span', { class: 'value' }, text),
          element('span', { class: 'track', 'aria-hidden': 'true' }, element('span', { class: `bar ${tone(colour)}`, style: `width:${width(value)}%` }, '')),
        ),
      ),
    ),
  );
}

function waitBars(title: string, scenes: readonly Scene[], part: 'mean' | 'p95'): Markup {
  const values = scenes.map((scene) => spreadOf(scene, (figures) => waitMs(figures, part)).mean);
  const texts = durationTexts(values);
  return bars(
    title,
    scenes.map(({ name, tone: colour }, index) => ({ name, tone: colour, value: values[index]!, text: texts[index]! })),
  );
}

interface Card {
  readonly title: string;
  readonly figure: string;
  readonly mood: 'good' | 'bad' | 'even';
  readonly says: Child;
  readonly more?: Child;
}

const card = ({ title, figure, mood, says, more }: Card): Markup =>
  element(
    'section',
    { class: `card ${mood}` },
    element('h2', {}, title),
    element('p', { class: 'figure' }, figure),
    element('p', { class: 'says' }, says),
    more,
  );

/** How far the runs lie apart. */
function amongRuns(scene: Scene): string {
  const range = rangeOf(spreadOf(scene, (figures) => waitMs(figures, 'mean')));
  if (scene.runs.length < 2) return 'One run only.';
  return range === undefined ? `All ${plural(scene.runs.length, 'run')} agree.` : `${plural(scene.runs.length, 'run')} lie between ${range}.`;
}

function waitCard(subject: Scene, { fixed, ideal }: Stage): Card {
  const shown = [subject, fixed, ideal].filter((scene) => scene !== undefined);
  const [figure, other] = durationTexts([meanWait(subject), fixed === undefined ? Number.NaN : meanWait(fixed)]);
  const base = { title: 'Average wait of a job', figure: figure!, more: waitBars('Average wait', shown, 'mean') };
  if (fixed === undefined) return { ...base, mood: 'even', says: `No fixed partition was replayed to compare with. ${amongRuns(subject)}` };
  const difference = `${timesText(meanWait(subject), meanWait(fixed))} than the ${other} of the better fixed partition. ${amongRuns(subject)}`;
  switch (compared(meanWait(subject), meanWait(fixed))) {
    case 'shorter':
      return { ...base, mood: 'good', says: difference };
    case 'longer':
      return { ...base, mood: 'bad', says: difference };
    default:
      return { ...base, mood: 'even', says: `No real difference from the ${other} of the better fixed partition. ${amongRuns(subject)}` };
  }
}

/** Up to this share above the ideal nobody need worry, and up to so many ms: a boot. */
const closeShare = 0.25;
const closeMs = 90_000;

function idealFigure(subject: Scene, ideal: Scene): Pick<Card, 'figure' | 'mood'> {
  const [wait, best] = [meanWait(subject), meanWait(ideal)];
  switch (compared(wait, best)) {
    case 'same':
      return { figure: 'as good', mood: 'good' };
    case 'shorter':
      return { figure: `−${percentText(1 - wait / best)}`, mood: 'good' };
    case 'longer':
      return {
        figure: best > 60_000 && wait < 3 * best ? `+${percentText(wait / best - 1)}` : `+${durationTexts([wait - best])[0]}`,
        mood: wait / best - 1 <= closeShare || wait - best <= closeMs ? 'even' : 'bad',
      };
    default:
      return { figure: '–', mood: 'even' };
  }
}

function idealCard(subject: Scene, { fixed }: Stage, ideal: Scene): Card {
  const [mine, best] = durationTexts([meanWait(subject), meanWait(ideal)]);
  const figure = idealFigure(subject, ideal);
  const within = compared(meanWait(subject), meanWait(ideal)) === 'same' ? ' The difference is within the noise of such replays.' : '';
  return {
    title: 'Average wait against the ideal',
    ...figure,
    says: `${mine} against ${best} on hosts that could each run every job, which real ones cannot.${within}`,
    more: waitBars(
      '19 of 20 jobs wait less than',
      [subject, fixed, ideal].filter((scene) => scene !== undefined),
      'p95',
    ),
  };
}

function energyText(subject: Scene, { fixed, saving }: Stage): string {
  const energy = (scene: Scene): number => spreadOf(scene, ({ energyKWh }) => energyKWh).mean;
  const kWh = energy(subject);
  if (Number.isNaN(kWh)) return '';
  const less = fixed === undefined ? Number.NaN : energy(fixed) - kWh;
  if (Number.isNaN(less)) return `They draw ${amount(kWh, 0)}\u00a0kWh.`;
  const against = (than: number): string => `${amount(Math.abs(than), 0)}\u00a0kWh ${than >= 0 ? 'less' : 'more'}`;
  const alsoSaving = saving === undefined ? '' : `, ${against(energy(saving) - kWh)} than the same with idle hosts off`;
  return `They draw ${amount(kWh, 0)}\u00a0kWh: ${against(less)} than the fixed partition${alsoSaving}.`;
}

function hoursCard(subject: Scene, stage: Stage): Card {
  const hours = spreadOf(subject, ({ hostHours }) => hostHours).mean;
  const always = spreadOf(subject, (_, run) => alwaysOnHours(run)).mean;
  const least = spreadOf(subject, ({ hostHoursLowerBound }) => hostHoursLowerBound).mean;
  const less = 1 - hours / always;
  const change = Math.abs(less) < 0.005 ? 'no change' : `${less > 0 ? '−' : '+'}${percentText(Math.abs(less))}`;
  if (Number.isNaN(hours)) return { title: 'Time that hosts are on', figure: '–', mood: 'even', says: 'Not recorded in these runs.' };
  const bar = (name: string, colour: number, value: number): Bar => ({ name, tone: colour, value, text: `${amount(value, 0)} h` });
  return {
    title: 'Time that hosts are on',
    figure: change,
    mood: less > 0.02 ? 'good' : 'even',
    says: `Host-hours, against hosts that are always on. ${energyText(subject, stage)}`,
    more: bars('Host-hours', [bar(subject.name, subject.tone, hours), bar('Always on', 5, always), bar('Least that this work fills', 2, least)]),
  };
}

/** The three figures under the sentence. Where there is no run of Domus there are none. */
export function figures(stage: Stage): Markup {
  const { subject, ideal } = stage;
  if (subject === undefined) return together();
  const cards = [waitCard(subject, stage), ...(ideal === undefined ? [] : [idealCard(subject, stage, ideal)]), hoursCard(subject, stage)];
  return element('div', { class: 'cards' }, cards.map(card));
}
