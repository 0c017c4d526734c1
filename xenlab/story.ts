import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { Lab } from './lab.js';
import type { SiteOptions } from './site.js';

export type Chapter = (lab: () => Lab) => void;

/**
 * The story of one room: chapters that stand on each other, in the order in which a failure would cost most. Where the first
 * fails nothing can go on without it, and the others are skipped.
 */
export function story(options: SiteOptions, first: readonly [string, Chapter], chapters: Readonly<Record<string, Chapter>>): void {
  let lab: Lab | undefined;
  let isHopeless = false;
  const opened = (): Lab => {
    if (lab === undefined) throw new Error('the laboratory could not be opened');
    return lab;
  };

  beforeAll(async () => {
    const room = new Lab();
    await room.open(options);
    lab = room;
  });
  beforeEach(({ skip }) => {
    if (isHopeless) skip('the room did not become a pool');
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.log(opened().lastWords());
    if (task.suite?.name === first[0]) isHopeless = true;
    else await opened().tidy();
  });
  afterAll(async () => {
    if (lab === undefined) return;
    console.log(['', 'Measured:', ...lab.figures.map((figure) => `  ${figure}`)].join('\n'));
    await lab.close();
  });

  for (const [name, chapter] of [first, ...Object.entries(chapters)]) describe(name, () => chapter(opened));
}
