import { oneJob } from './chapters/life.js';
import { settingUp } from './chapters/setup.js';
import { trouble } from './chapters/trouble.js';
import { wayOut } from './chapters/wayout.js';
import { wholeSystem } from './chapters/whole.js';
import { story } from './story.js';

/** The first room: from an empty server to a job, what goes wrong in rooms, and the way out. Its first boot is pxelinux's, iPXE is what the chapters boot by. */
story({ deployment: 'xenlab', bios: 'pxelinux' }, ['a room of PCs becomes a pool', settingUp], {
  'one job': oneJob,
  trouble,
  'a whole system': wholeSystem,
  'the way out': wayOut,
});
