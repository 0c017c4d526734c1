import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { Clock } from '../clock.js';
import type { HistoryReader } from '../history/contract.js';
import type { Journal } from '../journal/contract.js';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';
import { answerErrors } from './errors.js';
import type { Identities } from './identity.js';
import { Nudges } from './nudges.js';
import { actRoutes } from './routes-act.js';
import { historyRoutes } from './routes-history.js';
import { readRoutes } from './routes-read.js';

/** What became of a reload, in sentences. */
export interface Reloaded {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly differences: readonly string[];
}

/** What the API reads and tells; it never acts itself. */
export interface ApiOptions {
  /** Undefined before the first tick. */
  readonly present: () => Present | undefined;
  readonly journal: Journal;
  /** A wish or a nudge has come: the loop looks at once. */
  readonly requestArrived: () => void;
  readonly reload: () => Promise<Reloaded>;
  /** How long the last tick took, where measured. */
  readonly tickTookMs?: () => number | undefined;
  /** What was, over time; absent where none is kept. */
  readonly history?: HistoryReader;
  /** Routes that other parts serve behind the same door, beside `/api/v1`. */
  readonly beside?: (api: FastifyInstance, door: Door) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** `status`: everybody may read, own jobs in full. `control`: the group reads everything and wishes. */
export type Door = 'status' | 'control';

/** Largest body of a request, bytes. */
const bodyLimit = 16_384;

/** The routes of `/api/v1` behind one door. */
export function createApi(options: ApiOptions, door: Door, identities: Identities): FastifyInstance {
  const api = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
  }) as unknown as FastifyInstance;
  api.server.maxConnections = 256;
  const nudges = new Nudges(options.clock, options.requestArrived);
  api.addHook('onClose', async () => nudges.close());
  answerErrors(api);
  void api.register(async (v1) => readRoutes(v1, options, door, identities, nudges), { prefix: '/api/v1' });
  void api.register(async (v1) => historyRoutes(v1, options), { prefix: '/api/v1' });
  options.beside?.(api, door);
  if (door === 'control') void api.register(async (v1) => actRoutes(v1, options, identities), { prefix: '/api/v1' });
  return api;
}
