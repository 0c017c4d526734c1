import { towardsNormal } from '../plan/normal.js';
import type { ApiOptions } from './api.js';
import { ApiError } from './errors.js';
import { type Found, find } from './find.js';
import { listEnvironments, listHosts, listJobs, listMachines, listProposals, listSeats, listStrays } from './lists.js';
import { openApi } from './openapi.js';
import { pastNames, unknownNow } from './past.js';
import { pastSeries } from './past-series.js';
import type { readTable } from './routes/read.js';
import type { WhyRecord } from './schema/why.js';
import type { Asking, Handlers } from './serve.js';
import { eventStream } from './stream.js';
import { seesJob } from './viewer.js';
import { calendarRecord } from './views-calendar.js';
import { listImages } from './views-images.js';
import { deedRecord, planRecord } from './views-plan.js';
import { listServices } from './views-services.js';
import { statusRecord } from './views-status.js';
import { eventRecord, whyRecord } from './views-why.js';
import { weekOf } from './week.js';

/** Order in which a bare word is looked for. */
const anyKind = ['machine', 'host', 'environment', 'seat', 'job', 'source', 'service', 'stray', 'proposal'] as const;

const given = <T extends object>(query: T) =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

/** Answers of everything that may be read. */
export function readHandlers(options: ApiOptions): Pick<Handlers, keyof typeof readTable> {
  const { journal } = options;
  const document = openApi(options.version);
  return {
    'GET /openapi.json': () => document,
    'GET /status': ({ present }) => statusRecord(present(), options.version, options.tickTookMs?.()),
    'GET /jobs': ({ present, viewer, query }) => listJobs(present(), viewer, query),
    'GET /machines': ({ present, query }) => listMachines(present(), query),
    'GET /hosts': ({ present, query }) => listHosts(present(), query),
    'GET /hosts/normal': ({ present, query: { pool: wanted } }) =>
      towardsNormal(present().world, present().policy, (_, pool) => wanted === undefined || pool === wanted),
    'GET /environments': ({ present, query }) => listEnvironments(present(), query),
    'GET /images': ({ present, query }) => listImages(present(), query),
    'GET /seats': ({ present, query }) => listSeats(present(), query),
    'GET /services': ({ present, query }) => listServices(present(), query),
    'GET /calendar': ({ present, query }) => calendarRecord(present(), query.days),
    'GET /strays': ({ present, query }) => listStrays(present(), query),
    'GET /proposals': ({ present, query }) => listProposals(present(), query),
    'GET /actions': async ({ present, query: { verb, subject, recent, before } }) => {
      const open = [...present().world.rows.intents.values()].map(deedRecord);
      const ended = recent === 0 ? [] : await journal.history({ kind: 'deed', limit: recent, ...given({ subject, before }) });
      return {
        open: open.filter((deed) => (verb === undefined || deed.verb === verb) && (subject === undefined || deed.subject === subject)),
        recent: ended.map(eventRecord),
      };
    },
    'GET /plan': ({ present, viewer }) => planRecord(present(), viewer.full),
    'GET /why/:kind/:id': (asking) => why(options, asking),
    'GET /events': async ({ query }) => ({ events: (await journal.history({ ...given(query), limit: query.limit })).map(eventRecord) }),
    'GET /history': ({ query }) => pastSeries(options, query),
    'GET /week': ({ present }) => weekOf(options.week, present()),
    'GET /changes': ({ who, request, reply }) => {
      const last = request.headers['last-event-id'];
      const leave = options.changes.follow(
        who.name,
        typeof last === 'string' ? last : undefined,
        () => eventStream(reply, () => leave()),
        () => who.stands?.() ?? true,
      );
      return { revision: 0, at: 0 };
    },
  };
}

/** Raises ApiError `not-yours`: who has no business with a job is told nothing of why it is as it is. */
function mind({ present, viewer }: Asking<'GET /why/:kind/:id'>, { kind, key }: Found): void {
  if (kind !== 'job' || viewer.full) return;
  const { world } = present();
  const job = world.jobs.get(key);
  const verdict = world.verdicts.get(key);
  if (job !== undefined && seesJob(viewer, job, verdict !== undefined && 'environment' in verdict ? verdict.environment : undefined)) return;
  const remedy = viewer.name === undefined ? 'say who you are: the command line does so by itself' : 'ask its owner, or an administrator for the role viewer';
  throw new ApiError('not-yours', 'why a job is as it is is told to its owner', { remedy });
}

async function why(options: ApiOptions, asking: Asking<'GET /why/:kind/:id'>): Promise<WhyRecord> {
  const { params, query, viewer } = asking;
  const { kind, id } = params;
  const now = asking.present();
  const kinds = kind === 'any' ? anyKind : [kind];
  const stored = async (found: Found) => (query.history === 0 ? [] : options.journal.history({ subject: `${found.kind}:${found.key}`, limit: query.history }));
  try {
    const found = find(now, kinds, id);
    mind(asking, found);
    return whyRecord(now, viewer, found, await stored(found));
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'unknown') throw thrown;
    for (const past of pastNames(kinds, id, now.world)) {
      const events = await stored(past);
      if (events.length === 0) continue;
      mind(asking, past);
      return whyRecord(now, viewer, past, events);
    }
    throw unknownNow(kinds, id, thrown);
  }
}
