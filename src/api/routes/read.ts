import { z } from 'zod';
import { actionQuery, actionsSchema } from '../schema/actions.js';
import { calendarQuery, calendarSchema } from '../schema/calendar.js';
import { changeSchema } from '../schema/changes.js';
import { environmentListSchema, environmentQuery } from '../schema/environments.js';
import { eventListSchema, eventQuery } from '../schema/events.js';
import { historyQuery, historySchema } from '../schema/history.js';
import { hostListSchema, hostQuery } from '../schema/hosts.js';
import { imageListSchema, imageQuery } from '../schema/images.js';
import { jobListSchema, jobQuery } from '../schema/jobs.js';
import { machineListSchema, machineQuery } from '../schema/machines.js';
import { normalQuery, normalSchema } from '../schema/normal.js';
import { planSchema, proposalListSchema, strayListSchema, strayQuery } from '../schema/plan.js';
import { seatListSchema, seatQuery } from '../schema/seats.js';
import { serviceListSchema, serviceQuery } from '../schema/services.js';
import { statusSchema } from '../schema/status.js';
import { weekSchema } from '../schema/week.js';
import { whyParams, whyQuery, whySchema } from '../schema/why.js';
import type { RouteTable } from './spec.js';

const open = z.record(z.string(), z.unknown());

/** Everything that may be read. */
export const readTable = {
  'GET /openapi.json': { summary: 'this document', may: 'anyone', answer: open },
  'GET /status': { summary: 'the whole deployment on one page', may: 'known', answer: statusSchema, present: true },
  'GET /jobs': { summary: 'jobs, running ones first, then by age', may: 'known', query: jobQuery, answer: jobListSchema, present: true },
  'GET /machines': { summary: 'machines', may: 'known', query: machineQuery, answer: machineListSchema, present: true },
  'GET /hosts': { summary: 'hosts', may: 'known', query: hostQuery, answer: hostListSchema, present: true },
  'GET /hosts/normal': {
    summary: 'what would bring hosts back to how the configuration has them',
    may: 'known',
    query: normalQuery,
    answer: normalSchema,
    present: true,
  },
  'GET /environments': { summary: 'environments', may: 'known', query: environmentQuery, answer: environmentListSchema, present: true },
  'GET /images': { summary: 'versions of images, and who sees and uses them', may: 'known', query: imageQuery, answer: imageListSchema, present: true },
  'GET /seats': { summary: 'seats', may: 'known', query: seatQuery, answer: seatListSchema, present: true },
  'GET /services': { summary: 'permanent machines', may: 'known', query: serviceQuery, answer: serviceListSchema, present: true },
  'GET /calendar': {
    summary: 'who owns which room when, and which hosts are to be empty',
    may: 'known',
    query: calendarQuery,
    answer: calendarSchema,
    present: true,
  },
  'GET /strays': { summary: 'guests and disks that nobody owns', may: 'known', query: strayQuery, answer: strayListSchema, present: true },
  'GET /proposals': { summary: 'decisions that wait for a person', may: 'known', query: strayQuery, answer: proposalListSchema, present: true },
  'GET /actions': { summary: 'deeds under way, and ended ones', may: 'known', query: actionQuery, answer: actionsSchema },
  'GET /plan': { summary: 'what is done now, what would be, and why', may: 'known', answer: planSchema, present: true },
  'GET /why/:kind/:id': { summary: 'why something is as it is', may: 'known', params: whyParams, query: whyQuery, answer: whySchema },
  'GET /events': { summary: 'history, newest first', may: 'viewer', query: eventQuery, answer: eventListSchema },
  'GET /history': { summary: 'demand, supply, waiting times and energy over time', may: 'known', query: historyQuery, answer: historySchema },
  'GET /week': {
    summary: 'what Domus would have done in the last seven days, had it not only watched, and what had come of it',
    may: 'known',
    answer: weekSchema,
  },
  'GET /changes': { summary: 'what each tick changes, as server-sent events', may: 'known', answer: changeSchema, stream: true },
} as const satisfies RouteTable;
