import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { crowd } from './chapters/crowd.js';
import { oneJob, settingUp } from './chapters/life.js';
import { moving } from './chapters/moving.js';
import { strays } from './chapters/strays.js';
import { together } from './chapters/together.js';
import { trouble } from './chapters/trouble.js';
import { wayOut } from './chapters/wayout.js';
import { wholeSystem } from './chapters/whole.js';
import { Lab } from './lab.js';

/**
 * The laboratory's one story: chapters that stand on each other, in the order in which a failure would cost most. Where the
 * first fails nothing can go on without it, and the others are skipped.
 */
let lab: Lab | undefined;
let isHopeless = false;
const first = 'a room of PCs becomes a pool';
const opened = (): Lab => {
  if (lab === undefined) throw new Error('the laboratory could not be opened');
  return lab;
};

beforeAll(async () => {
  const room = new Lab();
  await room.open({ deployment: 'xenlab', bios: 'pxelinux' }); // the first boot; iPXE is what the chapters boot by
  lab = room;
});
beforeEach(({ skip }) => {
  if (isHopeless) skip('the room did not become a pool');
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.log(opened().lastWords());
  if (task.suite?.name === first) isHopeless = true;
  else await opened().tidy();
});
afterAll(async () => {
  if (lab === undefined) return;
  console.log(['', 'Measured:', ...lab.figures.map((figure) => `  ${figure}`)].join('\n'));
  await lab.close();
});

describe(first, () => settingUp(opened));
describe('one job', () => oneJob(opened));
describe('trouble', () => trouble(opened));
describe('a crowd', () => crowd(opened));
describe('together', () => together(opened));
describe('strays', () => strays(opened));
describe('a whole system', () => wholeSystem(opened));
describe('moving', () => moving(opened));
describe('the way out', () => wayOut(opened));
