import { crowd } from './chapters/crowd.js';
import { moving } from './chapters/moving.js';
import { settingUpAgain } from './chapters/setup.js';
import { strays } from './chapters/strays.js';
import { together } from './chapters/together.js';
import { story } from './story.js';

/** The second room, open at the same time: many guests, and guests that move. */
story({ deployment: 'xenlab', hostIdle: '1h' }, ['a second room', settingUpAgain], {
  'a crowd': crowd,
  together,
  strays,
  moving,
});
