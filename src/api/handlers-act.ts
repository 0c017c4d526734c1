import type { z } from 'zod';
import type { Present } from '../model/present.js';
import type { Request } from '../model/rows.js';
import type { ApiOptions } from './api.js';
import { ApiError } from './errors.js';
import { may, type Who } from './identity/who.js';
import type { Nudges } from './nudges.js';
import { pageInOrder } from './paging.js';
import { previewOf } from './preview.js';
import type { actTable } from './routes/act.js';
import type { wishSchema } from './schema/requests.js';
import type { Handlers } from './serve.js';
import { changedPolicy } from './what-if.js';
import { placeOf, requestOf, requestRecord } from './wishes.js';

/** Answered requests are shown for this long, ms. */
const shownMs = 86_400_000;

/** Wishes, a reload, a nudge. Nothing here acts; the planner answers. */
export function actHandlers(options: ApiOptions, nudges: Nudges): Pick<Handlers, keyof typeof actTable> {
  const { journal, clock } = options;
  const lastDay = () => journal.requests(clock.wall() - shownMs);
  /** Raises ApiError `forbidden` for what is not his to look after. */
  const allowed = (now: Present, body: z.output<typeof wishSchema>, who: Who): Request => {
    const wish = requestOf(body, now, who.name, clock.wall());
    const place = placeOf(now, wish);
    if (may(who, 'operator', place)) return wish;
    const where = [place.pool === undefined ? '' : `pool ${place.pool}`, place.environment === undefined ? '' : `environment ${place.environment}`];
    const what = `${wish.kind}${wish.subject === '' ? '' : ` ${wish.subject}`}`;
    throw new ApiError(
      'forbidden',
      `${who.name} may not ${what}: that takes the role operator for ${where.filter(Boolean).join(' or ') || 'the whole deployment'}`,
    );
  };
  return {
    'GET /requests': async ({ query }) => {
      const found = (await lastDay())
        .filter(({ kind, state, who }) =>
          [
            [query.kind, kind],
            [query.state, state],
            [query.who, who],
          ].every(([wanted, is]) => wanted === undefined || wanted === is),
        )
        .sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
      const { entries, ...outside } = pageInOrder(found, ({ at, id }) => [-at, id], query);
      return { ...outside, requests: entries.map(requestRecord) };
    },
    'GET /requests/:id': async ({ params: { id }, who }) => {
      const found = (await lastDay()).find((each) => each.id === id);
      if (found === undefined) throw new ApiError('unknown', `there is no request ${id} of the last day`);
      if (found.who !== who.name && !may(who, 'viewer', {})) throw new ApiError('not-yours', 'what was wished for is told to who wished it');
      return requestRecord(found);
    },
    'POST /requests': async ({ body, present, who }) => {
      const wish = allowed(present(), body, who);
      await journal.ask(wish);
      options.log.info({ request: wish.id, kind: wish.kind, subject: wish.subject, who: wish.who }, 'took a request');
      options.requestArrived();
      return requestRecord(wish);
    },
    'POST /requests/preview': ({ body, present, who, viewer }) => previewOf(present(), viewer, allowed(present(), body, who)),
    'POST /plan/what-if': ({ body, present, viewer }) => {
      if (options.whatIf === undefined) throw new ApiError('not-ready', 'no what-if is worked out here');
      const now = present();
      return options.whatIf(now, changedPolicy(now.policy, body), viewer.full);
    },
    'POST /reload': async ({ who }) => {
      if (!may(who, 'operator', {})) throw new ApiError('forbidden', 'a reload takes the role operator for the whole deployment');
      const { ok, problems, differences } = await options.reload();
      if (!ok) throw new ApiError('reload-refused', 'the configuration was not reloaded; the daemon goes on with the old one', { details: problems });
      return { differences };
    },
    'POST /nudge': () => ({ nudged: nudges.nudge() }),
  };
}
