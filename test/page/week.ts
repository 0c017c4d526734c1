import type { WeekRecord } from '../../src/api/schema/week.js';
import { givenAt } from '../given-present.js';

const minute = 60_000;
const hour = 60 * minute;

/** A week of a site that only watches: grid's jobs waited long, bio's did not. */
export const givenWeek: WeekRecord = {
  since: givenAt - 168 * hour,
  until: givenAt,
  heardMs: 166 * hour,
  watches: true,
  environments: [
    {
      name: 'grid',
      mode: 'watch',
      seen: { started: 1240, ended: 1233, coreHours: 3210, waitMeanMs: 47 * minute, waitP95Ms: 4 * hour },
      decisions: { start: 214, drain: 3, resize: 2 },
      mostAtOnce: 32,
    },
    { name: 'bio', mode: 'watch', seen: { started: 31, ended: 31, coreHours: 90, waitMeanMs: minute }, decisions: {}, mostAtOnce: 0 },
  ],
  hosts: {},
  thoughts: Array.from({ length: 12 }, (_, at) => ({
    key: `start seat:grid-${at}`,
    kind: 'start' as const,
    subject: `seat:grid-${10 + at}.example.org`,
    environment: 'grid',
    host: `post1${at % 3}.example.org`,
    cores: 4,
    why: `job ${4711 + at}.srv waits in queue grid`,
    since: givenAt - (at + 1) * 7 * minute,
    until: givenAt - at * 7 * minute,
  })),
  thoughtsTotal: 219,
  estimate: {
    state: 'done',
    at: givenAt,
    tookMs: 31_000,
    since: givenAt - 168 * hour,
    jobs: 1271,
    leftOut: 4,
    assumed: [
      'Every job runs as long as it did, on machines of Domus alone: nodes that are not its own take none of them.',
      'Hosts are always on, as the configuration says.',
    ],
    site: { boots: 180, hostsOnHours: 1680, alwaysOnHours: 1680, energyKWh: 204, alwaysOnKWh: 204, switchesHosts: false },
    environments: [
      {
        name: 'grid',
        jobs: 1240,
        unstarted: 0,
        ...{ waitMeanMs: 6 * minute, waitMedianMs: 90_000, waitP95Ms: 31 * minute },
        longWaits: 120,
        really: { waitMeanMs: 47 * minute, longWaits: 640 },
        machinesAtMost: 28,
        machineHours: 910,
      },
      {
        name: 'bio',
        jobs: 31,
        unstarted: 1,
        ...{ waitMeanMs: 100_000, waitMedianMs: 100_000, waitP95Ms: 130_000 },
        longWaits: 0,
        really: { waitMeanMs: minute, longWaits: 0 },
        machinesAtMost: 2,
        machineHours: 40,
      },
    ],
  },
};
