import { check, lab } from './table.js';

check('Minimum and spare', [
  { when: 'a minimum is kept', world: lab({ min: 2 }), decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post1 1/1024'] },
  { when: 'the minimum is there', world: lab({ min: 1 }).machine('grid-01', 'ready', { jobs: ['1'] }), decides: [] },
  { when: 'jobs use the minimum first', world: lab({ min: 1 }).waits('grid', { slots: 4 }), decides: ['start grid-01 on post1 4/4096'] },
  { when: 'a spare is kept beyond demand', world: lab({ spare: 1 }).machine('grid-01', 'ready').waits('grid'), decides: ['start grid-02 on post1 1/1024'] },
  { when: 'the spare is there', world: lab({ spare: 1 }).machine('grid-01', 'ready'), decides: [] },
  { when: 'the spare boots already', world: lab({ spare: 1 }).machine('grid-01', 'booting'), decides: [] },
  { when: 'a minimum is wanted while the batch server is silent', world: lab({ min: 1, spare: 1 }).batchSilent(), decides: [] },
]);
