import { durationText } from '../../chart/figures.js';
import { type Child, element, type Markup, outside } from '../../chart/markup.js';
import { amount } from '../../chart/ticks.js';
import type { Figures } from '../replay/metrics.js';
import type { Run } from '../replay/workload.js';
import { waitMs } from './counted.js';
import type { Scene, Stage } from './scenes.js';
import { scrolled } from './tables.js';
import { refillText } from './words.js';

interface Column {
  readonly title: string;
  readonly text: (figures: Figures, run: Run, scene: Scene) => Child;
}

const whole = (value: number): string => amount(value, 0);

const columns: readonly Column[] = [
  { title: 'Scenario', text: (_, __, { name }) => outside(name) },
  { title: 'Seed', text: ({ seed }) => String(seed) },
  { title: 'Wait, mean', text: (figures) => durationText(waitMs(figures, 'mean')) },
  { title: 'Median', text: (figures) => durationText(waitMs(figures, 'median')) },
  { title: 'p95', text: (figures) => durationText(waitMs(figures, 'p95')) },
  { title: 'Slowdown', text: ({ boundedSlowdown }) => amount(boundedSlowdown.mean) },
  { title: 'Host-hours', text: ({ hostHours }) => whole(hostHours) },
  { title: 'kWh', text: ({ energyKWh }) => whole(energyKWh) },
  { title: 'Boots', text: ({ boots }) => whole(boots) },
  { title: 'Killed', text: ({ jobsKilled }) => whole(jobsKilled) },
  { title: 'CPU', text: (_, { cpuMs }) => durationText(cpuMs) },
  { title: 'Faster than life', text: ({ speedUp }) => `${whole(speedUp)} times` },
];

/** Every run by itself, for whoever wants to add up again. */
export function everyRun(stages: readonly Stage[]): Markup {
  const row = (scene: Scene, run: Run, figures: Figures): Markup =>
    element(
      'tr',
      {},
      columns.map(({ text }) => element('td', {}, text(figures, run, scene))),
    );
  return element(
    'div',
    { class: 'runs' },
    stages.map(({ scenes, refill }) =>
      scrolled(
        `Every run under ${refillText(refill)}.`,
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              columns.map(({ title }) => element('th', { scope: 'col' }, title)),
            ),
          ),
          element(
            'tbody',
            {},
            scenes.flatMap((scene) => scene.runs.map((run, index) => row(scene, run, scene.measured[index]!))),
          ),
        ),
      ),
    ),
  );
}
