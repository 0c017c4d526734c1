import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ApiOptions } from './api.js';
import { asked, presentOf, viewerOf } from './asking.js';
import { ApiError } from './errors.js';
import type { Identities } from './identity.js';
import { requestOf, requestRecord } from './wishes.js';

/** Answered requests are shown for this long, ms. */
const shownMs = 86_400_000;
const idParams = z.strictObject({ id: z.string().min(1).max(64) });

/** What only the group may ask: wishes, and a reload. Nothing here acts; the planner answers. */
export function actRoutes(v1: FastifyInstance, options: ApiOptions, identities: Identities): void {
  const { journal, clock } = options;

  v1.post('/requests', async (request, reply) => {
    const { name } = await viewerOf(request, 'control', identities);
    const wish = requestOf(request.body, presentOf(options), name ?? 'a member of the group', clock.wall());
    await journal.ask(wish);
    options.log.info({ request: wish.id, kind: wish.kind, subject: wish.subject, who: wish.who }, 'took a request');
    options.requestArrived();
    return reply.code(202).send(requestRecord(wish));
  });
  v1.get('/requests', async () => ({ requests: (await journal.requests(clock.wall() - shownMs)).map(requestRecord) }));
  v1.get('/requests/:id', async (request) => {
    const { id } = asked(idParams, request.params);
    const found = (await journal.requests(clock.wall() - shownMs)).find((each) => each.id === id);
    if (found === undefined) throw new ApiError('unknown', `there is no request ${id} of the last day`);
    return requestRecord(found);
  });
  v1.post('/reload', async () => {
    const { ok, problems, differences } = await options.reload();
    if (!ok) throw new ApiError('reload-refused', 'the configuration was not reloaded; the daemon goes on with the old one', { details: problems });
    return { differences };
  });
}
