import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ApiOptions, Door } from './api.js';
import { asked, presentOf, viewerOf } from './asking.js';
import { ApiError } from './errors.js';
import { eventQuery, listEvents } from './events.js';
import { type Found, find, findKinds } from './find.js';
import type { Identities } from './identity.js';
import type { Nudges } from './nudges.js';
import { pastNames, unknownNow } from './past.js';
import { environmentList } from './views-environments.js';
import { jobList } from './views-jobs.js';
import { hostRecord, machineRecord, seatRecord } from './views-machines.js';
import { deedRecord, planRecord, proposalList, strayList } from './views-plan.js';
import { statusRecord } from './views-status.js';
import { eventRecord, whyRecord } from './views-why.js';

const count = z.coerce.number().int().min(1);
const word = z.string().min(1).max(256);
const jobQuery = z.strictObject({
  class: z.enum(['running', 'waiting', 'unserved', 'other']).optional(),
  queue: word.optional(),
  environment: word.optional(),
  owner: word.optional(),
  limit: count.max(100_000).default(1000),
});
const whyParams = z.strictObject({ kind: z.enum([...findKinds, 'any']), id: word });
const whyQuery = z.strictObject({ history: z.coerce.number().int().min(0).max(1000).default(20) });
/** Order in which a bare word is looked for. */
const anyKind = ['machine', 'host', 'environment', 'seat', 'job', 'source', 'stray', 'proposal'] as const;
const recentDeeds = 50;

/** Everything that may be read. */
export function readRoutes(v1: FastifyInstance, options: ApiOptions, door: Door, identities: Identities, nudges: Nudges): void {
  const present = () => presentOf(options);
  v1.get('/identity/challenge', async () => identities.challenge());
  v1.post('/nudge', async (_, reply) => reply.code(202).send({ nudged: nudges.nudge() }));

  v1.get('/status', async () => statusRecord(present(), options.version, options.tickTookMs?.()));
  v1.get('/jobs', async (request) => {
    const { class: itsClass, queue, environment, owner, limit } = asked(jobQuery, request.query);
    const filter = { ...(itsClass && { class: itsClass }), ...(queue && { queue }), ...(environment && { environment }), ...(owner && { owner }), limit };
    return jobList(present(), await viewerOf(request, door, identities), filter);
  });
  v1.get('/machines', async () => ({ machines: [...present().world.machines.values()].map((view) => machineRecord(view, present())) }));
  v1.get('/hosts', async () => ({ hosts: [...present().world.hosts.values()].map((view) => hostRecord(view, present())) }));
  v1.get('/environments', async () => ({ environments: environmentList(present()) }));
  v1.get('/seats', async () => ({ seats: [...present().world.seats.values()].map((view) => seatRecord(view, present())) }));
  v1.get('/strays', async () => ({ strays: strayList(present()) }));
  v1.get('/proposals', async () => ({ proposals: proposalList(present()) }));
  v1.get('/deeds', async () => {
    const recent = await options.journal.history({ kind: 'deed', limit: recentDeeds });
    return { open: [...present().world.rows.intents.values()].map(deedRecord), recent: recent.map(eventRecord) };
  });
  v1.get('/plan', async (request) => planRecord(present(), (await viewerOf(request, door, identities)).full));

  v1.get('/why/:kind/:id', async (request) => {
    const { kind, id } = asked(whyParams, request.params);
    const { history } = asked(whyQuery, request.query);
    const viewer = await viewerOf(request, door, identities);
    const now = present();
    const kinds = kind === 'any' ? anyKind : [kind];
    const stored = async (found: Found) => (history === 0 ? [] : options.journal.history({ subject: `${found.kind}:${found.key}`, limit: history }));
    try {
      const found = find(now, kinds, id);
      return whyRecord(now, viewer, found, await stored(found));
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== 'unknown') throw thrown;
      for (const past of pastNames(kinds, id, now.world)) {
        const events = await stored(past);
        if (events.length > 0) return whyRecord(now, viewer, past, events);
      }
      throw unknownNow(kinds, id, thrown);
    }
  });

  v1.get('/events', async (request) => {
    const viewer = await viewerOf(request, door, identities);
    if (!viewer.full) throw new ApiError('not-yours', 'the history of everything is read by members of the group; ask "why" of one thing instead');
    return listEvents(options.journal, asked(eventQuery, request.query));
  });
}
