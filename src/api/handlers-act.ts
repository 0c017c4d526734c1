import type { ApiOptions } from './api.js';
import { ApiError } from './errors.js';
import { may } from './identity/who.js';
import type { Nudges } from './nudges.js';
import { pageInOrder } from './paging.js';
import type { actTable } from './routes/act.js';
import type { Handlers } from './serve.js';
import { placeOf, requestOf, requestRecord } from './wishes.js';

/** Answered requests are shown for this long, ms. */
const shownMs = 86_400_000;

/** Wishes, a reload, a nudge. Nothing here acts; the planner answers. */
export function actHandlers(options: ApiOptions, nudges: Nudges): Pick<Handlers, keyof typeof actTable> {
  const { journal, clock } = options;
  const lastDay = () => journal.requests(clock.wall() - shownMs);
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
      const now = present();
      const wish = requestOf(body, now, who.name, clock.wall());
      const place = placeOf(now, wish);
      if (!may(who, 'operator', place)) {
        const where = [place.pool === undefined ? '' : `pool ${place.pool}`, place.environment === undefined ? '' : `environment ${place.environment}`]
          .filter(Boolean)
          .join(' or ');
        throw new ApiError(
          'forbidden',
          `${who.name} may not ${wish.kind}${wish.subject === '' ? '' : ` ${wish.subject}`}: that takes the role operator for ${where === '' ? 'the whole deployment' : where}`,
        );
      }
      await journal.ask(wish);
      options.log.info({ request: wish.id, kind: wish.kind, subject: wish.subject, who: wish.who }, 'took a request');
      options.requestArrived();
      return requestRecord(wish);
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
